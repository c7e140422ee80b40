from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.devices import Device
from accounts.models.integration_tokens import IntegrationToken
from accounts.models.people import User
from common.ids import uuid7


class SocketTicket(models.Model):
    """Lets one socket in once, within seconds, as whoever asked for it. Taking it deletes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket_hash = models.CharField(max_length=64, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("person"))
    # What the socket hangs on: exactly one of the three.
    # A browser's session key, sealed: it stands nowhere in plain.
    sealed_session = models.TextField(blank=True, editable=False)
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="+")
    integration_token = models.ForeignKey(
        IntegrationToken, models.CASCADE, null=True, related_name="+"
    )
    expires_at = models.DateTimeField(_("works until"))

    class Meta:
        verbose_name = _("socket ticket")
        verbose_name_plural = _("socket tickets")
        indexes = [
            # Forgetting what nobody took.
            models.Index(name="socketticket_by_end", fields=["expires_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="socketticket_hangs_on_one",
                condition=(
                    models.Q(device=None, integration_token=None) & ~models.Q(sealed_session="")
                )
                | models.Q(sealed_session="", device__isnull=False, integration_token=None)
                | models.Q(sealed_session="", device=None, integration_token__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
