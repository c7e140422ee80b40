"""The one lane of long pieces of work: bulk jobs, exports, imports.

One worker process walks it, so that the other is always free for what cannot wait. Each turn works
for a few seconds on the piece that was served longest ago and hands on. A worker that is killed
loses its database session and with it the lane; the next minute's round takes it up again, and each
kind of work goes on where its last commit was.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from common.admin.exporting import forget_file, forget_strays, work_on_export
from common.admin.importing import forget_import, work_on_import
from common.admin.jobs import work_on_job
from common.errands import end_errand, next_errand, until, wake
from common.errors import DomainError
from common.models import Errand, ErrandState, Export, ImportFile, Job
from common.parameters import value

log = logging.getLogger(__name__)

SLICE_SECONDS = 8.0
LOCK = 7_203_411
MOST_FORGOTTEN = 500
JOBS_KEPT = timedelta(days=90)


def work_on() -> bool:
    """Work for one slice on one errand; tell whether there was one. The task queue runs this."""
    with _lane() as is_ours:
        errand = next_errand() if is_ours else None
        if errand is not None:
            _serve(errand)
    # Asked after the lane is free: who began something meanwhile found it taken.
    if is_ours and next_errand() is not None:
        wake()
    return errand is not None


def go_on() -> bool:
    """Take up what a killed worker left. Scheduled every minute."""
    if next_errand() is None:
        return False
    with _lane() as is_free:
        pass
    if is_free:
        wake()
    return is_free


def clear_errands() -> int:
    """Delete files whose time is over or that nothing needs, and the rows of old jobs. Every ten minutes."""
    now, count = timezone.now(), 0
    for export in Export.objects.filter(expires_at__lte=now)[:MOST_FORGOTTEN]:
        forget_file(export)
        export.expires_at = None
        export.save(update_fields=["expires_at"])
        count += 1
    count += forget_strays(now)
    kept = value("backoffice.import_kept")
    ended = ImportFile.objects.exclude(finished_at=None).filter(finished_at__lt=now - kept)
    left = ImportFile.objects.filter(state=ErrandState.READY, made_at__lt=now - kept)
    for brought in [*ended.filter(size__gt=0)[:MOST_FORGOTTEN], *left[:MOST_FORGOTTEN]]:
        count += forget_import(brought)
    old = Job.objects.filter(finished_at__lt=now - JOBS_KEPT, rows__isnull=False).distinct()
    for job in old[:10]:
        job.rows.all().delete()
        count += 1
    return count


def _serve(errand: Errand) -> None:
    errand.served_at = timezone.now()
    errand.state = ErrandState.RUNNING
    errand.save(update_fields=["served_at", "state"])
    in_time = until(SLICE_SECONDS)
    person: Any = errand.by
    with translation.override(getattr(person, "language", "") or settings.LANGUAGE_CODE):
        try:
            match errand:
                case Job():
                    work_on_job(errand, in_time)
                case Export():
                    work_on_export(errand, in_time)
                case ImportFile():
                    work_on_import(errand)
        except DomainError as refusal:
            _fail(errand, refusal.message)
        except Exception:
            log.exception("%s could not go on", errand.public_id)
            words = _("An error of ours; it is in the log under %(name)s.")
            _fail(errand, words % {"name": errand.public_id})
            raise


def _fail(errand: Errand, trouble: str) -> None:
    if isinstance(errand, Export):
        # Half a list is nobody's, and nothing else would ever delete it.
        forget_file(errand)
    end_errand(errand, ErrandState.FAILED, trouble=trouble)


@contextmanager
def _lane() -> Iterator[bool]:
    """Hold the lane; yields False when another process walks it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (is_ours,) = cursor.fetchone()
        try:
            yield is_ours
        finally:
            if is_ours:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
