from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SignInGuard(models.Model):
    """Wrong passwords in a row: for one account name from one address, and for the name from anywhere."""

    account = models.CharField(_("account"), max_length=64)
    address = models.CharField(_("address"), max_length=64, blank=True)
    failures = models.PositiveSmallIntegerField(_("wrong in a row"), default=0)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    failed_at = models.DateTimeField(_("last wrong at"), default=timezone.now)

    class Meta:
        verbose_name = _("sign-in lock")
        verbose_name_plural = _("sign-in locks")
        constraints = [
            models.UniqueConstraint(name="signinguard_once", fields=["account", "address"])
        ]
        indexes = [
            # Forgetting what nobody tried for a day.
            models.Index(name="signinguard_by_age", fields=["failed_at"]),
        ]

    def __str__(self) -> str:
        return self.account
