"""What operations need to know about the machine, in plain words and with what to do."""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q.models import OrmQ

from common.models import Heartbeat
from common.partitions import PARTITIONED, month_after, rows_in_default
from common.words import span_words

log = logging.getLogger(__name__)

GOOD, WARN, BAD = "good", "warn", "bad"
SEVERITY = {GOOD: 0, WARN: 1, BAD: 2}

# Beats are written every few seconds; a busy worker may be silent for the length of a task.
QUIET = timedelta(seconds=60)
SILENT = timedelta(minutes=3)


@dataclass(frozen=True)
class Finding:
    """One checked thing: how it is, in words, and what to do when it is not well."""

    name: str
    state: str
    words: str
    todo: str = ""


Check = Callable[[datetime], list[Finding]]
_checks: list[tuple[int, str, Check]] = []


def health_check(name: str, *, order: int = 50) -> Callable[[Check], Check]:
    """Register ``check(now)``; it returns findings and may read the database."""

    def register(check: Check) -> Check:
        _checks[:] = sorted(
            [it for it in _checks if it[1] != name] + [(order, name, check)], key=lambda it: it[:2]
        )
        return check

    return register


def findings(now: datetime) -> list[Finding]:
    """Run every check; one that cannot ask the database says so itself and does not stop the others."""
    found: list[Finding] = []
    for _order, name, check in _checks:
        try:
            with transaction.atomic():
                found += check(now)
        except DatabaseError:
            log.exception("health check %s failed", name)
            found.append(
                Finding(
                    name,
                    BAD,
                    _("The database did not answer this question."),
                    _("Look at the log of the web process; the statement that failed is there."),
                )
            )
    return found


_PROCESSES = (
    (
        "worker",
        gettext_lazy("Background tasks"),
        gettext_lazy("Start the worker process; queued work waits and is not lost."),
    ),
    (
        "clock",
        gettext_lazy("Clock"),
        gettext_lazy("Start the clock process; what fell due is done then."),
    ),
    (
        "live",
        gettext_lazy("Live sockets"),
        gettext_lazy("Start the live process; pages reconnect by themselves."),
    ),
)


@health_check("processes", order=10)
def processes(now: datetime) -> list[Finding]:
    """Ask when worker, clock and live were last heard of."""
    last = dict(Heartbeat.objects.values_list("process").annotate(Max("at")))
    return [
        _heard(str(title), last.get(process), now, str(todo)) for process, title, todo in _PROCESSES
    ]


def _heard(title: str, at: datetime | None, now: datetime, todo: str) -> Finding:
    if at is None:
        return Finding(title, BAD, _("never heard of"), todo)
    age = max(now - at, timedelta(0))
    words = (
        _("last heard %(span)s ago") % {"span": span_words(age.total_seconds())}
        if age >= timedelta(minutes=1)
        else _("heard just now")
    )
    state = GOOD if age < QUIET else WARN if age < SILENT else BAD
    return Finding(title, state, words, "" if state == GOOD else todo)


@health_check("database", order=20)
def database(now: datetime) -> list[Finding]:
    """Ask the database for its version and size, and measure one round trip."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute("SELECT 1")
        millis = (time.perf_counter() - started) * 1000
        cursor.execute(
            "SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))"
        )
        version, size = cursor.fetchone()
    words = _("PostgreSQL %(version)s, %(size)s, answers in %(millis)s ms") % {
        "version": version.split(" ")[0],
        "size": size,
        "millis": f"{millis:.1f}",
    }
    if millis < 50:
        return [Finding(_("Database"), GOOD, words)]
    todo = _("Look for long statements in pg_stat_activity and for a full disk.")
    return [Finding(_("Database"), WARN if millis < 500 else BAD, words, todo)]


@health_check("queue", order=30)
def queue(now: datetime) -> list[Finding]:
    """Ask how many tasks are due and how long the oldest has been."""
    due = OrmQ.objects.filter(lock__lt=now)
    oldest = due.aggregate(oldest=Min("lock"))["oldest"]
    if oldest is None:
        return [Finding(_("Task queue"), GOOD, _("nothing waits"))]
    seconds = (now - oldest).total_seconds()
    words = _("%(count)s waiting, the oldest for %(span)s") % {
        "count": due.count(),
        "span": span_words(seconds),
    }
    state = GOOD if seconds < 30 else WARN if seconds < 120 else BAD
    todo = (
        ""
        if state == GOOD
        else _("See whether the worker runs; failed tasks are listed under the machine room.")
    )
    return [Finding(_("Task queue"), state, words, todo)]


@health_check("disk", order=40)
def disk(now: datetime) -> list[Finding]:
    """Ask how much of the disk is free where the data lies."""
    folder = settings.DATA_DIR
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    words = _("%(free)s GB free, %(share)s %%") % {
        "free": f"{usage.free / 2**30:.1f}",
        "share": f"{share * 100:.0f}",
    }
    state = GOOD if share > 0.15 and usage.free > 2 * 2**30 else WARN if usage.free > 2**30 else BAD
    todo = (
        ""
        if state == GOOD
        else _("Make room: old logs under the data folder first. A full disk stops the database.")
    )
    return [Finding(_("Disk"), state, words, todo)]


@health_check("partitions", order=50)
def partitions(now: datetime) -> list[Finding]:
    """Ask for how many months the big tables have partitions ahead, and whether rows lie outside."""
    month = timezone.localtime(now).date().replace(day=1)
    months = [month_after(month, ahead) for ahead in range(1, 4)]
    names = {f"{table}_{day:%Y%m}": table for table in PARTITIONED for day in months}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s)", [list(names)])
        there = {row[0] for row in cursor.fetchall()}
    ahead = min(
        (sum(f"{table}_{day:%Y%m}" in there for day in months) for table in PARTITIONED), default=0
    )
    state = GOOD if ahead >= 2 else WARN if ahead == 1 else BAD
    found = [
        Finding(
            _("Months ahead"),
            state,
            _("%(count)s of 3 made") % {"count": ahead},
            ""
            if state == GOOD
            else _(
                "Start the clock process: it makes them. Until then rows go to the default partition."
            ),
        )
    ]
    outside = [table for table, holds in rows_in_default().items() if holds]
    if outside:
        found.append(
            Finding(
                _("Default partitions"),
                WARN,
                _("rows lie in the default partition of %(tables)s")
                % {"tables": "、".join(outside)},
                _(
                    "Nothing is lost and all of it is readable; move them in a quiet hour (docs/operations.md)."
                ),
            )
        )
    return found


def worst(found: list[Any]) -> str:
    """Return the worst state among findings."""
    return max((it.state for it in found), key=SEVERITY.__getitem__, default=GOOD)
