from django.db import models
from django.utils.translation import gettext_lazy as _


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
