"""Quiet hours and pauses as tables."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.notifications.kinds import Kind, media_for
from accounts.notifications.rules import PAUSES, QuietHours, pause_after

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVERY = frozenset(range(7))
NIGHT = QuietHours(time(22), time(7, 30), EVERY, SHANGHAI)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        # Over midnight: 2026-11-27 is a Friday.
        (NIGHT, "2026-11-27 21:59:59", None),
        (NIGHT, "2026-11-27 22:00:00", "2026-11-28 07:30"),
        (NIGHT, "2026-11-28 00:00:00", "2026-11-28 07:30"),
        (NIGHT, "2026-11-28 07:29:59", "2026-11-28 07:30"),
        (NIGHT, "2026-11-28 07:30:00", None),
        # Within one day.
        (QuietHours(time(12), time(14), EVERY, SHANGHAI), "2026-11-27 11:59", None),
        (QuietHours(time(12), time(14), EVERY, SHANGHAI), "2026-11-27 12:00", "2026-11-27 14:00"),
        (QuietHours(time(12), time(14), EVERY, SHANGHAI), "2026-11-27 14:00", None),
        # Only the nights that begin on Friday and Saturday; Sunday morning is Saturday's night.
        (
            QuietHours(time(22), time(8), frozenset({4, 5}), SHANGHAI),
            "2026-11-27 23:00",
            "2026-11-28 08:00",
        ),
        (
            QuietHours(time(22), time(8), frozenset({4, 5}), SHANGHAI),
            "2026-11-29 07:00",
            "2026-11-29 08:00",
        ),
        (QuietHours(time(22), time(8), frozenset({4, 5}), SHANGHAI), "2026-11-29 23:00", None),
        (QuietHours(time(22), time(8), frozenset({4, 5}), SHANGHAI), "2026-11-27 07:00", None),
        # The whole of Saturday and Sunday are one quiet, not two.
        (
            QuietHours(time(0), time(0), frozenset({5, 6}), SHANGHAI),
            "2026-11-28 10:00",
            "2026-11-30 00:00",
        ),
        (QuietHours(time(0), time(0), frozenset({5, 6}), SHANGHAI), "2026-11-27 23:59", None),
        # No day, never quiet.
        (QuietHours(time(22), time(8), frozenset(), SHANGHAI), "2026-11-27 23:00", None),
    ],
)
def test_the_end_of_the_quiet_around_a_moment(hours, now, end):
    assert hours.end_at(at(now)) == (at(end) if end else None)


def test_a_quiet_week_has_an_end_all_the_same():
    always = QuietHours(time(0), time(0), EVERY, SHANGHAI)
    now = at("2026-11-27 10:00")
    assert timedelta(days=7) < always.end_at(now) - now <= timedelta(days=10)


def test_the_hours_are_those_of_the_persons_own_place():
    paris = QuietHours(time(22), time(7), EVERY, ZoneInfo("Europe/Paris"))
    # 22:30 in Paris is 21:30 UTC in winter; in Shanghai it is morning.
    assert paris.end_at(datetime(2026, 11, 27, 21, 30, tzinfo=UTC)) == datetime(
        2026, 11, 28, 6, 0, tzinfo=UTC
    )
    assert NIGHT.end_at(datetime(2026, 11, 27, 23, 45, tzinfo=UTC)) is None


def test_the_night_the_clocks_go_back_ends_by_the_wall():
    paris = QuietHours(time(22), time(7), EVERY, ZoneInfo("Europe/Paris"))
    # 2026-10-25: 03:00 becomes 02:00, so seven in the morning is 06:00 UTC, not 05:00.
    assert paris.end_at(datetime(2026, 10, 24, 22, 0, tzinfo=UTC)) == datetime(
        2026, 10, 25, 6, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 5), (3, 30), (4, 120), (5, 360), (6, None), (0, None)]
)
def test_pauses_grow_and_then_it_is_enough(attempts, minutes):
    pause = pause_after(attempts)
    assert pause == (timedelta(minutes=minutes) if minutes else None)


def test_what_failed_together_does_not_come_back_together():
    assert pause_after(1, jitter=0) == PAUSES[0] * 0.8
    assert pause_after(1, jitter=1) == PAUSES[0] * 1.2


USUAL = Kind("x.y", "x", "x", media=frozenset({"web"}))
GUARD = Kind("x.z", "x", "x", media=frozenset({"email", "web"}), may_be_silenced=False)


@pytest.mark.parametrize(
    ("kind", "chosen", "media"),
    [
        (USUAL, None, {"web"}),
        (USUAL, [], set()),
        (USUAL, ["email", "mobile"], {"email", "mobile"}),
        (USUAL, ["fax"], set()),
        (GUARD, [], {"email", "web"}),
        (GUARD, ["mobile"], {"email", "web", "mobile"}),
    ],
)
def test_media_follow_the_choice_unless_they_guard_the_account(kind, chosen, media):
    assert media_for(kind, chosen) == media
