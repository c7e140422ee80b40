"""Working on a bulk job: the same action as for one row, row by row, in the asker's name."""

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from common.admin.acts import Act
from common.admin.asking import page_of, request_of
from common.admin.bulk import goes_in_bulk
from common.errands import end_errand, fields_of
from common.errors import DomainError
from common.models import ErrandState, Job, JobRow

log = logging.getLogger(__name__)

AT_A_TIME = 20
"""Rows between two looks at whether the person still may and still wants it."""
MOST_ERRORS = 20


def work_on_job(job: Job, in_time: Any) -> None:
    """Do some more rows; when none waits any more, the job is done."""
    page = page_of(job.listing)
    act = act_of(page, job)
    while in_time():
        request = request_of(_as_now(job), job.listing)
        if trouble := why_not(job, page, act, request):
            end_errand(job, ErrandState.STOPPED, trouble=trouble)
            return
        assert act is not None  # else there was trouble
        answers = answers_of(act, job, request)
        if answers is None:
            trouble = _("The answers do not hold any more: what was chosen is no longer there.")
            end_errand(job, ErrandState.STOPPED, trouble=trouble)
            return
        waiting = list(
            job.rows.filter(fate=JobRow.Fate.WAITING)
            .order_by("pk")
            .values_list("pk", flat=True)[:AT_A_TIME]
        )
        if not waiting:
            job.refresh_from_db(fields=["changed", "refused"])
            end_errand(job, ErrandState.DONE)
            return
        errors = sum(not _did(job, pk, page, act, request, answers) for pk in waiting)
        if errors == len(waiting) == MOST_ERRORS:
            trouble = _("Twenty rows in a row ended in an error of ours; it is in the log.")
            end_errand(job, ErrandState.FAILED, trouble=trouble)
            return


def act_of(page: Any, job: Job) -> Act | None:
    """Return the action of a job as the page declares it today, None when it does not."""
    return next((act for act in getattr(page, "acts", []) if act.name == job.act), None)


def why_not(job: Job, page: Any, act: Act | None, request: HttpRequest) -> str:
    """Say why the job may not go on; empty when it may."""
    person: Any = request.user
    if page is None or act is None or not goes_in_bulk(act):
        return _("This action does not exist any more.")
    rights = ("admin.bulk", act.right)
    if not all(map(person.can, rights)) or not page.has_view_permission(request):
        return _("You may not do this any more. The rows that were left are as they were.")
    if fields_of(job, ["stop_asked_at"])["stop_asked_at"] is not None:
        return _("Stopped by whoever asked for it.")
    return ""


def answers_of(act: Act, job: Job, request: HttpRequest) -> dict[str, Any] | None:
    """Return the answers as the action takes them, asked of the form anew; None when it refuses."""
    given = QueryDict(mutable=True)
    for name, texts in job.answers.items():
        given.setlist(name, texts)
    form = act.form(given, request=request, subjects=[])
    return form.cleaned_data if form.is_valid() else None


def _as_now(job: Job) -> Any:
    """Return the asker with the rights of this moment."""
    return type(job.by)._default_manager.get(pk=job.by_id)


def _did(
    job: Job, pk: int, page: Any, act: Act, request: HttpRequest, answers: dict[str, Any]
) -> bool:
    """Do one row in a transaction that also writes its fate: once, whatever is killed when."""
    try:
        with transaction.atomic():
            row = JobRow.objects.select_for_update().get(pk=pk)
            if row.fate == JobRow.Fate.WAITING:
                _do(job, row, page, act, request, answers)
    except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        log.exception("job %s could not do row %s", job.public_id, pk)
        with transaction.atomic():
            row = JobRow.objects.select_for_update().get(pk=pk)
            words = _("An error of ours; it is in the log under %(job)s.") % {"job": job.public_id}
            _note(job, row, JobRow.Fate.REFUSED, words)
        return False
    return True


def _do(
    job: Job, row: JobRow, page: Any, act: Act, request: HttpRequest, answers: dict[str, Any]
) -> None:
    try:
        thing = page.get_queryset(request).filter(pk=row.key).first()
    except ValidationError:
        thing = None
    if thing is None:
        _note(job, row, JobRow.Fate.REFUSED, _("It is no longer there, or no longer yours to see."))
        return
    row.name = page.title_of(request, thing)[:200]
    try:
        with act.transaction():
            act.run(page, request, thing, answers)
    except DomainError as refusal:
        _note(job, row, JobRow.Fate.REFUSED, refusal.message)
    else:
        _note(job, row, JobRow.Fate.CHANGED, "")


def _note(job: Job, row: JobRow, fate: str, said: str) -> None:
    row.fate, row.said = fate, said
    row.save(update_fields=["fate", "said", "name"])
    changed = int(fate == JobRow.Fate.CHANGED)
    Job.objects.filter(pk=job.pk).update(
        done=F("done") + 1, changed=F("changed") + changed, refused=F("refused") + 1 - changed
    )
