"""Who works for a merchant, and what they may do in the merchants' rooms."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from merchants.models.shops import Merchant, Shop


class StaffRight(models.TextChoices):
    """What somebody of a merchant may do beside looking."""

    ANSWER = "answer", _("state and appeal")
    VOTE = "vote", _("comment and vote on drafts of rules")
    SPEND = "spend", _("give from the shop's budget")
    STAFF = "staff", _("manage accounts")


class StaffAccountQuerySet(models.QuerySet["StaffAccount"]):
    def current(self) -> "StaffAccountQuerySet":
        """Accounts that have not ended."""
        return self.filter(ended_at=None)

    def of(self, user: User, right: str = "") -> "StaffAccountQuerySet":
        """The current accounts of ``user``, with ``right`` when one is named."""
        rows = self.current().filter(user=user)
        return rows.filter(rights__contains=[right]) if right else rows


class StaffAccount(models.Model):
    """Somebody who works for a merchant (商家子账号): all its shops, with the rights named."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="staff_accounts", verbose_name=_("person")
    )
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="staff", verbose_name=_("merchant")
    )
    rights = ArrayField(
        models.CharField(max_length=8, choices=StaffRight.choices),
        verbose_name=_("rights"),
        default=list,
        blank=True,
    )
    since = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = StaffAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff account")
        verbose_name_plural = _("staff accounts")
        constraints = [
            models.UniqueConstraint(
                name="staffaccount_once", fields=["user", "merchant"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="staffaccount_forward",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.merchant_id}"


def shops_of(user: User, right: str = "") -> "models.QuerySet[Shop]":
    """Return the shops that ``user`` works for, with ``right`` when one is named."""
    accounts = StaffAccount.objects.of(user, right)
    return Shop.objects.filter(merchant__in=accounts.values("merchant"))
