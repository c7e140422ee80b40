"""Grades, lengths and limits of harassment: tables without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.rules import harassment as rules

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)
STEPS = (DAY, 7 * DAY, 90 * DAY)


@pytest.mark.parametrize(
    ("ground", "warned", "grades"),
    [
        ("angry", 0, {0}),  # anger is never more than a note
        ("angry", 2, {0}),
        ("insult", 0, {0, 1}),  # the first warning, nothing harder
        ("insult", 1, {0, 2}),  # not the first warning twice
        ("insult", 2, {0, 3}),
        ("threat", 0, {0, 1, 3}),  # at once, or milder
        ("threat", 1, {0, 2, 3}),
        ("sexual", 0, {0, 1, 3}),
        ("sexual", 2, {0, 3}),
    ],
)
def test_which_grade_may_follow(ground, warned, grades):
    assert rules.open_grades(ground, warned) == grades


@pytest.mark.parametrize(("earlier", "days"), [(0, 1), (1, 7), (2, 90), (3, 90), (40, 90)])
def test_each_block_is_longer_until_the_last_step(earlier, days):
    assert rules.block_length(earlier, STEPS) == days * DAY


def block(until, **fields):
    return rules.Block(
        **{"until": until, "text_only": True, "slow_seconds": 30, "no_new": True} | fields
    )


@pytest.mark.parametrize(
    ("blocks", "limits"),
    [
        ([], None),
        ([block(NOW)], None),  # over exactly at its end
        ([block(NOW + timedelta(seconds=1))], (1, True, 30, True)),
        # The strictest of each, of those in force alone.
        (
            [
                block(NOW + timedelta(seconds=5), text_only=False, slow_seconds=10),
                block(NOW + timedelta(seconds=2), slow_seconds=60, no_new=False),
                block(NOW - DAY, slow_seconds=600),
            ],
            (5, True, 60, True),
        ),
    ],
)
def test_blocks_limit_together(blocks, limits):
    found = rules.limits_of(blocks, NOW)
    if limits is None:
        assert found is None
    else:
        seconds, text_only, slow, no_new = limits
        assert found == rules.Limits(NOW + timedelta(seconds=seconds), text_only, slow, no_new)


@pytest.mark.parametrize(
    ("after", "appealed", "may"),
    [
        (timedelta(0), False, True),
        (7 * DAY - timedelta(seconds=1), False, True),
        (7 * DAY, False, False),
        (DAY, True, False),
    ],
)
def test_an_appeal_is_made_once_and_in_time(after, appealed, may):
    assert (
        rules.may_appeal(decided_at=NOW, appealed=appealed, window=7 * DAY, now=NOW + after) is may
    )
