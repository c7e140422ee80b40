"""The arithmetic of ratings, as tables."""

from datetime import datetime, timedelta
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.rules import SHANGHAI
from merchants.ratings import rules
from merchants.ratings.parameters import LEVELS
from merchants.ratings.rules import Counted, Peers, Rated, TrafficNumbers

START = datetime(2026, 11, 1, 9, tzinfo=SHANGHAI)
TRAFFIC = TrafficNumbers(D("0.2"), D("4.5"), D("0.85"), D("1.10"))
PEERS = Peers(mean=D("4.70000"), lowest=D("4.20000"), highest=D("4.90000"), shops=12)


def rated(*points: int | None, excluded: frozenset[int] = frozenset()) -> list[Rated]:
    return [
        Rated(
            f"k{n}", START + timedelta(hours=n), is_excluded=n in excluded, points=one or 0,
            is_scored=one is not None,
        )
        for n, one in enumerate(points)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("opened", "days", "over"),
    [
        # Day 1 is the day after: open until the last day 24:00, whatever the hour it opened.
        (datetime(2026, 11, 1, 0, 0, tzinfo=SHANGHAI), 15, datetime(2026, 11, 17, tzinfo=SHANGHAI)),
        (datetime(2026, 11, 1, 23, 59, tzinfo=SHANGHAI), 15, datetime(2026, 11, 17, tzinfo=SHANGHAI)),
        # Over the end of the year.
        (datetime(2026, 12, 31, 12, tzinfo=SHANGHAI), 1, datetime(2027, 1, 2, tzinfo=SHANGHAI)),
    ],
)  # fmt: skip
def test_windows_end_at_midnight_in_shanghai(opened, days, over):
    assert rules.first_moment_after(opened, days) == over


def test_the_earliest_three_trades_of_a_month_count():
    assert rules.surplus(rated(1, 1, 1), 3) == set()
    assert rules.surplus(reversed(rated(1, 1, 1, 1, 1)), 3) == {"k3", "k4"}


def test_what_is_excluded_or_not_scored_takes_no_place():
    assert rules.surplus(rated(1, 1, 1, 1, excluded=frozenset({0})), 3) == set()
    assert rules.surplus(rated(1, None, 1, 1), 3) == set()


@pytest.mark.parametrize(
    ("points", "brought"),
    [
        ((1, 0, -1), (1, 0, -1)),
        ((1,) * 7, (1,) * 6 + (0,)),
        ((-1,) * 7, (-1,) * 6 + (0,)),
        # Beyond the sixth a bad one only takes away what did not count.
        ((1,) * 7 + (-1,), (1,) * 6 + (0, 0)),
    ],
)
def test_one_buyer_moves_a_shop_by_six_points_a_month(points, brought):
    assert tuple(rules.credits(rated(*points), 6).values()) == brought


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=30), st.integers(1, 10))
def test_credits_of_a_month_sum_to_the_bounded_sum(points, most):
    brought = rules.credits(rated(*points), most)
    assert sum(brought.values()) == max(-most, min(most, sum(points)))


@pytest.mark.parametrize(
    ("total", "count", "mean", "shown"),
    [
        (0, 0, None, "—"),
        (45, 9, D("5.00000"), "—"),  # nine are too few to show
        (50, 10, D("5.00000"), "5.0"),
        (133, 30, D("4.43333"), "4.4"),
        (2, 3, D("0.66667"), "—"),  # half is rounded up in the last place kept
        (89, 20, D("4.45000"), "4.5"),
    ],
)
def test_a_score_is_kept_with_five_decimals_and_shown_with_one(total, count, mean, shown):
    assert rules.mean(total, count) == mean
    assert rules.shown_score(mean, count, 10) == shown


@pytest.mark.parametrize(
    ("score", "gap", "word"),
    [
        (D("4.9"), D(1), "above"),
        (D("4.8"), D("0.5"), "above"),
        (D("4.70000"), D(0), "level"),
        (D("4.70099"), D("0.00495"), "level"),
        (D("4.70100"), D("0.005"), "above"),  # exactly at the edge it is no longer level
        (D("4.45"), D("-0.5"), "below"),
        (D("4.0"), D(-1), "below"),  # too few ratings to be among the peers: at their end
    ],
)
def test_a_shop_is_told_where_it_stands_among_its_peers(score, gap, word):
    assert rules.industry_gap(score, PEERS) == gap
    assert rules.gap_word(gap, D("0.005")) == word


def test_among_equals_everybody_is_level():
    equal = Peers(D("4.8"), D("4.8"), D("4.8"), 3)
    assert rules.industry_gap(D("4.8"), equal) == 0
    assert (rules.industry_gap(D("4.9"), equal), rules.industry_gap(D("4.7"), equal)) == (1, -1)


@pytest.mark.parametrize(
    ("points", "rank", "step", "next_at"),
    [
        (-3, "", 0, 4),
        (3, "", 0, 4),
        (4, "heart", 1, 11),
        (250, "heart", 5, 251),
        (251, "diamond", 1, 501),
        (10_001, "crown", 1, 20_001),
        (500_001, "golden_crown", 1, 1_000_001),
        (99_000_000, "golden_crown", 5, None),
    ],
)
def test_credit_levels_are_five_to_a_rank(points, rank, step, next_at):
    level = rules.credit_level(points, rules.levels_of(LEVELS))
    assert (level.rank, level.step, level.next_at) == (rank, step, next_at)


def test_thresholds_that_do_not_rise_are_refused():
    for words in ("", "4,4", "11,4"):
        with pytest.raises(ValueError, match="rise"):
            rules.levels_of(words)


@pytest.mark.parametrize(
    ("score", "multiplier"),
    [
        (D("4.5"), D("1.0000")),
        (D("4.72"), D("1.0440")),
        (D("4.82"), D("1.0640")),
        (D("5"), D("1.1000")),  # 1.10 is the most
        (D("3.75"), D("0.8500")),  # and 0.85 the least
        (D("1"), D("0.8500")),
    ],
)
def test_the_search_multiplier_is_the_published_one(score, multiplier):
    assert rules.search_multiplier(score, TRAFFIC) == multiplier


@given(st.decimals(1, 5, places=5), st.decimals(1, 5, places=5))
def test_a_better_score_is_never_worth_less(one, other):
    low, high = sorted((one, other))
    assert rules.search_multiplier(low, TRAFFIC) <= rules.search_multiplier(high, TRAFFIC)


CHANGES = st.lists(st.tuples(st.integers(1, 5), st.sampled_from([1, 1, -1])), max_size=20)


@given(CHANGES)
def test_effects_sum_to_the_difference_of_the_means(changes):
    before = Counted(200, 45)
    moved = [Counted(score * sign, sign) for score, sign in changes]
    after = sum(moved, before)
    assert sum(rules.effects(before, moved), Fraction(0)) == after.mean - before.mean


def test_without_a_mean_before_or_after_there_is_no_effect():
    assert rules.effects(Counted(), [Counted(5, 1)]) == [None]
    assert rules.effects(Counted(5, 1), [Counted(-5, -1)]) == [None]


def test_the_effect_of_one_rating_is_what_would_be_without_it():
    assert rules.effect_of_one(Counted(14, 3), 4) == Fraction(14, 3) - 5
    assert rules.effect_of_one(Counted(4, 1), 4) is None


def test_traffic_asks_for_all_three_scores():
    scores = {"desc_match": D("4.8"), "service_attitude": D("4.7"), "logistics_service": D("4.9")}
    assert rules.score_for_traffic(scores) == D("4.80000")
    assert rules.score_for_traffic(scores | {"service_attitude": None}) is None
