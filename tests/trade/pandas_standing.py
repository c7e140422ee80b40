"""Scores and tiers computed once more, in plain pandas, from files of orders and refunds.

Only the numbers are taken from the product, none of its arithmetic: what stands here is a second
opinion. Money is counted in fen. Nobody has a title or a guide.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from accounts.standing.rules import Numbers

MONTH_COLUMNS = ["orders", "clean", "spent_fen", "value", "credit", "activity"]

MEMBER_COLUMNS = ["value", "credit", "activity", "spent_fen", "orders", "tier", "band"]


@dataclass(frozen=True)
class Frames:
    """The files a converter wrote, as text: nothing is guessed from how a value looks."""

    members: pd.DataFrame
    orders: pd.DataFrame
    refunds: pd.DataFrame

    @classmethod
    def read(cls, folder: Path) -> "Frames":
        """Read members.csv, orders.csv and refunds.csv of ``folder``."""
        names = ("members", "orders", "refunds")
        return cls(*(pd.read_csv(folder / f"{n}.csv", dtype=str, na_filter=False) for n in names))


@dataclass(frozen=True)
class Standing:
    """``months`` by member_no and first day of month; ``members`` by member_no, on the day asked for."""

    months: pd.DataFrame
    members: pd.DataFrame


def standing_of(frames: Frames, numbers: Numbers, day: date) -> Standing:
    """Return every month and, counting what counts on ``day``, every member's scores and tier."""
    months = _months(_orders(frames, day), numbers)
    return Standing(months, _members(frames, months, numbers, day))


def _orders(frames: Frames, day: date) -> pd.DataFrame:
    """Return the orders paid until the end of ``day``, with what is kept and the month they lie in."""
    refunds = frames.refunds[frames.refunds["outcome"] == "success"]
    repaid = _fen(refunds["amount"]).groupby(refunds["order_no"]).sum()
    orders = frames.orders[["order_no", "member_no"]].copy()
    paid_at = pd.to_datetime(frames.orders["paid_at"], utc=True).dt.tz_convert("Asia/Shanghai")
    local = paid_at.dt.tz_localize(None)
    orders["month"] = local.dt.to_period("M").dt.start_time
    orders["repaid"] = orders["order_no"].map(repaid).fillna(0).astype("int64")
    orders["kept"] = _fen(frames.orders["paid_amount"]) - orders["repaid"]
    return orders[local < pd.Timestamp(day) + pd.Timedelta(days=1)]


def _months(orders: pd.DataFrame, numbers: Numbers) -> pd.DataFrame:
    by_month = orders.assign(is_clean=orders["repaid"] == 0).groupby(["member_no", "month"])
    months = by_month.agg(
        orders=("order_no", "count"), clean=("is_clean", "sum"), spent_fen=("kept", "sum")
    )
    spending = months["spent_fen"] // 100 // numbers.yuan_per_point
    months["value"] = (
        spending.clip(upper=numbers.spend_points_a_month)
        + (months["orders"] * numbers.points_per_order).clip(upper=numbers.order_points_a_month)
        + (months["clean"] * numbers.points_per_clean_order).clip(
            upper=numbers.trust_points_a_month
        )
    )
    months["credit"] = (months["clean"] * numbers.credit_per_clean_order).clip(
        upper=numbers.credit_points_a_month
    )
    months["activity"] = (
        months["orders"] * numbers.activity_per_order + numbers.activity_per_month
    ).clip(upper=numbers.activity_points_a_month)
    return months[MONTH_COLUMNS].astype("int64")


def _members(frames: Frames, months: pd.DataFrame, numbers: Numbers, day: date) -> pd.DataFrame:
    # A month is let go on the recompute day, so before it the oldest one still counts.
    running = pd.Timestamp(day).to_period("M") - (0 if day.day >= numbers.recompute_day else 1)

    def since(how_many: int) -> pd.DataFrame:
        oldest = (running - (how_many - 1)).start_time
        return months[months.index.get_level_values("month") >= oldest]

    year, longer = since(numbers.window_months), since(numbers.credit_months)
    everybody = pd.Index(frames.members["member_no"], name="member_no")

    def total(rows: pd.DataFrame, column: str) -> pd.Series:
        return rows[column].groupby("member_no").sum().reindex(everybody, fill_value=0)

    found = pd.DataFrame(
        {
            "value": total(year, "value"),
            "credit": (numbers.credit_start + total(longer, "credit")).clip(
                0, numbers.credit_ceiling
            ),
            "activity": total(year, "activity"),
            "spent_fen": total(year, "spent_fen"),
            "orders": total(year, "orders"),
        }
    )
    is_super = (found["value"] >= numbers.super_value) & (found["credit"] >= numbers.super_credit)
    found["tier"] = is_super.map({True: "super", False: "normal"})
    steps = [numbers.fair_from, numbers.good_from, numbers.excellent_from]
    found["band"] = pd.cut(
        found["credit"],
        [float("-inf"), *steps, float("inf")],
        right=False,
        labels=["poor", "fair", "good", "excellent"],
    ).astype(str)
    return found[MEMBER_COLUMNS]


def _fen(amounts: pd.Series) -> pd.Series:
    """Return amounts with two decimals as whole numbers; a float would not keep them."""
    return amounts.str.replace(".", "", regex=False).astype("int64")
