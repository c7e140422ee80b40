"""The chain that the history hangs on: what it holds at any moment can be proved later."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_APPEND_ONLY = "RAISE EXCEPTION 'the chain is append-only: % cannot be emptied', TG_TABLE_NAME;"


def _append_only() -> list[pgtrigger.Trigger]:
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=_APPEND_ONLY,
        ),
    ]


class ChainLink(models.Model):
    """The seal of one history line (封链): SHA-256 over the seal before it and the line's bytes."""

    position = models.BigIntegerField(_("place in the chain"), primary_key=True)
    # No foreign key: a line deleted behind our back must leave its seal behind.
    event_id = models.UUIDField(_("history line"), unique=True)
    previous = models.BinaryField(_("seal before"), max_length=32)
    hash = models.BinaryField(_("seal"), max_length=32)
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("seal of a history line")
        verbose_name_plural = _("seals of history lines")
        triggers = _append_only()

    def __str__(self) -> str:
        return str(self.position)


class UnsealedEvent(models.Model):
    """A history line that has no seal yet. Written by a trigger, so that late commits are not missed."""

    event_id = models.UUIDField(_("history line"), primary_key=True)
    noted_at = models.DateTimeField(_("written at"), db_default=Now())

    class Meta:
        verbose_name = _("history line without a seal")
        verbose_name_plural = _("history lines without a seal")

    def __str__(self) -> str:
        return str(self.event_id)


class ChainAnchor(models.Model):
    """The head of the chain on one day (锚点); the same line lies in the log and in a file outside."""

    position = models.BigIntegerField(_("place in the chain"))
    hash = models.BinaryField(_("seal"), max_length=32)
    at = models.DateTimeField(_("anchored at"))

    class Meta:
        verbose_name = _("anchor of the history")
        verbose_name_plural = _("anchors of the history")
        triggers = _append_only()

    def __str__(self) -> str:
        return f"{self.position}:{bytes(self.hash).hex()[:12]}"


class HistoryCheck(models.Model):
    """One verification of the history (核验): how far it went and what it found."""

    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    since = models.DateTimeField(_("lines since"), null=True, blank=True)
    lines = models.BigIntegerField(_("lines verified"), default=0)
    # Up to which position the chain was walked.
    position = models.BigIntegerField(_("verified until position"), default=0)
    # Where a check in slices goes on.
    state = models.JSONField(default=dict)
    findings = models.JSONField(_("findings"), default=list)
    trouble_count = models.PositiveIntegerField(_("troubles"), default=0)

    class Meta:
        verbose_name = _("verification of the history")
        verbose_name_plural = _("verifications of the history")

    def __str__(self) -> str:
        return f"{timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"

    @property
    def is_sound(self) -> bool | None:
        """Tell whether nothing was found; None while it runs."""
        return None if self.finished_at is None else not self.trouble_count
