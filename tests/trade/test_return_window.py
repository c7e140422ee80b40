from datetime import datetime, timedelta

import pytest

from common import parameters
from common.parameters import set_value
from tests.conftest import make_order
from trade.queries import order_card
from trade.rules import SHANGHAI, return_window


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def window(signed: str | None, moment: str, category: str = "服饰", is_closed: bool = False):
    return return_window(
        signed_at=at(signed) if signed else None,
        category=category,
        is_closed=is_closed,
        at=at(moment),
        days=7,
        excluded={"定制", "生鲜"},
    )


@pytest.mark.parametrize(
    ("signed", "moment", "reason"),
    [
        ("2026-11-30 10:00", "2026-11-30 10:00", "open"),
        ("2026-11-30 00:00:00", "2026-12-07 23:59:59", "open"),  # the last second of day 7
        ("2026-11-30 23:59:59", "2026-12-07 23:59:59", "open"),
        ("2026-11-30 00:00:00", "2026-12-08 00:00:00", "over"),  # day 8 begins
        ("2028-02-22 09:00", "2028-02-29 23:59:59", "open"),  # ends on the leap day
        ("2028-02-22 09:00", "2028-03-01 00:00:00", "over"),
        ("2026-12-28 12:00", "2027-01-04 23:59:59", "open"),  # over the year
        (None, "2026-12-01 00:00", "not_signed"),
    ],
)
def test_the_window_ends_with_day_seven(signed, moment, reason):
    assert window(signed, moment).reason == reason


def test_the_first_moment_after_it_is_named():
    assert window("2026-11-30 10:00", "2026-12-01 00:00").until == at("2026-12-08 00:00")


def test_excluded_and_closed_things_have_no_window():
    assert window("2026-11-30 10:00", "2026-12-01 00:00", category="生鲜").reason == "excluded"
    assert window("2026-11-30 10:00", "2026-12-01 00:00", is_closed=True).reason == "closed"


def test_before_it_begins_it_says_how_many_days_it_will_last(mei, shop, ops):
    now = datetime.now(tz=SHANGHAI)
    make_order(mei, shop, "A3", now, category="服饰", signed_at=None)
    assert "7天" in order_card(mei, "A3")["return_window"]["words"]
    set_value("trade.no_reason_days", 15, by=ops, reason="多几天")
    parameters.forget()
    assert "15天" in order_card(mei, "A3")["return_window"]["words"]


def test_the_order_says_until_when(mei, shop, ops):
    now = datetime.now(tz=SHANGHAI)
    make_order(mei, shop, "A1", now - timedelta(days=3), category="服饰", signed_at=now)
    make_order(mei, shop, "A2", now - timedelta(days=3), signed_at=now)
    open_one = order_card(mei, "A1")["return_window"]
    assert (open_one["is_open"], open_one["reason"]) == (True, "open")
    last = (now + timedelta(days=7)).date()
    assert f"{last.month}" in open_one["words"]
    assert order_card(mei, "A2")["return_window"]["reason"] == "excluded"
    set_value("trade.no_reason_excluded", "定制", by=ops, reason="生鲜也能退")
    parameters.forget()
    assert order_card(mei, "A2")["return_window"]["reason"] == "open"
