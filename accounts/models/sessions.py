from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from common.ids import uuid7


class Method(models.TextChoices):
    """How somebody proved who they are."""

    UNKNOWN = "", _("not written down")
    PASSWORD = "password", _("password")
    TOTP = "totp", _("password and app code")
    RECOVERY = "recovery", _("password and recovery code")
    PASSWORD_PASSKEY = "password_passkey", _("password and passkey")
    PASSKEY = "passkey", _("passkey")
    CODE = "code", _("code to the phone")
    INVITATION = "invitation", _("invitation")
    DEMO = "demo", _("demo world, no proof")

    @property
    def is_strong(self) -> bool:
        """Tell whether two things were proved: what one knows or is, and what one has."""
        return self in {self.TOTP, self.RECOVERY, self.PASSWORD_PASSKEY, self.PASSKEY}


class Ended(models.TextChoices):
    """Why a web session ended."""

    SIGNED_OUT = "signed_out", _("signed out")
    BY_PERSON = "by_person", _("ended by the person")
    BY_OPERATIONS = "by_operations", _("ended by operations")
    PASSWORD = "password", _("the password changed")
    ROLES = "roles", _("the roles changed")
    CLOSED = "closed", _("the account was closed")
    SECOND_STEP = "second_step", _("the second step changed")
    REPLACED = "replaced", _("somebody signed in anew in this browser")
    EXPIRED = "expired", _("not used for too long")


class WebSessionQuerySet(models.QuerySet["WebSession"]):
    def visible_to(self, user: User) -> "WebSessionQuerySet":
        """Sessions ``user`` may see: one's own; those who read the history see all."""
        if user.can("people.manage") or user.can("history.read"):
            return self
        return self.filter(user=user) if user.is_authenticated else self.none()

    def going_on(self) -> "WebSessionQuerySet":
        """Sessions that still let somebody in."""
        kept = Session.objects.filter(
            session_key=OuterRef("key_hash"), expire_date__gt=timezone.now()
        )
        return self.filter(Exists(kept), ended_at=None)


class WebSession(models.Model):
    """One browser in which a person is or was signed in; the row stays when the session is gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="web_sessions",
        verbose_name=_("person"),
    )
    key_hash = models.CharField(max_length=40, unique=True, editable=False)
    device_hash = models.CharField(max_length=40, blank=True, editable=False)
    address = models.CharField(_("address"), max_length=64, blank=True)
    browser = models.CharField(_("browser"), max_length=40, blank=True)
    system = models.CharField(_("system"), max_length=40, blank=True)
    method = models.CharField(
        _("proved by"), max_length=20, choices=Method.choices, blank=True, default=Method.UNKNOWN
    )
    signed_in_at = models.DateTimeField(_("signed in at"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_why = models.CharField(
        _("ended because"), max_length=20, choices=Ended.choices, blank=True
    )

    objects = WebSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("web session")
        verbose_name_plural = _("web sessions")
        constraints = [
            models.CheckConstraint(
                name="websession_ended_with_reason",
                condition=models.Q(ended_at=None, ended_why="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_why="")),
            )
        ]
        indexes = [
            # One person's sessions, newest first: the profile, and whether a device is known.
            models.Index(name="websession_of_person", fields=["user", "-signed_in_at"]),
            # How many people came in from one address lately: an office may guess wrong more often.
            models.Index(name="websession_by_address", fields=["address", "-signed_in_at"]),
            # Marking what time has ended reads only what goes on.
            models.Index(
                name="websession_going_on",
                fields=["key_hash"],
                condition=models.Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.device_words}".strip()

    @property
    def device_words(self) -> str:
        """Browser and system in one line, or that nothing is known of them."""
        return " ".join(filter(None, (self.browser, self.system))) or str(_("Unknown device"))
