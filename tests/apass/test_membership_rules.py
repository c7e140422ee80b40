"""States, checks, moments and codes of APASS, as tables."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apass.membership import rules
from apass.membership.rules import Figures, Needs
from common.rules import SHANGHAI

NEEDS = Needs(value=2500, credit=750, spent=100_000)
FULL = {"value": 2500, "credit": 750, "spent": Decimal(100_000), "real_name": True, "honest": True}


@pytest.mark.parametrize(
    ("but", "missing"),
    [
        ({}, []),  # exactly at every bound
        ({"value": 2499}, ["value"]),
        ({"credit": 749}, ["credit"]),
        ({"spent": Decimal("99999.99")}, ["spent"]),
        ({"real_name": False}, ["real_name"]),
        ({"honest": False}, ["honest"]),
        ({"value": 0, "credit": 0, "spent": Decimal(0)}, ["value", "credit", "spent"]),
    ],
)
def test_what_is_missing(but, missing):
    assert rules.missing(Figures(**FULL | but), NEEDS) == missing


def test_figures_are_stored_and_read_exactly():
    figures = Figures(**FULL | {"spent": Decimal("123456.78")})
    assert Figures.of(figures.plain()) == figures


@pytest.mark.parametrize(
    ("moment", "days", "ends"),
    [
        # 12:00 in Shanghai: 24:00 of the 365th day after
        (datetime(2026, 11, 30, 4, tzinfo=UTC), 365, datetime(2027, 11, 30, 16, tzinfo=UTC)),
        # a second before midnight, and midnight
        (
            datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC),
            365,
            datetime(2027, 11, 30, 16, tzinfo=UTC),
        ),
        (datetime(2026, 11, 30, 16, tzinfo=UTC), 365, datetime(2027, 12, 1, 16, tzinfo=UTC)),
        # days are counted: a year with a leap day in it ends a day earlier in the calendar
        (datetime(2027, 3, 1, 4, tzinfo=UTC), 365, datetime(2028, 2, 29, 16, tzinfo=UTC)),
        (datetime(2028, 2, 29, 4, tzinfo=UTC), 365, datetime(2029, 2, 28, 16, tzinfo=UTC)),
        (datetime(2028, 2, 1, 4, tzinfo=UTC), 30, datetime(2028, 3, 2, 16, tzinfo=UTC)),
    ],
)
def test_the_end_of_a_term(moment, days, ends):
    assert rules.end_of_day(moment, days) == ends


def test_the_next_term_begins_where_the_last_one_ended_and_keeps_midnight():
    ends = rules.end_of_day(datetime(2027, 3, 1, 4, tzinfo=UTC), 365)
    following = rules.next_term(ends, 365)
    assert following - ends == timedelta(days=365)
    assert following.astimezone(SHANGHAI).time() == datetime.min.time()


@pytest.mark.parametrize(
    ("began", "today", "year"),
    [
        (date(2026, 11, 30), date(2026, 11, 30), (date(2026, 11, 30), date(2027, 11, 30))),
        (date(2026, 11, 30), date(2027, 11, 29), (date(2026, 11, 30), date(2027, 11, 30))),
        (date(2026, 11, 30), date(2027, 11, 30), (date(2027, 11, 30), date(2028, 11, 30))),
        # begun on a leap day: the year turns on the 1st of March
        (date(2028, 2, 29), date(2029, 2, 28), (date(2028, 2, 29), date(2029, 3, 1))),
        (date(2028, 2, 29), date(2029, 3, 1), (date(2029, 3, 1), date(2030, 3, 1))),
        (date(2028, 2, 29), date(2032, 2, 29), (date(2032, 2, 29), date(2033, 3, 1))),
    ],
)
def test_the_year_of_a_membership(began, today, year):
    assert rules.year_of(began, today) == year


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 5000))
def test_every_day_lies_in_one_year_of_a_membership(began, days):
    today = began + timedelta(days=days)
    first, following = rules.year_of(began, today)
    assert first <= today < following
    assert rules.year_of(began, following)[0] == following


def test_only_ends_have_no_way_on_and_every_way_leads_to_a_state():
    assert {to for moves in rules.MOVES.values() for to in moves} <= rules.MOVES.keys()
    assert rules.RUNNING < rules.OPEN
    assert not rules.OPEN & rules.NOT_ASKED_AGAIN


@pytest.mark.parametrize(
    ("figures", "missing"),
    [
        ({}, []),
        ({"credit": 649}, ["credit"]),
        ({"credit": 650, "value": 0, "spent": Decimal(0)}, []),
        ({"real_name": False, "credit": 0, "honest": False}, ["real_name", "credit", "honest"]),
    ],
)
def test_what_a_friend_needs(figures, missing):
    assert rules.friend_misses(Figures(**FULL | figures), 650) == missing


def test_a_code_is_read_as_people_write_it():
    written = rules.written_code("ABC123", "DEFGH45678")
    assert written == "ABC1-23DE-FGH4-5678"
    assert rules.parts_of_code("ABCI23DEFGH45678") == ("ABC123", "DEFGH45678")
    assert rules.parts_of_code("ABC123") is None
    assert rules.parts_of_code("U" * 16) is None
