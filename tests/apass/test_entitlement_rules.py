from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apass.entitlements.kinds import NoReturn, best_of, parameters_of, stored
from apass.entitlements.rules import (
    Claim,
    Facts,
    Package,
    Refused,
    Segment,
    Span,
    check_claim,
    check_package,
    check_quantity,
    check_segment,
    check_span,
    package_for,
    period_of,
)
from common.rules import SHANGHAI


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


START = at("2026-01-01")
ALWAYS = Span(START)


@pytest.mark.parametrize(
    ("period", "moment", "since", "until"),
    [
        ("day", "2026-11-20 00:00", "2026-11-20", "2026-11-21"),
        ("day", "2026-11-20 23:59:59", "2026-11-20", "2026-11-21"),
        ("day", "2028-02-29 12:00", "2028-02-29", "2028-03-01"),  # leap day
        ("month", "2026-11-30 23:59", "2026-11-01", "2026-12-01"),
        ("month", "2028-02-29 12:00", "2028-02-01", "2028-03-01"),
        ("month", "2026-12-31 23:59:59", "2026-12-01", "2027-01-01"),
        ("month", "2026-01-31 00:00", "2026-01-01", "2026-02-01"),
        ("year", "2028-02-29 00:00", "2028-01-01", "2029-01-01"),
        ("year", "2026-12-31 23:59:59", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_period_is_one_of_shanghai(period, moment, since, until):
    assert period_of(period, at(moment)) == Span(at(since), at(until))


def test_midnight_in_shanghai_is_afternoon_in_utc():
    assert period_of("day", datetime(2026, 11, 20, 16, tzinfo=UTC)).since == at("2026-11-21")


@given(
    st.integers(1_600_000_000, 4_000_000_000),
    st.sampled_from(["day", "month", "year", "once"]),
)
def test_every_moment_is_inside_its_period_and_the_next_begins_where_it_ends(second, period):
    moment = datetime.fromtimestamp(second, tz=SHANGHAI)
    span = period_of(period, moment)
    assert span.has(moment)
    if period != "once":
        assert period_of(period, span.until).since == span.until


MEMBER = Facts("normal", "good", registered_at=at("2026-06-30 23:30"))


@pytest.mark.parametrize(
    ("segment", "has"),
    [
        (Segment(), True),
        (Segment(tiers=frozenset({"normal"})), True),
        (Segment(tiers=frozenset({"super"})), False),
        (Segment(bands=frozenset({"good", "excellent"})), True),
        (Segment(bands=frozenset({"fair"})), False),
        (Segment(guided=True), False),
        (Segment(guided=False), True),
        (Segment(registered_until=date(2026, 6, 30)), True),  # the last day is inside
        (Segment(registered_until=date(2026, 6, 29)), False),
        (Segment(registered_from=date(2026, 6, 30)), True),
        (Segment(registered_from=date(2026, 7, 1)), False),
    ],
)
def test_a_segment_means_whom_all_its_conditions_fit(segment, has):
    assert segment.has(MEMBER) is has


def test_who_never_registered_is_in_no_segment_of_days():
    assert not Segment(registered_until=date(2030, 1, 1)).has(Facts("normal", "good"))


@pytest.mark.parametrize(
    ("segment", "says", "code"),
    [
        (Segment(), False, "segment.everybody"),
        (Segment(tiers=frozenset({"new"})), True, "segment.not_everybody"),
        (
            Segment(registered_from=date(2026, 2, 2), registered_until=date(2026, 2, 1)),
            False,
            "segment.nobody",
        ),
    ],
)
def test_nobody_and_everybody_are_refused(segment, says, code):
    with pytest.raises(Refused, match=code):
        check_segment(segment, says_everybody=says)


def test_one_day_of_registration_and_everybody_by_name_are_fine():
    one_day = Segment(registered_from=date(2026, 2, 2), registered_until=date(2026, 2, 2))
    check_segment(one_day, says_everybody=False)
    check_segment(Segment(), says_everybody=True)


@pytest.mark.parametrize("quantity", [0, -1])
def test_less_than_one_is_refused(quantity):
    with pytest.raises(Refused, match=r"entitlement\.quantity"):
        check_quantity(quantity)


def test_an_end_at_the_beginning_is_refused():
    with pytest.raises(Refused, match=r"span\.backwards"):
        check_span(Span(START, START))


def claim(key: int, *tiers: str, rank: int = 0, span: Span = ALWAYS, **numbers) -> Claim:
    return Claim("tea", Segment(tiers=frozenset(tiers)), span, rank, numbers, key)


def test_two_rules_of_one_rank_with_other_numbers_are_refused():
    with pytest.raises(Refused, match=r"rule\.ambiguous"):
        check_claim(claim(2, "new", a=1), [claim(1, "new", "super", a=2)])


@pytest.mark.parametrize(
    "other",
    [
        claim(1, "super", a=2),  # other members
        claim(1, "new", rank=1, a=2),  # another rank
        claim(1, "new", a=1),  # the same numbers
        claim(1, "new", span=Span(at("2025-01-01"), START), a=2),  # ends where the new one begins
    ],
)
def test_rules_that_cannot_be_confused_stand_side_by_side(other):
    check_claim(claim(2, "new", a=1), [other])


def package(code: str, *tiers: str, rank: int = 10, span: Span = ALWAYS) -> Package:
    return Package(code, rank, Segment(tiers=frozenset(tiers)), span)


def test_overlapping_packages_of_one_rank_are_refused():
    with pytest.raises(Refused, match=r"package\.overlaps") as refused:
        check_package(replace_key(package("b", "new"), 2), [replace_key(package("a"), 1)])
    assert refused.value.facts == {"other": "a"}


def test_a_package_may_begin_the_moment_another_ends():
    first = replace_key(package("a", span=Span(START, at("2026-06-01"))), 1)
    check_package(replace_key(package("b", span=Span(at("2026-06-01"))), 2), [first])


def replace_key(one: Package, key: int) -> Package:
    return Package(one.code, one.rank, one.segment, one.span, one.items, key)


def test_of_several_packages_the_lowest_rank_is_ones_own():
    packages = [package("all", rank=9), package("normal", "normal", rank=1)]
    assert package_for(MEMBER, packages, START).code == "normal"
    assert package_for(Facts("new", "fair"), packages, START).code == "all"
    assert package_for(MEMBER, packages, START - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("kind", "raw", "code"),
    [
        ("return_card", {"speed": 1}, "parameters.unknown"),
        ("quick_refund", {}, "parameters.missing"),
        ("quick_refund", {"amount": "-1"}, "parameters.odd"),
        ("quick_refund", {"amount": "1.005"}, "parameters.odd"),
        ("quick_refund", {"amount": "NaN"}, "parameters.odd"),
        ("quick_refund", {"amount": 0.1}, "parameters.odd"),
        ("first_reply", {"seconds": 0}, "parameters.odd"),
        ("first_reply", {"seconds": True}, "parameters.odd"),
        ("no_return_refund", {"categories": [], "amount": "5"}, "parameters.odd"),
        ("no_return_refund", {"categories": "生鲜", "amount": "5"}, "parameters.odd"),
    ],
)
def test_numbers_a_kind_cannot_have_are_refused(kind, raw, code):
    with pytest.raises(Refused, match=code):
        parameters_of(kind, raw)


def test_numbers_are_read_as_their_kind_and_kept_as_words():
    raw = {"categories": ["生鲜", "生鲜"], "amount": 50}
    assert parameters_of("no_return_refund", raw) == NoReturn(("生鲜",), Decimal(50))
    assert stored("no_return_refund", raw) == {"categories": ["生鲜"], "amount": "50.00"}
    assert stored("no_return_refund", {"amount": "9"}, partly=True) == {"amount": "9.00"}


@pytest.mark.parametrize(
    ("first", "other", "best"),
    [
        (
            {"categories": ["生鲜"]},
            {"categories": ["玩具", "生鲜"]},
            {"categories": ["生鲜", "玩具"]},
        ),
        (
            {"categories": ["生鲜", "玩具"]},
            {"categories": ["玩具"]},
            {"categories": ["生鲜", "玩具"]},
        ),
        ({"amount": "90.00"}, {"amount": "100.00"}, {"amount": "100.00"}),
        ({"seconds": 60}, {"seconds": 180}, {"seconds": 60}),
        ({"days": 7}, {"days": 15, "freight": "5.00"}, {"days": 15, "freight": "5.00"}),
    ],
)
def test_of_two_the_better_counts_number_by_number(first, other, best):
    assert best_of(first, other) == best


def test_of_equals_the_first_stays_as_it_is():
    first, other = {"categories": ["生鲜", "玩具"]}, {"categories": ["玩具", "生鲜"]}
    assert best_of(first, other) == first
    assert best_of(other, first) == other
