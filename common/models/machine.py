from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import uuid7


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
