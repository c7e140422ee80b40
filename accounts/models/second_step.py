from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.ids import uuid7


class Totp(models.Model):
    """A person's code app: the secret, sealed, and the last code that was used."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="totp", verbose_name=_("person")
    )
    sealed_secret = models.TextField(editable=False)
    # The 30-second step of the newest accepted code: each code opens once.
    last_step = models.BigIntegerField(default=0, editable=False)
    made_at = models.DateTimeField(_("set up at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("code app")
        verbose_name_plural = _("code apps")

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """One of the ten codes for the day the phone is lost; only a digest is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="recovery_codes",
        verbose_name=_("person"),
    )
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [models.UniqueConstraint(name="recoverycode_once", fields=["user", "digest"])]

    def __str__(self) -> str:
        return f"{self.user} {self.pk}"


class Passkey(models.Model):
    """A key pair whose private half lives in a phone, a computer or a stick (通行密钥)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="passkeys",
        verbose_name=_("person"),
    )
    name = models.CharField(_("name"), max_length=40)
    credential_id = models.BinaryField(unique=True, editable=False)
    # WebAuthn's attested credential data: authenticator, id and public key in one.
    credential = models.BinaryField(editable=False)
    sign_count = models.BigIntegerField(default=0, editable=False)
    made_at = models.DateTimeField(_("added at"), default=timezone.now)
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        ordering = ("made_at",)

    def __str__(self) -> str:
        return self.name


class ChallengeKind(models.TextChoices):
    """What an open question is about."""

    STEP = "step", _("second step")
    PASSKEY = "passkey", _("sign-in by passkey")
    ENROL = "enrol", _("a new passkey")
    PROVE = "prove", _("proving it again")


class SignInChallenge(models.Model):
    """A question that waits for its answer: short-lived, answered once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=ChallengeKind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    state = models.JSONField(default=dict, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("sign-in challenge")
        verbose_name_plural = _("sign-in challenges")
        indexes = [
            # Forgetting what nobody answered.
            models.Index(name="signinchallenge_by_age", fields=["expires_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
