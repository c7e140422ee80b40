from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptAnswer(models.Model):
    """What was answered to a request with an idempotency key (幂等键): who asks again hears it again."""

    actor = models.CharField(_("who asked"), max_length=80)
    route = models.CharField(_("address"), max_length=160)
    key = models.CharField(_("key"), max_length=255)
    # SHA-256 of the path and of everything that was sent.
    fingerprint = models.BinaryField(_("fingerprint"), max_length=32)
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.TextField(_("answer"), blank=True)
    content_type = models.CharField(_("kind"), max_length=80, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [
            models.UniqueConstraint(name="kept_answer_once", fields=["actor", "route", "key"])
        ]
        indexes = [
            # The hourly upkeep forgets the oldest.
            models.Index(name="kept_answer_oldest", fields=["at"])
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.status}"
