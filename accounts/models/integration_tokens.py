from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from common.ids import public_key, uuid7


class IntegrationTokenQuerySet(models.QuerySet["IntegrationToken"]):
    def visible_to(self, user: User) -> Self:
        """Tokens ``user`` may see: those who manage them and auditors see all, nobody else any."""
        if user.can("tokens.manage") or user.can("history.read"):
            return self
        return self.none()

    def ended_between(self, since: datetime, until: datetime) -> Self:
        """Tokens that were revoked or ran out in this span."""
        return self.filter(
            Q(revoked_at__gt=since, revoked_at__lte=until)
            | Q(revoked_at=None, expires_at__gt=since, expires_at__lte=until)
        )


class IntegrationToken(models.Model):
    """A key by which another system acts for one person, within its scopes and until its day.

    Only the hash of the secret is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(
        _("name"), max_length=64, help_text=_("Which system uses it, and what for.")
    )
    owner = models.ForeignKey(
        User, models.PROTECT, related_name="integration_tokens", verbose_name=_("acts for")
    )
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("allowed"))
    secret_hash = models.CharField(max_length=64, editable=False)
    secret_since = models.DateTimeField(_("secret of"), default=timezone.now)
    issued_at = models.DateTimeField(_("issued at"), default=timezone.now)
    expires_at = models.DateTimeField(_("works until"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    last_used_address = models.CharField(_("last used from"), max_length=64, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = IntegrationTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("integration token")
        verbose_name_plural = _("integration tokens")
        indexes = [
            # The socket process looks every two seconds for what was revoked and what ran out.
            models.Index(
                name="itoken_by_revoked",
                fields=["revoked_at"],
                condition=Q(revoked_at__isnull=False),
            ),
            models.Index(name="itoken_by_end", fields=["expires_at"], condition=Q(revoked_at=None)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The id as it is shown."""
        return public_key("tok", self.pk)

    @property
    def caller(self) -> str:
        """Whose requests are counted together: each token's, not its owner's."""
        return f"token:{self.pk}"

    def why_refused(self, now: datetime) -> str:
        """Return the code that refuses this token at ``now``, or nothing when it opens."""
        if self.revoked_at is not None or not self.owner.is_active:
            return "token.revoked"
        return "token.expired" if self.expires_at <= now else ""
