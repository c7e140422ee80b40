from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import credentials
from accounts.models.people import User
from accounts.models.sessions import Method
from common.ids import public_key, uuid7


class Platform(models.TextChoices):
    """What an app runs on."""

    IOS = "ios", _("iOS")
    ANDROID = "android", _("Android")
    HARMONY = "harmony", _("HarmonyOS")
    DESKTOP = "desktop", _("Desktop")
    OTHER = "other", _("Other")


class DeviceEnd(models.TextChoices):
    """Why a device is signed out."""

    SIGNED_OUT = "signed_out", _("signed out there")
    REVOKED = "revoked", _("ended by the person")
    ENDED = "ended", _("ended by operations")
    PASSWORD = "password", _("password changed")
    ROLES = "roles", _("roles changed")
    CLOSED = "closed", _("account closed")
    REUSED = "reused", _("a spent refresh token came back")
    SECOND_STEP = "second_step", _("second step changed")
    CROWDED = "crowded", _("too many devices")


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, user: User) -> Self:
        """Devices ``user`` may see: one's own; operations and auditors see all."""
        if user.can("people.manage") or user.can("history.read"):
            return self
        return self.filter(user=user)

    def living(self, now: datetime) -> Self:
        """Devices that are signed in at ``now``."""
        return self.filter(ended_at=None, ends_at__gt=now)

    def ended_between(self, since: datetime, until: datetime) -> Self:
        """Devices whose sign-in was ended or ran out in this span."""
        return self.filter(
            Q(ended_at__gt=since, ended_at__lte=until)
            | Q(ended_at=None, ends_at__gt=since, ends_at__lte=until)
        )


class Device(models.Model):
    """One app signed in on one device: a short access token and the refresh token that renews it.

    Each refresh replaces both. Of the tokens before them only hashes stay: for the answer that was
    lost on its way, and for requests that were under way with the old access token.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="devices", verbose_name=_("person"))
    name = models.CharField(_("device"), max_length=64)
    platform = models.CharField(_("platform"), max_length=8, choices=Platform.choices)
    app_version = models.CharField(_("app version"), max_length=32, blank=True)
    method = models.CharField(
        _("proved by"), max_length=20, choices=Method.choices, blank=True, default=Method.UNKNOWN
    )
    signed_in_at = models.DateTimeField(_("signed in at"), default=timezone.now)
    signed_in_address = models.CharField(_("signed in from"), max_length=64, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    last_used_address = models.CharField(_("last used from"), max_length=64, blank=True)
    limit_at = models.DateTimeField(_("ends at the latest"))
    ends_at = models.DateTimeField(_("ends when unused"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(
        _("why it ended"), max_length=12, choices=DeviceEnd.choices, blank=True
    )
    rotated_at = models.DateTimeField(_("tokens of"), default=timezone.now)
    access_hash = models.CharField(max_length=64, editable=False)
    access_until = models.DateTimeField(editable=False)
    refresh_hash = models.CharField(max_length=64, editable=False)
    spent_access_hash = models.CharField(max_length=64, blank=True, editable=False)
    spent_access_until = models.DateTimeField(null=True, editable=False)
    spent_refresh_hash = models.CharField(max_length=64, blank=True, editable=False)
    # There while nobody has used the newest tokens: with it and the spent token they can be told again.
    answer_nonce = models.BinaryField(null=True, editable=False)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed-in device")
        verbose_name_plural = _("signed-in devices")
        indexes = [
            # The socket process looks every two seconds for what was ended and what ran out.
            models.Index(
                name="device_by_ended", fields=["ended_at"], condition=Q(ended_at__isnull=False)
            ),
            models.Index(name="device_by_end", fields=["ends_at"], condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.get_platform_display()}"

    @property
    def key(self) -> str:
        """The id as clients see it."""
        return public_key("dev", self.pk)

    def is_living(self, now: datetime) -> bool:
        """Tell whether this sign-in holds at ``now``: neither ended nor run out, its person still let in."""
        return self.ended_at is None and self.ends_at > now and self.user.is_active

    def why_refused(self, access: str, now: datetime) -> str:
        """Return the code that refuses ``access`` at ``now``, or nothing when it opens."""
        if credentials.matches(access, self.access_hash):
            until = self.access_until
        elif credentials.matches(access, self.spent_access_hash):
            until = self.spent_access_until or now
        else:
            # It is ours and it is old: what it belonged to says why it stopped.
            return "token.expired" if self.is_living(now) else "token.revoked"
        if self.ended_at is not None or not self.user.is_active:
            return "token.revoked"
        return "token.expired" if until <= now or self.ends_at <= now else ""
