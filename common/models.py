import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import uuid7
from common.partitions import register


class Event(models.Model):
    """One line of history (操作记录): who did what to which thing, when and why. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("at"))
    # No database constraint: people may be erased, history keeps the number.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("by"),
    )
    action = models.CharField(_("action"), max_length=64)
    subject_type = models.CharField(_("kind of thing"), max_length=64)
    subject_id = models.CharField(_("number of the thing"), max_length=64)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    reason = models.TextField(_("reason"), blank=True, default="")

    class Meta:
        verbose_name = _("history line")
        verbose_name_plural = _("history")
        indexes = [
            # History tab of one object, newest first.
            models.Index(name="event_of_subject", fields=["subject_type", "subject_id", "id"]),
            # "What did this person do": the auditor's page.
            models.Index(name="event_by_actor", fields=["actor", "id"]),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'history is append-only: % cannot be emptied', TG_TABLE_NAME;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


register("common_event", "id")


class Parameter(models.Model):
    """The value of a business number from a moment on. Rows are added, never changed."""

    key = models.CharField(_("parameter"), max_length=80)
    value = models.JSONField(_("value"))
    effective_from = models.DateTimeField(_("effective from"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    reason = models.TextField(_("reason"))
    created_at = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        verbose_name = _("parameter value")
        verbose_name_plural = _("parameters")
        constraints = [
            models.UniqueConstraint(
                name="parameter_once_per_moment", fields=["key", "effective_from"]
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.key


class Deadline(models.Model):
    """A timer (时限): what happens to a subject at ``due_at``, once. The only timer table there is."""

    kind = models.CharField(_("kind"), max_length=64)
    subject_id = models.CharField(_("number of the thing"), max_length=64)
    due_at = models.DateTimeField(_("due at"))
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    payload = models.JSONField(_("details"), default=dict)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True, default="")
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    created_at = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        constraints = [
            models.UniqueConstraint(name="deadline_once_per_subject", fields=["kind", "subject_id"])
        ]
        indexes = [
            # The clock process claims what is due, earliest first.
            models.Index(
                name="deadline_running",
                fields=["due_at"],
                condition=models.Q(done_at=None, paused_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class Heartbeat(models.Model):
    """The last sign of life of one process (worker, clock, live)."""

    instance = models.CharField(_("instance"), max_length=120, primary_key=True)
    process = models.CharField(_("process"), max_length=16)
    at = models.DateTimeField(_("at"))
    detail = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.instance


class CalendarDay(models.Model):
    """A day on which the official list differs from the weekday: a holiday or a make-up workday (调休)."""

    day = models.DateField(_("day"), primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    is_off = models.BooleanField(_("day off"))
    source = models.CharField(_("source"), max_length=120, blank=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar")

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class ImportRun(models.Model):
    """One file that was loaded (导入): how far it got and what became of its lines."""

    kind = models.CharField(_("kind"), max_length=32)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    size = models.BigIntegerField(_("bytes"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    lines_done = models.BigIntegerField(_("lines done"), default=0)
    inserted = models.BigIntegerField(_("new"), default=0)
    updated = models.BigIntegerField(_("corrected"), default=0)
    unchanged = models.BigIntegerField(_("unchanged"), default=0)
    rejected = models.BigIntegerField(_("rejected"), default=0)
    # The rejects file is cut back to this when an interrupted run goes on.
    rejects_size = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [
            # An interrupted run is found again by its file.
            models.Index(
                name="import_unfinished",
                fields=["kind", "sha256"],
                condition=models.Q(finished_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class BusPayload(models.Model):
    """A message too large for a notification; the notification carries this row's number."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bus payload")
        verbose_name_plural = _("bus payloads")

    def __str__(self) -> str:
        return str(self.id)
