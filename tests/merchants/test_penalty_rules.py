"""Penalties as arithmetic: nodes, the year's end, days. No database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from merchants.penalties import rules

D = Decimal
NODES = [
    rules.Node(code, D(points), timedelta(days=7), ())
    for code, points in (
        ("a12", 12), ("b12", 12), ("b24", 24), ("b36", 36), ("b48", 48),
        ("c12", 12), ("c24", 24), ("c36", 36), ("c48", 48), ("c_strikes", 3),
    )
]  # fmt: skip
CLEARING = rules.Clearing(D(48), D(48), D(24), D(24))


@pytest.mark.parametrize(
    ("klass", "before", "after", "node"),
    [
        ("A", 0, D("11.9"), ""),
        ("A", 0, 12, "a12"),
        ("A", 11, 13, "a12"),
        ("A", 12, 15, ""),  # it was met at 12 already
        ("A", 23, 24, "a12"),  # each 12
        ("B", 0, 11, ""),
        ("B", 0, 12, "b12"),
        ("B", 12, 23, ""),
        ("B", 6, 30, "b24"),  # met 12 and 24: the heavier one alone
        ("B", 0, 48, "b48"),
        ("C", 0, 48, "c48"),
        ("C", 24, 26, ""),
        ("C", 24, 36, "c36"),
    ],
)
def test_the_heaviest_node_on_the_way_is_met(klass, before, after, node):
    assert rules.node_met(klass, D(before), D(after), NODES) == node


@pytest.mark.parametrize(
    ("klass", "points", "kept"),
    [
        ("A", 11, 0), ("A", 60, 0),
        ("B", D("47.9"), 0), ("B", 48, 48), ("B", 60, 60),
        ("C", D("23.9"), 0), ("C", 24, 24), ("C", D("47.9"), 24), ("C", 48, 48),
    ],
)  # fmt: skip
def test_what_stays_at_the_years_end(klass, points, kept):
    assert CLEARING.kept(klass, D(points)) == kept


def charge(key, at, points, is_strike=False):
    return rules.Charge(key, at, D(points), is_strike)


def settle(klass, charges, until):
    return rules.settle(
        klass, charges, nodes=dict.fromkeys([one.key for one in charges], NODES),
        clearing=lambda _at: CLEARING, until=until,
    )  # fmt: skip


END = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # 24:00 in Shanghai


def test_a_moment_before_the_years_end_counts_for_the_old_year():
    late, early = END - timedelta(microseconds=1), END
    old, total = settle("A", [charge(1, late - timedelta(days=1), 6), charge(2, late, 6)], END)
    assert (old[2].node, total) == ("a12", 0)
    new, total = settle("A", [charge(1, late - timedelta(days=1), 6), charge(2, early, 6)], END)
    assert (new[2].node, new[2].before, total) == ("", 0, 6)


def test_what_was_revoked_is_as_if_it_had_never_been():
    at = datetime(2026, 3, 1, tzinfo=UTC)
    found, total = settle("B", [charge(1, at, 0), charge(2, at + timedelta(days=9), 12)], at)
    assert (found[2].before, found[2].node) == (0, "b12")
    assert total == 12


def test_the_third_strike_closes_the_shop_whatever_the_points():
    at = datetime(2024, 3, 1, tzinfo=UTC)
    hits = [charge(n, at.replace(year=2023 + n), 12, is_strike=True) for n in (1, 2, 3)]
    found, _total = settle("C", hits, at.replace(year=2026))
    assert [found[n].node for n in (1, 2, 3)] == ["c12", "c12", "c_strikes"]


def test_spam_costs_by_item_up_to_its_cap():
    assert rules.cost(D("0.2"), 10) == 2
    assert rules.cost(D("0.2"), 100, D(7)) == 7
    assert rules.cost(D("0.2"), 100, D(-1)) == 0


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([], 7),
        ([(-2, 4)], 3),
        ([(-3, 4), (3, 4)], 7),  # three days before it, three after: out of reach
        ([(-2, 4), (2, 4)], 3),  # four days apart: never in one span
        ([(-1, 4), (1, 2)], 1),  # all within three days
        ([(0, 7)], 0),
        ([(-2, 3), (-1, 3), (2, 6)], 1),
    ],
)
def test_no_three_days_of_spam_cost_more_than_the_cap(others, left):
    at, day = datetime(2026, 3, 10, tzinfo=UTC), timedelta(days=1)
    given = [(at + days * day, D(points)) for days, points in others]
    assert rules.cap_left(D(7), 3 * day, at, given) == left


@pytest.mark.parametrize(
    ("outcome", "points", "after"),
    [
        ("upheld", None, D(6)), ("revoked", 3, D(0)), ("reduced", "3", D(3)),
        ("reduced", "6", None), ("reduced", "0", None), ("reduced", "-1", None),
        ("reduced", "NaN", None), ("reduced", "Infinity", None), ("reduced", None, None),
    ],
)  # fmt: skip
def test_what_a_ruling_may_make_of_six_points(outcome, points, after):
    assert rules.ruled_points(outcome, D(6), points) == after


def test_every_state_is_in_the_table_of_moves():
    for moves in (rules.MOVES, rules.APPEAL_MOVES, rules.ACT_MOVES):
        assert set().union(*moves.values()) <= set(moves)


def test_an_authority_is_the_most_of_ones_roles():
    assert rules.limit_of({"agent": 1, "lead": 7}, ["agent", "lead"]) == 7
    assert rules.limit_of({"agent": 1}, ["member"]) == 0
