"""Long pieces of work: asked for by a person, done in the background in their name, stoppable.

Bulk jobs, exports and imports are rows of three tables that share their states. One lane works on
them, one at a time, slice by slice (``common.admin.lane``); the functions here are what moves them.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_q.tasks import async_task

from common.errors import DomainError, Forbidden
from common.history import record
from common.models import Errand, ErrandState, Export, ImportFile, Job
from common.parameters import value
from common.rights import require_right

Kind = TypeVar("Kind", bound=Errand)

ERRANDS: tuple[type[Errand], ...] = (Job, Export, ImportFile)
LANE = "common.admin.lane.work_on"
LONGEST = 3_600
"""Seconds one turn of the lane may take: a dry run or the last step of a large workbook."""


def wake() -> None:
    """Let the lane look for work when the open transaction has committed."""
    async_task(LANE, timeout=LONGEST, save=False)


@transaction.atomic
def start_job(
    rows: models.QuerySet[Any],
    *,
    listing: str,
    act: str,
    answers: dict[str, Any],
    filters: str,
    by: Any,
    reason: str,
) -> Job:
    """Write down the keys of ``rows`` and let ``act`` be done on each of them in the background.

    ``answers`` are what the action's form was given, as JSON. Raises ``forbidden``,
    ``job.too_many``, ``job.nothing``.
    """
    require_right(by, "admin.bulk")
    job = Job.objects.create(
        by=by,
        listing=listing,
        act=act,
        answers=answers,
        filters=filters,
        reason=reason,
        made_at=timezone.now(),
    )
    most = value("backoffice.bulk_rows")
    keys = rows.order_by("pk").values_list("pk", flat=True)[: most + 1]
    try:
        sql, params = keys.query.sql_with_params()
    except EmptyResultSet:
        raise DomainError("job.nothing", _("Nothing matches any more.")) from None
    with connection.cursor() as cursor:
        # The rows themselves never travel: a hundred thousand keys are written in a second.
        cursor.execute(
            "INSERT INTO common_jobrow (job_id, key, name, fate, said) "
            f"SELECT %s, chosen.pk::text, '', 'waiting', '' FROM ({sql}) chosen(pk) "
            "ON CONFLICT DO NOTHING",
            [job.pk, *params],
        )
        total = cursor.rowcount
    if total > most:
        raise DomainError(
            "job.too_many",
            _("More than %(most)s match. Narrow the list down first.") % {"most": f"{most:,}"},
            most=most,
        )
    if not total:
        raise DomainError("job.nothing", _("Nothing matches any more."))
    job.total = total
    job.save(update_fields=["total"])
    record(
        job,
        "job.started",
        by=by,
        after={"listing": listing, "act": act, "total": total, "filters": filters},
        reason=reason,
    )
    wake()
    return job


@transaction.atomic
def start_export(
    *,
    listing: str,
    query: str,
    columns: list[str],
    file_format: str,
    file_name: str,
    total: int,
    by: Any,
    reason: str,
) -> Export:
    """Let a list be written into a file in the background. Raises ``forbidden``, ``export.too_many``."""
    require_right(by, "admin.export")
    refuse_too_many(total)
    export = Export.objects.create(
        by=by,
        listing=listing,
        query=query,
        columns=columns,
        format=file_format,
        file_name=file_name,
        total=total,
        reason=reason,
        made_at=timezone.now(),
    )
    record(export, "export.asked", by=by, after=_what(export), reason=reason)
    wake()
    return export


@transaction.atomic
def note_export(
    *,
    listing: str,
    query: str,
    columns: list[str],
    file_format: str,
    file_name: str,
    rows: int,
    size: int,
    by: Any,
    reason: str,
) -> Export:
    """Write down an export that was handed out at once. Raises ``forbidden``."""
    require_right(by, "admin.export")
    now = timezone.now()
    export = Export.objects.create(
        by=by,
        listing=listing,
        query=query,
        columns=columns,
        format=file_format,
        file_name=file_name,
        total=rows,
        done=rows,
        size=size,
        state=ErrandState.DONE,
        reason=reason,
        made_at=now,
        finished_at=now,
        fetched_at=now,
    )
    record(export, "export.made", by=by, after=_what(export), reason=reason)
    return export


def refuse_too_many(total: int) -> None:
    """Raise ``export.too_many`` when ``total`` rows are more than one file may hold."""
    most = value("backoffice.export_rows")
    if total > most:
        raise DomainError(
            "export.too_many",
            _("More than %(most)s rows match. Narrow the list down first.") % {"most": f"{most:,}"},
            most=most,
        )


def _what(export: Export) -> dict[str, Any]:
    return {
        "listing": export.listing,
        "query": export.query,
        "columns": export.columns,
        "format": export.format,
        "total": export.total,
    }


@transaction.atomic
def finish_export(export: Export, *, rows: int, size: int) -> None:
    """Say that the file is there, and until when. Its asker alone may fetch it."""
    now = timezone.now()
    export.state = ErrandState.DONE
    export.done = export.total = rows
    export.size, export.finished_at = size, now
    export.expires_at = now + value("backoffice.export_kept")
    export.save(update_fields=["state", "done", "total", "size", "finished_at", "expires_at"])
    record(export, "export.made", by=export.by, after=_what(export), reason=export.reason)


@transaction.atomic
def fetch_export(export: Export, *, by: Any) -> Export:
    """Let the asker have the file. Raises ``forbidden`` for others, ``export.gone`` when it is over."""
    export = Export.objects.select_for_update().get(pk=export.pk)
    if export.by_id != by.pk:
        raise Forbidden()
    require_right(by, "admin.export")
    if export.state != ErrandState.DONE or export.expires_at is None:
        raise DomainError("export.gone", _("This file is not kept any more. Export once more."))
    if export.expires_at <= timezone.now():
        raise DomainError("export.gone", _("This file is not kept any more. Export once more."))
    if export.fetched_at is None:
        export.fetched_at = timezone.now()
        export.save(update_fields=["fetched_at"])
    record(export, "export.fetched", by=by)
    return export


@transaction.atomic
def start_import(
    *,
    kind: str,
    file_name: str,
    size: int,
    form: str,
    encoding: str,
    keep: Callable[[ImportFile], None],
    by: Any,
) -> ImportFile:
    """Take a file that was let in; it is read and tried out in the background. Raises ``forbidden``.

    ``keep`` puts the file where the background looks for it, before anybody can look.
    """
    require_right(by, "admin.import")
    brought = ImportFile.objects.create(
        by=by,
        kind=kind,
        file_name=file_name[-200:],
        size=size,
        form=form,
        encoding=encoding,
        made_at=timezone.now(),
    )
    keep(brought)
    record(brought, "import.brought", by=by, after={"kind": kind, "file": brought.file_name})
    wake()
    return brought


@transaction.atomic
def await_word(brought: ImportFile, *, trouble: object = "") -> bool:
    """Let a file wait until somebody says that it be loaded; False when they asked for an end meanwhile.

    Whoever asks for an end holds the row: either they find it waiting, or their wish is seen here.
    """
    kept = ImportFile.objects.select_for_update().get(pk=brought.pk)
    if kept.stop_asked_at is not None:
        return False
    brought.state, brought.trouble = ErrandState.READY, str(trouble)
    brought.save(update_fields=["state", "trouble"])
    return True


@transaction.atomic
def put_away_import(brought: ImportFile, *, delete: Callable[[ImportFile], None]) -> bool:
    """Delete what is kept of a file whose time is over; False when it has moved on meanwhile.

    ``delete`` removes it from the disk. The record stays.
    """
    kept = ImportFile.objects.select_for_update().get(pk=brought.pk)
    if kept.state != brought.state or kept.is_open:
        return False
    delete(kept)
    kept.size = 0
    kept.save(update_fields=["size"])
    if kept.state == ErrandState.READY:
        end_errand(kept, ErrandState.STOPPED, trouble=_("Nobody let it be loaded."))
    return True


@transaction.atomic
def begin_import(brought: ImportFile, *, reason: str, by: Any) -> ImportFile:
    """Load a file that was tried out. Raises ``forbidden``, ``import.not_ready``, ``import.nothing``."""
    brought = ImportFile.objects.select_for_update().get(pk=brought.pk)
    require_right(by, "admin.import")
    if brought.by_id != by.pk:
        raise Forbidden()
    if brought.state != ErrandState.READY:
        raise DomainError("import.not_ready", _("This file does not wait to be loaded."))
    if brought.inserted + brought.updated == 0:
        raise DomainError("import.nothing", _("No line of this file would change anything."))
    brought.state, brought.step = ErrandState.WAITING, ImportFile.Step.LOAD
    brought.reason, brought.done, brought.served_at = reason, 0, None
    brought.save(update_fields=["state", "step", "reason", "done", "served_at"])
    record(brought, "import.begun", by=by, after={"kind": brought.kind}, reason=reason)
    wake()
    return brought


@transaction.atomic
def stop_errand(errand: Errand, *, by: Any) -> Errand:
    """Ask for an end after the row at hand. A second call changes nothing.

    Raises ``forbidden`` for everybody but the asker, ``errand.over`` when there is nothing to stop.
    """
    errand = type(errand)._default_manager.select_for_update().get(pk=errand.pk)
    if errand.by_id != by.pk and not by.is_superuser:
        raise Forbidden()
    if errand.stop_asked_at is not None:
        return errand
    if not errand.is_open and errand.state != ErrandState.READY:
        raise DomainError("errand.over", _("It has ended already."))
    errand.stop_asked_at = timezone.now()
    errand.save(update_fields=["stop_asked_at"])
    if errand.state == ErrandState.READY:
        end_errand(errand, ErrandState.STOPPED, by=by)
    return errand


@transaction.atomic
def end_errand(errand: Errand, state: str, *, trouble: object = "", by: Any = None) -> None:
    """Write down how it ended: done, stopped or not possible, and why."""
    errand.state, errand.trouble = state, str(trouble)
    errand.finished_at = timezone.now()
    errand.save(update_fields=["state", "trouble", "finished_at"])
    after: dict[str, Any] = {"state": state}
    if isinstance(errand, Job):
        after |= {"changed": errand.changed, "refused": errand.refused}
    noun = {Job: "job", Export: "export", ImportFile: "import"}[type(errand)]
    record(errand, f"{noun}.ended", by=by or errand.by, after=after, reason=errand.trouble)


def next_errand() -> Errand | None:
    """Return the open errand that was not worked on for the longest time, or None."""
    waiting: list[Errand] = []
    for kind in ERRANDS:
        first = (
            kind._default_manager.filter(state__in=[ErrandState.WAITING, ErrandState.RUNNING])
            .select_related("by")
            .order_by(models.F("served_at").asc(nulls_first=True), "id")
            .first()
        )
        if first is not None:
            waiting.append(first)
    return min(waiting, key=_served, default=None)


def _served(errand: Errand) -> float:
    return errand.served_at.timestamp() if errand.served_at else 0.0


def until(seconds: float) -> Callable[[], bool]:
    """Return a question that is answered with yes as long as ``seconds`` have not passed."""
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() < ends


def fields_of(errand: Errand, names: Iterable[str]) -> dict[str, Any]:
    """Return fresh values of some fields."""
    return type(errand)._default_manager.values(*names).get(pk=errand.pk)
