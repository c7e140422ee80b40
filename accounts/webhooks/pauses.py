"""How long to wait: pure arithmetic, with the dice handed in."""

from datetime import datetime, timedelta

SHORTEST = timedelta(seconds=1)
LONGEST_ASKED = timedelta(hours=1)


def wait_before(
    attempt: int,
    *,
    first: timedelta,
    longest: timedelta,
    dice: float,
    asked: timedelta | None = None,
) -> timedelta:
    """Return the pause after the ``attempt``-th try failed (1 is the first): full jitter.

    Anywhere between a second and ``first`` doubled with every try, at most ``longest``; ``dice`` is
    0–1. What the receiver ``asked`` for (Retry-After) is the least, up to an hour.
    """
    most = min(first * 2 ** min(attempt - 1, 20), longest)
    pause = max(most * dice, SHORTEST)
    return max(pause, min(asked, LONGEST_ASKED)) if asked else pause


def is_given_up(
    attempts: int, *, most: int, since: datetime, next_at: datetime, within: timedelta
) -> bool:
    """Tell whether a delivery is given up: too many tries, or the next one would be too late."""
    return attempts >= most or next_at > since + within


def breaker_pause(
    failures: int, *, threshold: int, first: timedelta, longest: timedelta
) -> timedelta:
    """Return how long a host is left alone after ``failures`` in a row; zero below ``threshold``."""
    if failures < threshold:
        return timedelta(0)
    return min(first * 2 ** min(failures - threshold, 20), longest)
