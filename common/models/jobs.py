from django.db import models
from django.utils.translation import gettext_lazy as _

from common.models.errands import Errand, waiting_index


class Job(Errand):
    """One action on all rows that matched a filter (批量作业), row by row, in the asker's name."""

    prefix = "job"

    # The list (model label) and the action of its page; both are looked up again in every slice.
    listing = models.CharField(_("list"), max_length=64)
    act = models.CharField(_("action"), max_length=64)
    answers = models.JSONField(_("answers"), default=dict)
    filters = models.TextField(_("filters"), blank=True, default="")
    changed = models.BigIntegerField(_("changed"), default=0)
    refused = models.BigIntegerField(_("left as they are"), default=0)

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")
        indexes = [waiting_index("job_open")]

    def __str__(self) -> str:
        return f"{self.listing} {self.act}"


class JobRow(models.Model):
    """One row of a bulk job: its key as it was when the job was made, and what became of it."""

    class Fate(models.TextChoices):
        """What became of the row; written in the transaction that changed it."""

        WAITING = "waiting", _("waiting")
        CHANGED = "changed", _("changed")
        REFUSED = "refused", _("left as it is")

    job = models.ForeignKey(Job, models.CASCADE, related_name="rows")
    key = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    fate = models.CharField(max_length=8, choices=Fate.choices, default=Fate.WAITING)
    said = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(name="job_row_once", fields=["job", "key"])]
        indexes = [
            # A slice takes the next rows that wait.
            models.Index(
                name="job_row_waiting", fields=["job", "id"], condition=models.Q(fate="waiting")
            ),
            # The result page groups what was refused.
            models.Index(
                name="job_row_refused", fields=["job", "id"], condition=models.Q(fate="refused")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.fate}"
