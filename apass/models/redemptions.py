"""What became of the promises: what is left of each, each use, what was given back or given apart."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from apass.models.entitlements import Entitlement
from common.ids import public_key, uuid7


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    def visible_to(self, user: User) -> "RedemptionQuerySet":
        """Redemptions ``user`` may see: one's own; the desk and the back office see all."""
        if user.can("desk.use") or user.can("tickets.see_all"):
            return self
        return self.filter(member__user=user) if user.is_authenticated else self.none()


class Allowance(models.Model):
    """How often a member has used an entitlement in one period; the row that a race is decided on."""

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="+", db_index=False, verbose_name=_("member")
    )
    code = models.SlugField(_("entitlement"), max_length=40)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    used = models.PositiveIntegerField(_("used"), default=0)

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        constraints = [
            models.UniqueConstraint(
                # Also what every answer reads: those of a member whose period still runs.
                name="allowance_once",
                fields=["member", "until", "code"],
            ),
            models.CheckConstraint(name="allowance_forward", condition=Q(until__gt=F("since"))),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.code}"


class Grant(models.Model):
    """An entitlement given to one member apart from rules and packages, up to a date."""

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="+", db_index=False, verbose_name=_("member")
    )
    code = models.SlugField(_("entitlement"), max_length=40)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    parameters = models.JSONField(_("other numbers"), default=dict, blank=True)
    by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("by"),
    )  # fmt: skip
    reason = models.TextField(_("why"))

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(name="grant_forward", condition=Q(until__gt=F("since"))),
        ]
        indexes = [
            # What every answer reads: the grants of a member that still run.
            models.Index(name="grant_of_member", fields=["member", "until"]),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.code}"


class Redemption(models.Model):
    """One use of an entitlement (核销): for what, by whom, and by which version it was promised.

    Never changed: what is given back is a row of its own (``RedemptionRelease``).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(
        Member, models.CASCADE, related_name="redemptions", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, related_name="+", db_index=False,
        verbose_name=_("entitlement"),
    )  # fmt: skip
    code = models.SlugField(_("code"), max_length=40)
    allowance = models.ForeignKey(
        Allowance, models.RESTRICT, related_name="+", db_index=False, verbose_name=_("allowance")
    )
    subject_key = models.CharField(_("for what"), max_length=80)
    idempotency_key = models.CharField(_("idempotency key"), max_length=255)
    parameters = models.JSONField(_("numbers"), default=dict)
    source = models.CharField(_("where it comes from"), max_length=80)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("by"),
    )  # fmt: skip
    reason = models.TextField(_("why"), blank=True)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        constraints = [
            # A retry is found by it.
            models.UniqueConstraint(name="redemption_once", fields=["member", "idempotency_key"]),
        ]
        indexes = [
            # Whether the same thing was served before; what a member used, newest first.
            models.Index(name="redemption_of_subject", fields=["member", "code", "subject_key"]),
        ]
        triggers = [
            # Words that may name somebody are emptied with their member; nothing else changes.
            pgtrigger.ReadOnly(name="append_only", exclude=["reason", "subject_key"])
        ]

    def __str__(self) -> str:
        return self.public_key

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("rdm", self.id)


class RedemptionRelease(models.Model):
    """A redemption given back: it counts no more, and the same thing may be asked for again."""

    redemption = models.OneToOneField(
        Redemption, models.CASCADE, primary_key=True, related_name="release",
        verbose_name=_("redemption"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("by"),
    )  # fmt: skip
    reason = models.TextField(_("why"))

    class Meta:
        verbose_name = _("release of a redemption")
        verbose_name_plural = _("releases of redemptions")

    def __str__(self) -> str:
        return str(self.redemption_id)
