from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.ids import uuid7


class CodePurpose(models.TextChoices):
    """What a code to the phone is for."""

    JOIN = "join", _("signing up")
    RESET = "reset", _("a new password")


class OneTimeCode(models.Model):
    """A code sent to a phone to prove who holds it: six digits, ten minutes, five tries, used once.

    There is a row for every request, whether the phone is known or not: limits count rows, and
    nobody learns from them who has an account.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(_("purpose"), max_length=8, choices=CodePurpose.choices)
    phone = models.CharField(_("phone"), max_length=32)
    address = models.CharField(_("address"), max_length=64, blank=True)
    digest = models.CharField(max_length=64, editable=False)
    # The words to send, sealed; emptied once they are sent.
    sealed_text = models.TextField(blank=True, editable=False)
    # What the person typed on the first page: name and password hash.
    payload = models.JSONField(default=dict, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    proved_at = models.DateTimeField(_("proved at"), null=True, blank=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        indexes = [
            # How many codes a phone, and an address, asked for lately.
            models.Index(name="onetimecode_of_phone", fields=["phone", "-made_at"]),
            models.Index(name="onetimecode_of_address", fields=["address", "-made_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class SentText(models.Model):
    """What the simulated provider was given to send: the demo world's phone (收件箱)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    phone = models.CharField(_("phone"), max_length=32)
    text = models.TextField(_("text"))
    at = models.DateTimeField(_("sent at"), default=timezone.now)

    class Meta:
        verbose_name = _("simulated text message")
        verbose_name_plural = _("simulated text messages")

    def __str__(self) -> str:
        return f"{self.phone} {self.at:%H:%M}"


class Invitation(models.Model):
    """A link with which an invited person sets their first password: used once, three days at most."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="invitations",
        verbose_name=_("person"),
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return str(self.user)
