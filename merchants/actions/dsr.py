"""Counting shops' scores, a day at a time, and proving what was counted."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common.parameters import value
from common.partitions import months
from common.recompute import Difference, derive
from common.rules import midnight_after, shanghai_day
from merchants.models import CountKind, DSRDay, DSRSnapshot
from merchants.models.ratings import DAYS_LOCK
from merchants.ratings import statements as sql
from merchants.ratings.numbers import numbers_of_months
from merchants.ratings.rules import window

MOST_DAYS_TO_ROLL = 30
"""After a longer pause the last day is counted from zero at once."""
_DAY = timedelta(days=1)


def bring_up_to_date(now: datetime) -> list[DSRDay]:
    """Count every day that is over and not counted yet; return them, none when all were."""
    yesterday = shanghai_day(now) - _DAY
    last = last_day()
    if last is None or (yesterday - last.day).days > MOST_DAYS_TO_ROLL:
        days = [yesterday]
    else:
        days = [last.day + _DAY * n for n in range(1, (yesterday - last.day).days + 1)]
    return [found for day in days if (found := _count_among_peers(day, now)) is not None]


@transaction.atomic
def _count_among_peers(day: date, now: datetime) -> DSRDay | None:
    """Count a day and compare its shops in one breath: a clock that dies in between does neither."""
    counted = count_day(day, now=now)
    if counted is not None:
        compare_peers(counted)
    return counted


@transaction.atomic
def count_day(day: date, *, now: datetime, whole: bool = False) -> DSRDay | None:
    """Count the figures of every shop at the end of ``day``: from the day before, or from zero.

    From zero as well when the day before was not counted, or by another window. None when the day
    was counted already, or a later one.
    """
    with connection.cursor() as cursor:
        hold_days(cursor)
        last = last_day()
        if last is not None and last.day >= day:
            return None
        days = value("dsr.window_days", midnight_after(day - _DAY))
        rolls = (
            not whole and last is not None and (last.day, last.window_days) == (day - _DAY, days)
        )
        given = given_for(cursor, day, days)
        began = time.monotonic()
        cursor.execute(sql.ROLL if rolls else sql.COUNT_WHOLE, given)
        seconds = time.monotonic() - began
        cursor.execute(sql.WRITE_DOWN, given)
        shops = cursor.rowcount
        return DSRDay.objects.create(
            day=day,
            counted_at=now,
            kind=CountKind.ROLLING if rolls else CountKind.WHOLE,
            window_days=days,
            shops=shops,
            seconds=round(seconds, 4),
        )


@transaction.atomic
def compare_peers(counted: DSRDay) -> int:
    """Say where the shops of each category stand on a counted day; return how many rows that takes."""
    with connection.cursor() as cursor:
        cursor.execute(sql.PEERS, given_for(cursor, counted.day, counted.window_days))
        return cursor.rowcount


def hold_days(cursor: CursorWrapper) -> None:
    """Wait for those who change what counts, and let nobody else until this transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DAYS_LOCK])


def last_day() -> DSRDay | None:
    """Return the last day that was counted."""
    return DSRDay.objects.order_by("-day").first()


def differences(now: datetime) -> Iterator[Difference]:
    """Yield how many rows differ from what the rules say, and how many shops from a count from zero."""
    with connection.cursor() as cursor:
        given = _months(cursor)
        for where, statement in (("pairs", sql.WRONG_PAIRS), ("singles", sql.WRONG_SINGLES)):
            cursor.execute(f"SELECT count(*), min(id::text) FROM ({statement}) wrong", given)
            wrong, first = cursor.fetchone()
            yield Difference(f"ratings, {where}", wrong, f"rating {first}")
        last = last_day()
        if last is not None:
            for where, statement in (("scores", sql.UNLIKE), ("snapshots", sql.NOT_AS_WRITTEN)):
                cursor.execute(statement, given_for(cursor, last.day, last.window_days))
                wrong, shop = cursor.fetchone()
                yield Difference(f"{where} on {last.day}", wrong, f"shop {shop}")


@transaction.atomic
def mend(now: datetime) -> None:
    """Make ratings and the last day's figures what the rules say, from zero."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE merchants_rating IN SHARE ROW EXCLUSIVE MODE")
        given = _months(cursor)
        cursor.execute(sql.RECOUNT_MANY, given)
        cursor.execute(sql.MEND_SINGLES, given)
        hold_days(cursor)
        last = last_day()
        if last is None:
            return
        DSRSnapshot.objects.filter(
            pk__gte=DSRSnapshot.key(last.day, 0), pk__lt=DSRSnapshot.key(last.day + _DAY, 0)
        ).delete()
        given |= given_for(cursor, last.day, last.window_days)
        cursor.execute(sql.COUNT_WHOLE, given)
        cursor.execute(sql.WRITE_DOWN, given)
        DSRDay.objects.filter(pk=last.pk).update(kind=CountKind.WHOLE, shops=cursor.rowcount)
    compare_peers(last)


def given_for(cursor: CursorWrapper, day: date, days: int) -> dict[str, Any]:
    """Return the parameters of the statements that count ``day`` over a window of ``days``."""
    first, _last = window(day, days)
    return {
        "day": day,
        "first": first,
        "was_first": first - _DAY,
        "key": DSRSnapshot.key(day, 0),
        "key_after": DSRSnapshot.key(day + _DAY, 0),
        "least": value("dsr.min_ratings_display", midnight_after(day - _DAY)),
        **_months(cursor),
    }


def _months(cursor: CursorWrapper) -> dict[str, list[Any]]:
    """Return the numbers of the months in which anybody rated a shop more than once."""
    cursor.execute("SELECT min(month), max(month) FROM merchants_rating WHERE nth > 1")
    first, last = cursor.fetchone()
    numbers = numbers_of_months(months(first, last)) if first else []
    return {
        "months": [month for month, _most, _points in numbers],
        "most": [most for _month, most, _points in numbers],
        "points": [points for _month, _most, points in numbers],
    }


derive("ratings", check=differences, mend=mend)
