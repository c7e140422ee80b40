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
            # Sealed later by the clock (common.chain): writers never wait for one another.
            pgtrigger.Trigger(
                name="to_be_sealed",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="added"),
                func="INSERT INTO common_unsealedevent (event_id, noted_at) "
                "SELECT id, clock_timestamp() FROM added ON CONFLICT DO NOTHING; RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


register("common_event", "id")
