"""Standing on real customers: the product against a plain pandas recomputation, 0 differences.

The sample beside this file is always used. With the whole set:

    UCI_ONLINE_RETAIL=lines.csv.gz ./run test -q -s -n0 tests/trade/test_standing_uci.py
"""

import os
import subprocess
import sys
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from accounts.loading import MemberLoader
from accounts.models import MemberMonth, MemberPeriod, MemberStanding, StandingRules, User
from accounts.standing import rules
from accounts.standing.numbers import forget
from accounts.standing.rules import Numbers
from common.loading import Fates, load_file
from merchants.loading import ShopLoader
from tests.trade.pandas_standing import (
    MEMBER_COLUMNS,
    MONTH_COLUMNS,
    Frames,
    Standing,
    standing_of,
)
from trade.loading import OrderLoader, RefundLoader
from trade.models import Order, Refund
from trade.standing import runs

HERE = Path(__file__).resolve().parent
CONVERTER = HERE.parents[1] / "docs" / "examples" / "uci_online_retail_baskets.py"
SAMPLE = HERE / "fixtures" / "uci_online_retail.csv.gz"
SOURCE = Path(os.environ.get("UCI_ONLINE_RETAIL", SAMPLE))
LAST_DAY = date(2011, 12, 9)
DAYS = [
    date(2011, 6, 7),  # a day before months are let go
    date(2011, 6, 8),
    LAST_DAY,
    date(2012, 1, 7),  # December 2010 still counts
    date(2012, 1, 8),  # and no longer
    date(2013, 6, 8),  # nothing counts but credit
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("uci")
    said = subprocess.run(
        [sys.executable, CONVERTER, SOURCE, folder], check=True, capture_output=True, text=True
    )
    print(f"\n{said.stderr}")
    return folder


@pytest.fixture(scope="module")
def frames(folder) -> Frames:
    return Frames.read(folder)


@pytest.fixture
def loaded(db, folder) -> None:
    """The members, their shop, orders and refunds, as the commands load them."""
    for loader, name in (
        (MemberLoader, "members"), (ShopLoader, "shops"), (OrderLoader, "orders"),
        (RefundLoader, "refunds"),
    ):  # fmt: skip
        fates = load_file(loader(), folder / f"{name}.csv").fates
        assert fates == Fates(inserted=fates.inserted), name
        print(f"{fates.inserted:>9,}  {name} loaded")


def test_the_sample_holds_what_the_rules_tell_apart(frames):
    standing = standing_of(frames, Numbers(), LAST_DAY)
    assert set(standing.members["tier"]) == {"normal", "super"}
    assert (standing.months["clean"] < standing.months["orders"]).any()
    assert len(frames.members) == 60 or SOURCE != SAMPLE


def test_what_is_loaded_adds_up_to_the_files(loaded, frames):
    for column, file, amounts in (
        ("paid_amount", frames.orders, "paid_amount"),
        ("refunded_amount", frames.refunds, "amount"),
    ):
        stored = Order.objects.aggregate(sum=Sum(column))["sum"]
        assert stored == sum(file[amounts].map(Decimal)), column
    assert Refund.objects.count() == len(frames.refunds)


@pytest.mark.parametrize("day", DAYS)
def test_the_rules_say_what_pandas_says(frames, day):
    numbers = Numbers()
    assert differences_of_rules(standing_of(frames, numbers, day), numbers, day) == []


@pytest.mark.parametrize(("value_months", "credit_months"), [(13, 25), (13, 6)])
def test_the_product_says_what_pandas_says(loaded, frames, ops, value_months, credit_months):
    numbers = Numbers(window_months=value_months, credit_months=credit_months)
    if numbers != Numbers():
        in_force(numbers, ops)
    for day in (LAST_DAY, date(2012, 1, 7), date(2012, 1, 8), date(2013, 6, 8)):
        runs.settle_now(datetime.combine(day, time(12), rules.SHANGHAI))
        standing = standing_of(frames, numbers, day)
        wrong = [*wrong_months(standing, numbers, day), *wrong_members(standing)]
        tiers = standing.members["tier"].value_counts().to_dict()
        print(f"{day}  {len(standing.members):,} members  {tiers}  {len(wrong)} differences")
        assert wrong == [], day


def in_force(numbers: Numbers, by: User) -> None:
    """Let ``numbers`` hold from before the first order on."""
    then = datetime(2009, 1, 1, tzinfo=rules.SHANGHAI)
    StandingRules.objects.create(
        version=1, numbers=asdict(numbers), reason="试", made_by=by, made_at=then,
        published_at=then, effective_on=then.date(),
    )  # fmt: skip
    forget()


def wrong_months(standing: Standing, numbers: Numbers, day: date) -> list[object]:
    """Return the months of members that the product and pandas tell apart, and those of one alone."""
    counted = max(numbers.credit_months, numbers.window_months)
    oldest = rules.first_month(day, counted, numbers)
    said = {
        (member, month.date()): tuple(map(int, row[MONTH_COLUMNS]))
        for (member, month), row in standing.months.iterrows()
        if month.date() >= oldest
    }
    columns = ("orders", "clean_count", "spent", "value_points", "credit_points", "activity_points")
    stored = {
        (member, month): (orders, clean, int(spent * 100), *points)
        for member, month, orders, clean, spent, *points in MemberMonth.objects.filter(
            month__gte=oldest
        ).values_list("member__member_no", "month", *columns)
    }
    return sorted(said.items() ^ stored.items())


def wrong_members(standing: Standing) -> list[object]:
    """Return the members whose scores, sums, tier or band the product and pandas tell apart."""
    said = {
        (member, *(row[name] if name in ("tier", "band") else int(row[name]) for name in MEMBER_COLUMNS))
        for member, row in standing.members.iterrows()
    }  # fmt: skip
    was = {
        member: words
        for member, *words in MemberPeriod.objects.filter(until=None).values_list(
            "member__member_no", "tier", "band"
        )
    }
    stored = {
        (member, value, credit, activity, int(spent * 100), orders, *was[member])
        for member, value, credit, activity, spent, orders in MemberStanding.objects.values_list(
            "member__member_no", "value", "credit", "activity", "spent", "orders"
        )
    }
    return sorted(said ^ stored)


def differences_of_rules(standing: Standing, numbers: Numbers, day: date) -> list[object]:
    """Return what ``accounts.standing.rules`` says otherwise, month by month and member by member."""
    wrong: list[object] = []
    sums: dict[str, dict[str, int]] = {}
    since = {
        "value": rules.first_month(day, numbers.window_months, numbers),
        "credit": rules.first_month(day, numbers.credit_months, numbers),
        "activity": rules.first_month(day, numbers.window_months, numbers),
    }
    for (member, month), row in standing.months.iterrows():
        facts = rules.MonthFacts(row["orders"], row["clean"], Decimal(int(row["spent_fen"])) / 100)
        points = rules.month_points(facts, numbers)
        if any(getattr(points, score) != row[score] for score in since):
            wrong.append((member, month, points))
        total = sums.setdefault(member, dict.fromkeys(since, 0))
        for score, first in since.items():
            total[score] += int(row[score]) if month.date() >= first else 0
    for member, row in standing.members.iterrows():
        points = sums.get(member, dict.fromkeys(since, 0))
        scores = {score: rules.total(score, points[score], numbers) for score in since}
        facts = rules.Facts(scores["value"], scores["credit"], guided=False)
        tier = rules.earned_tier(facts, numbers)
        said = scores | {"tier": tier, "band": rules.band_of(scores["credit"], numbers)}
        if any(row[name] != what for name, what in said.items()):
            wrong.append((member, said, dict(row)))
    return wrong
