"""The arithmetic of standing, by tables."""

from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.standing import rules
from accounts.standing.rules import BadNumbers, Facts, MonthFacts, MonthPoints, Numbers

N = Numbers()


@pytest.mark.parametrize(
    ("orders", "clean", "spent", "value", "credit", "activity"),
    [
        (0, 0, "0", 0, 0, 0),  # nothing bought, nothing earned
        (1, 1, "0.00", 7, 2, 28),  # one order fully paid by a coupon still counts as an order
        (1, 0, "24.99", 5, 0, 28),  # a cent short of a point; refunded, so not clean
        (1, 1, "25.00", 8, 2, 28),
        (7, 7, "9999.99", 35 + 14 + 399, 14, 76),  # 9999 // 25
        (8, 8, "10000.00", 40 + 16 + 400, 16, 80),  # activity reaches its cap: 20 + 64 > 80
        (10, 10, "12345.67", 50 + 20 + 400, 20, 80),  # every cap reached
        (500, 400, "9999999.99", 470, 20, 80),  # a wholesaler earns no more than the caps
    ],
)
def test_points_of_a_month(orders, clean, spent, value, credit, activity):
    facts = MonthFacts(orders, clean, Decimal(spent))
    assert rules.month_points(facts, N) == MonthPoints(value, credit, activity)


@pytest.mark.parametrize(
    ("day", "settled"),
    [
        (date(2026, 11, 7), date(2026, 10, 8)),  # the day before: last month's still holds
        (date(2026, 11, 8), date(2026, 11, 8)),
        (date(2026, 11, 30), date(2026, 11, 8)),
        (date(2027, 1, 7), date(2026, 12, 8)),  # over the year's end
        (date(2028, 2, 29), date(2028, 2, 8)),  # leap day
    ],
)
def test_the_month_is_settled_on_the_8th(day, settled):
    assert rules.settled_on(day, N) == settled


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 11, 7), date(2025, 10, 1)),
        (date(2026, 11, 8), date(2025, 11, 1)),  # on the 8th the oldest month is let go
        (date(2026, 12, 7), date(2025, 11, 1)),
    ],
)
def test_a_month_counts_for_twelve_whole_months_beside_its_own(day, first):
    assert rules.first_month(day, N.window_months, N) == first


def test_a_month_ends_on_the_day_on_which_it_is_let_go():
    month = date(2025, 11, 1)
    ends = rules.month_ends_on(month, N.window_months, N)
    assert ends == date(2026, 12, 8)
    assert rules.first_month(ends - timedelta(days=1), N.window_months, N) == month
    assert rules.first_month(ends, N.window_months, N) == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("credit", "band"),
    [
        (1000, "excellent"), (800, "excellent"), (799, "good"), (650, "good"), (649, "fair"),
        (500, "fair"), (499, "poor"), (0, "poor"),
    ],
)  # fmt: skip
def test_bands_of_credit(credit, band):
    assert rules.band_of(credit, N) == band


@pytest.mark.parametrize(
    ("rows", "credit"), [(0, 600), (400, 1000), (401, 1000), (-600, 0), (-601, 0), (-50, 550)]
)
def test_credit_starts_at_600_and_stays_between_0_and_1000(rows, credit):
    assert rules.total("credit", rows, N) == credit


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        (Facts(999, 600, False), "normal"),
        (Facts(1000, 600, False), "super"),
        (Facts(1000, 499, False), "normal"),  # value without good faith is not enough
        (Facts(0, 600, True), "new"),
        (Facts(1000, 600, True), "super"),  # led by the guide and super: the higher one
        (Facts(0, 0, False, frozenset({"vip88"})), "vip88"),
        (Facts(5000, 1000, False), "super"),  # nobody becomes APASS by points alone
        (Facts(0, 0, True, frozenset({"vip88", "apass"})), "apass"),
    ],
)
def test_the_tier_that_is_earned(facts, tier):
    assert rules.earned_tier(facts, N) == tier


@pytest.mark.parametrize(
    ("current", "earned", "titles", "settling", "after"),
    [
        ("normal", "super", set(), False, "super"),  # up at once
        ("normal", "apass", {"apass"}, False, "apass"),  # over all steps
        ("super", "normal", set(), False, "super"),  # not down between recompute days
        ("super", "normal", set(), True, "normal"),
        ("apass", "normal", set(), False, "apass"),
        ("apass", "normal", set(), True, "super"),  # 88VIP was not paid for: passed over
        ("apass", "super", set(), True, "super"),
        ("apass", "vip88", {"vip88"}, True, "vip88"),
        ("vip88", "normal", set(), True, "super"),  # one step at a time
        ("vip88", "new", set(), True, "super"),
        ("super", "new", set(), True, "new"),
        ("new", "normal", set(), False, "normal"),  # the guide ends whenever it ends
        ("normal", "new", set(), False, "new"),
        ("normal", "normal", set(), True, "normal"),
    ],
)
def test_up_at_once_and_down_one_step_when_settled(current, earned, titles, settling, after):
    assert rules.next_tier(current, earned, frozenset(titles), settling=settling) == after


@pytest.mark.parametrize(
    ("registered", "ends"),
    [
        # 23:59 and 00:01 of Shanghai are different days; the 90th day ends at 24:00.
        (datetime(2026, 9, 1, 15, 59, tzinfo=UTC), datetime(2026, 11, 30, 16, 0, tzinfo=UTC)),
        (datetime(2026, 9, 1, 16, 1, tzinfo=UTC), datetime(2026, 12, 1, 16, 0, tzinfo=UTC)),
        (datetime(2027, 12, 1, 4, 0, tzinfo=UTC), datetime(2028, 2, 29, 16, 0, tzinfo=UTC)),
    ],
)
def test_the_guide_ends_with_its_90th_day(registered, ends):
    assert rules.guide_ends_at(registered, 90) == ends


@pytest.mark.parametrize(("points", "back"), [(-50, 25), (-5, 2), (-1, 0)])
def test_half_is_forgiven(points, back):
    assert rules.half_forgiven(points) == back


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"yuan_per_point": 0}, {"yuan_per_point": "too_small"}),
        ({"super_value": -1}, {"super_value": "too_small"}),
        ({"good_from": 400}, {"good_from": "order"}),  # below fair
        ({"super_value": 2500}, {"apass_value": "order"}),  # super not below APASS
        ({"recompute_day": 29}, {"recompute_day": "too_large"}),  # February has no 29th
        ({"gender": 1}, {"gender": "unknown"}),
        ({"guide_days": "90"}, {"guide_days": "not_a_number"}),
        ({"guide_days": True}, {"guide_days": "not_a_number"}),
    ],
)
def test_numbers_that_cannot_be_are_named(given, problems):
    with pytest.raises(BadNumbers) as refused:
        Numbers.of(given)
    assert refused.value.problems == problems


def test_all_problems_are_named_at_once():
    with pytest.raises(BadNumbers) as refused:
        Numbers.of(asdict(N) | {"guide_days": 0, "fair_from": 700})
    assert refused.value.problems == {"guide_days": "too_small", "good_from": "order"}


def test_no_protected_attribute_is_an_input():
    inputs = {f.name for kind in (MonthFacts, Facts) for f in fields(kind)}
    assert inputs == {"orders", "clean", "spent", "value", "credit", "guided", "titles"}


def test_what_would_raise_a_score_is_what_raises_it():
    month = MonthFacts(3, 3, Decimal(100))
    best = rules.raises("credit", month, N)[0]
    more = MonthFacts(4, 4, Decimal(100))
    gain = rules.month_points(more, N).credit - rules.month_points(month, N).credit
    assert (best.what, best.points) == ("clean_order", gain)


def test_nothing_would_raise_what_has_reached_its_cap():
    full = MonthFacts(10, 10, Decimal(20_000))
    assert rules.raises("value", full, N) == []
    assert rules.raises("credit", replace(full), N) == []
