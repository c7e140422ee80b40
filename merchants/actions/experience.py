"""Counting the experience scores of a day, and warning shops early. The clock alone does it."""

import time
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify_many
from accounts.models import User
from common.parameters import value
from common.rules import midnight, shanghai_day
from merchants.experience import statements as sql
from merchants.experience.metrics import shop_metrics
from merchants.experience.numbers import b_categories, warning_lines, weights_at
from merchants.experience.rules import BUCKETS
from merchants.experience.words import amount_words, metric_words
from merchants.models import (
    DSRDay,
    DSRSnapshot,
    ExperienceCount,
    ExperienceDay,
    ExperienceWarning,
    PeerMetric,
    ShopMetricDay,
    StaffAccount,
)

COUNT_LOCK = 0x78_69_61_6F_26
"""Who counts a day of experience scores holds it until the commit."""
MOST_DAYS_BACK = 7
"""After a longer pause only the last days are counted: older facts were not kept as they were."""
AT_ONCE = 200
_DAY = timedelta(days=1)


def bring_experience_up_to_date(now: datetime) -> list[ExperienceCount]:
    """Count every day that is over, has its ratings counted, and was not counted yet; then warn.

    Several clocks may come at once: a day is counted by the first, the others find it counted.
    """
    yesterday = shanghai_day(now) - _DAY
    if not DSRDay.objects.filter(day=yesterday).exists():
        return []
    last = ExperienceCount.objects.order_by("-day").first()
    first = yesterday if last is None else max(last.day + _DAY, yesterday - _DAY * MOST_DAYS_BACK)
    days = [first + _DAY * n for n in range((yesterday - first).days + 1)]
    there = set(DSRDay.objects.filter(day__in=days).values_list("day", flat=True))
    counted = []
    for day in days:
        # What is counted is warned of in the same breath: a clock that dies in between does neither.
        with transaction.atomic():
            found = count_experience(day, now=now) if day in there else None
            if found is not None:
                counted.append(found)
                if day == yesterday:
                    warn_shops(day, now=now)
    tell_warnings(now)
    return counted


@transaction.atomic
def count_experience(day: date, *, now: datetime) -> ExperienceCount | None:
    """Read the metrics of ``day``, rank shops among their peers, and write down their scores.

    None when that day, or a later one, was counted already.
    """
    with connection.cursor() as cursor:
        hold_counts(cursor)
        if ExperienceCount.objects.filter(day__gte=day).exists():
            return None
        began = time.monotonic()
        cursor.execute(sql.VALUES)
        metrics = sum(_read(cursor, metric, day) for metric in shop_metrics())
        shops = _rank_and_score(cursor, day)
        _forget(cursor, day)
        return ExperienceCount.objects.create(
            day=day,
            counted_at=now,
            metrics=metrics,
            shops=shops,
            seconds=round(time.monotonic() - began, 4),
        )


@transaction.atomic
def warn_shops(day: date, *, now: datetime) -> int:
    """Write an early warning for every metric beyond its line at the end of ``day``; return how many.

    Once per shop, metric and colour within ``warning.days``: the database lets no second one in.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql.WARN,
            {
                "day": day,
                "until": day + _DAY * value("warning.days", now),
                "at": now,
                "key": DSRSnapshot.key(day, 0),
                "key_after": DSRSnapshot.key(day + _DAY, 0),
                "least_ratings": value("dsr.min_ratings_display", midnight(day)),
                "classes": ["A", "B", "C"],
                "nodes": [value(f"penalty.{name}12.points", now) for name in "abc"],
                **warning_lines(now),
            },
        )
        return cursor.rowcount


def tell_warnings(now: datetime) -> int:
    """Tell the people of shops of every warning nobody was told of; return how many were.

    Two clocks share the work: each takes rows the other does not hold.
    """
    told = 0
    while taken := _tell_some(now):
        told += taken
    return told


@transaction.atomic
def _tell_some(now: datetime) -> int:
    rows = list(
        ExperienceWarning.objects.filter(told_at=None)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("shop")
        .order_by("pk")[:AT_ONCE]
    )
    merchants = {row.shop.merchant_id for row in rows}
    staffed = set(
        StaffAccount.objects.current()
        .filter(merchant__in=merchants)
        .values_list("merchant_id", flat=True)
    )
    for row in rows:
        if row.shop.merchant_id in staffed:
            _tell(row, now)
    ExperienceWarning.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=now)
    return len(rows)


def _tell(row: ExperienceWarning, now: datetime) -> None:
    people = StaffAccount.objects.current().filter(merchant=row.shop.merchant_id)
    is_red = row.colour == "red"
    notify_many(
        User.objects.filter(pk__in=people.values("user")),
        "shop.warning",
        title=_("Red warning for %(shop)s: %(metric)s") if is_red
        else _("Amber warning for %(shop)s: %(metric)s"),
        body=_("It stands at %(value)s, the line is %(line)s. See what helps."),
        url=f"/shop/score/?shop={row.shop.shop_no}",
        subject=row,
        dedupe="warned",
        words={
            "shop": row.shop.name,
            "metric": metric_words(row.metric),
            "value": amount_words(row.metric, row.value),
            "line": amount_words(row.metric, row.line),
        },
        now=now,
    )  # fmt: skip


def hold_counts(cursor: CursorWrapper) -> None:
    """Wait for who counts experience scores, and let nobody else until this transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COUNT_LOCK])


@transaction.atomic
def rank_again(day: date) -> None:
    """Compute peers, ranks and scores of a counted day anew from the metrics that were read then."""
    with connection.cursor() as cursor:
        hold_counts(cursor)
        cursor.execute(sql.VALUES)
        cursor.execute(sql.READ_STORED, {"day": day})
        ShopMetricDay.objects.filter(peers__in=PeerMetric.objects.filter(day=day))._raw_delete(
            "default"
        )
        PeerMetric.objects.filter(day=day)._raw_delete("default")
        ExperienceDay.objects.filter(day=day)._raw_delete("default")
        shops = _rank_and_score(cursor, day)
    ExperienceCount.objects.filter(day=day).update(shops=shops)


def _read(cursor: CursorWrapper, metric: Any, day: date) -> bool:
    if metric.read is None:
        return False
    statement, given = metric.read(metric.span(day))
    cursor.execute(
        sql.READ.format(sql=statement),
        given
        | {
            "metric": metric.code,
            "dimension": metric.dimension,
            "is_lower_better": metric.is_lower_better,
            "least": metric.least_on(day),
        },
    )
    return cursor.rowcount > 0


def _rank_and_score(cursor: CursorWrapper, day: date) -> int:
    at = midnight(day)
    rows = [
        (preset, dimension, bucket, weights_at(preset, at)[bucket])
        for preset, buckets in BUCKETS.items()
        for dimension, bucket in buckets.items()
    ]
    names = ("presets", "dimensions", "buckets", "weights")
    given = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    # What was just put into a new table is unknown to the planner.
    cursor.execute("ANALYZE experience_values")
    cursor.execute(sql.PEERS, {"day": day})
    cursor.execute(sql.RANK, {"day": day})
    cursor.execute(sql.SCORE, given | {"day": day, "b_categories": b_categories(at)})
    return cursor.rowcount


def _forget(cursor: CursorWrapper, day: date) -> None:
    before = {"before": day - _DAY * value("experience.metric_days", midnight(day))}
    cursor.execute(sql.FORGET_METRICS, before)
    cursor.execute(sql.FORGET_PEERS, before)
