"""The arithmetic of the queue, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets import rules

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
USUAL = timedelta(seconds=60)


def accepted(*pairs):
    """Make acceptances from (asked, came) in seconds after noon."""
    return [
        rules.Accepted(NOON + timedelta(seconds=asked), NOON + timedelta(seconds=came))
        for asked, came in pairs
    ]


@pytest.mark.parametrize(
    ("position", "recent", "seconds"),
    [
        (1, [], 60),  # nobody lately: the usual wait of one place
        (3, [], 180),
        (2, [(0, 300), (30, 330)], 120),  # two say nothing yet
        (1, [(0, 300), (30, 330), (60, 360)], 30),  # busy: one every 30 s
        (4, [(0, 300), (30, 330), (60, 360)], 120),
        (1, [(0, 10), (600, 610), (1200, 1210)], 10),  # quiet: the gaps are no pace, the waits are
        (5, [(0, 0), (1, 1), (2, 2)], 5),  # at once: never less than 5 s
        (1, [(20, 10), (30, 15), (40, 20)], 5),  # clocks that disagree do not make it negative
        (9999, [], 4 * 3600),  # nobody can say beyond four hours
    ],
)
def test_the_expected_wait(position, recent, seconds):
    wait = rules.expected_wait(position, accepted(*recent), USUAL)
    assert wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("verb", "states"),
    [
        ("accept", {"waiting"}),
        ("transfer", {"waiting", "open"}),
        ("take_over", {"open"}),
        ("resolve", {"open"}),
        ("reopen", {"resolved"}),
        ("close", {"resolved"}),
    ],
)
def test_the_moves(verb, states):
    every = {"waiting", "open", "resolved", "closed"}
    assert {state for state in every if rules.may(verb, state)} == states
