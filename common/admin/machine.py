"""The task queue's own tables: for superusers to look at, for nobody to touch."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_q import admin as _theirs  # noqa: F401  (it registers itself; taken back below)
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.decorators import display

from common.admin.base import SuperuserAdmin

for _model in (Failure, OrmQ, Schedule, Success):
    admin.site.unregister(_model)


@admin.register(Schedule)
class ScheduleAdmin(SuperuserAdmin):
    """What runs when. The rows follow ``config.schedules``; anything else is removed."""

    is_small = True
    ordering = ("name",)
    list_display = ("name", "func", "schedule_type", "cron", "minutes", "next_run")
    hidden_fields = ("hook", "repeats", "cluster", "intended_date_kwarg")


@admin.register(OrmQ)
class QueueAdmin(SuperuserAdmin):
    """Tasks that wait or run."""

    list_display = ("task_id", "func", "lock")
    fields = ("key", "lock", "task_id", "name", "func", "args", "kwargs")


class _TaskAdmin(SuperuserAdmin):
    list_display = ("name", "func", "started", "stopped", "attempt_count")
    search_fields = ("=name", "=func")
    fields = ("name", "func", "args", "kwargs", "started", "stopped", "attempt_count", "result")
    succeeded = True

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).filter(success=self.succeeded)


@admin.register(Success)
class SuccessAdmin(_TaskAdmin):
    """Tasks that went well, as long as they are kept."""


@admin.register(Failure)
class FailureAdmin(_TaskAdmin):
    """Tasks that failed or were refused: someone should read these."""

    list_display = ("name", "func", "started", "attempt_count", "words")
    succeeded = False

    @display(description=_("what happened"))
    def words(self, task: Failure) -> str:
        return str(task.result or "")[:120]
