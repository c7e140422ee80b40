"""What the clock does for APASS: memberships move on, and every night all members are looked over."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from apass.actions import advance, look_for_candidates
from apass.actions.moves import DUE
from apass.models import CandidateRun, Membership
from common.companions import beside_the_clock
from common.deadlines import deadline_handler
from common.parameters import value
from common.rules import SHANGHAI, shanghai_day

LOOK_EVERY = timedelta(minutes=5)
_LOOK_LOCK = 0x78_69_61_6F_11


@deadline_handler(DUE)
def move_on(membership_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Do what is due for one membership."""
    membership = Membership.objects.filter(pk=membership_id).first()
    if membership is not None:
        advance(membership, now=now)


@beside_the_clock("apass.candidates")
def look_nightly() -> timedelta:
    """Look all members over for candidates, once a day after the hour the parameter says."""
    look_if_due(timezone.now())
    return LOOK_EVERY


def look_if_due(now: datetime) -> CandidateRun | None:
    """Look for candidates unless it was done today, is too early, or another clock is at it."""
    if not _is_due(now):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOOK_LOCK])
        if not cursor.fetchone()[0]:
            return None
    try:
        # Another clock may have come to its end between the question and the lock.
        return look_for_candidates(now) if _is_due(now) else None
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOOK_LOCK])


def _is_due(now: datetime) -> bool:
    local = now.astimezone(SHANGHAI)
    if local.time() < value("apass.looks_at", now):
        return False
    return not CandidateRun.objects.filter(on=shanghai_day(now)).exists()
