"""What follows from a decided case: points, measures, the public notice; and what holds for a shop now."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from merchants.models.rulebook import ViolationClass
from merchants.models.shops import Shop
from merchants.models.violations import Violation
from merchants.penalties import rules


class NodeCode(models.TextChoices):
    """A node of points (节点): which consequences run."""

    NONE = "", _("no node")
    A12 = "a12", _("A, each 12 points")
    B12 = "b12", _("B, 12 points")
    C12 = "c12", _("C, 12 points")
    B24 = "b24", _("B, 24 points")
    C24 = "c24", _("C, 24 points")
    B36 = "b36", _("B, 36 points")
    C36 = "c36", _("C, 36 points")
    B48 = "b48", _("B, 48 points")
    C48 = "c48", _("C, 48 points")
    C_STRIKES = "c_strikes", _("C, the last strike")


class MeasureKind(models.TextChoices):
    """What is done to a shop."""

    SHOP_SHIELD = rules.SHOP_SHIELD, _("the shop is not found")
    LISTING_BAN = rules.LISTING_BAN, _("no new listings")
    NEW_SHOP_BAN = rules.NEW_SHOP_BAN, _("no new shop")
    CONTACT_LIMITS = rules.CONTACT_LIMITS, _("mail and community limited")
    PUBLIC_WARNING = rules.PUBLIC_WARNING, _("public warning")
    DELIST_ALL = rules.DELIST_ALL, _("all items delisted")
    SHOP_CLOSE = rules.SHOP_CLOSE, _("shop closed")
    SHOP_REMOVED = rules.SHOP_REMOVED, _("shop removed")
    ACCOUNT_SEAL = rules.ACCOUNT_SEAL, _("account sealed")
    EXPOSURE_BOOST = rules.EXPOSURE_BOOST, _("shown more")


class PointsCause(models.TextChoices):
    """Why points moved."""

    DECISION = "decision", _("a case decided")
    APPEAL = "appeal", _("an appeal")
    CLEARING = "clearing", _("the year's end")


class Penalty(models.Model):
    """The decision of a case (处罚): its points, the node they met, and the time it runs. One a case.

    ``until`` None with a node is for good. ``heard_at`` is the end of the statement period and
    ``is_emergency`` that two people did not wait for it.
    """

    violation = models.OneToOneField(
        Violation, models.PROTECT, related_name="penalty", verbose_name=_("violation")
    )
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="penalties", db_index=False, verbose_name=_("shop")
    )
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=1)
    points_before = models.DecimalField(_("points before"), max_digits=7, decimal_places=1)
    is_strike = models.BooleanField(_("a strike"), default=False)
    node = models.CharField(_("node"), max_length=9, choices=NodeCode.choices, blank=True)
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, related_name="judged", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"))
    heard_at = models.DateTimeField(_("statement until"))
    is_emergency = models.BooleanField(_("emergency"), default=False)
    starts_at = models.DateTimeField(_("in force from"))
    until = models.DateTimeField(_("in force until"), null=True, blank=True)
    begun_at = models.DateTimeField(_("began at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    corrected_at = models.DateTimeField(_("corrected at"), null=True, blank=True)
    exam_score = models.PositiveSmallIntegerField(_("exam, of 100"), null=True, blank=True)
    exam_passed_at = models.DateTimeField(_("exam passed at"), null=True, blank=True)
    notice_due_at = models.DateTimeField(_("public notice due at"), null=True, blank=True)
    published_at = models.DateTimeField(_("public since"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("no longer public since"), null=True, blank=True)
    appeal_until = models.DateTimeField(_("appeal until"))

    class Meta:
        verbose_name = _("penalty")
        verbose_name_plural = _("penalties")
        constraints = [
            # No effect before the shop was heard, but for an emergency.
            models.CheckConstraint(
                name="penalty_after_hearing",
                condition=Q(is_emergency=True) | Q(starts_at__gte=F("heard_at")),
            ),
            models.CheckConstraint(
                name="penalty_after_decision", condition=Q(starts_at__gte=F("decided_at"))
            ),
            models.CheckConstraint(
                name="penalty_begins_in_time",
                condition=Q(begun_at=None) | Q(begun_at__gte=F("starts_at")),
            ),
            models.CheckConstraint(name="penalty_points_not_negative", condition=Q(points__gte=0)),
            models.CheckConstraint(
                name="penalty_forward", condition=Q(until=None) | Q(until__gte=F("starts_at"))
            ),
            models.CheckConstraint(
                name="penalty_exam_of_100",
                condition=Q(exam_score=None) | Q(exam_score__lte=100),
            ),
            models.CheckConstraint(
                name="penalty_public_then_not",
                condition=Q(withdrawn_at=None) | Q(published_at__isnull=False),
            ),
        ]
        indexes = [
            # What runs for a shop, and the replay of its points.
            models.Index(name="penalty_of_shop", fields=["shop", "decided_at"]),
            # The public page: what is on it now, newest first.
            models.Index(
                name="penalty_public",
                fields=["-published_at", "-id"],
                condition=Q(published_at__isnull=False, withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.violation)


class Measure(models.Model):
    """One thing done to a shop, from when until when: by a penalty, or by one of us at once."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="measures", db_index=False, verbose_name=_("shop")
    )
    kind = models.CharField(_("measure"), max_length=14, choices=MeasureKind.choices)
    penalty = models.ForeignKey(
        Penalty, models.PROTECT, null=True, blank=True, related_name="measures",
        verbose_name=_("penalty"),
    )  # fmt: skip
    act = models.ForeignKey(
        "merchants.ShopAct", models.PROTECT, null=True, blank=True, related_name="measures",
        verbose_name=_("what one of us did"),
    )  # fmt: skip
    starts_at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        constraints = [
            models.CheckConstraint(
                name="measure_of_one",
                condition=Q(penalty__isnull=False, act=None) | Q(penalty=None, act__isnull=False),
            ),
            models.CheckConstraint(
                name="measure_forward",
                condition=Q(until=None) | Q(until__gte=F("starts_at")),
            ),
            models.UniqueConstraint(
                name="measure_once_a_penalty",
                fields=["penalty", "kind"],
                condition=Q(penalty__isnull=False),
            ),
        ]
        indexes = [
            # What has not ended for a shop: read at every change.
            models.Index(name="measure_open_of_shop", fields=["shop"], condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class ShopLimits(models.Model):
    """What holds for a shop now: the measures of the heaviest running penalty, and those put by us.

    Derived from penalties and measures; whoever must know asks here. A shop without a row has none.
    What was listed from ``no_new_since`` on is off the shelf while it stands.
    """

    shop = models.OneToOneField(
        Shop, models.PROTECT, primary_key=True, related_name="limits", verbose_name=_("shop")
    )
    measures = ArrayField(
        models.CharField(max_length=14, choices=MeasureKind.choices),
        verbose_name=_("measures"),
        default=list,
    )
    node = models.CharField(_("node"), max_length=9, choices=NodeCode.choices, blank=True)
    no_new_since = models.DateTimeField(_("no new listings since"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("what holds for a shop")
        verbose_name_plural = _("what holds for shops")
        indexes = [
            # Shops of which something holds: lists of products and search leave them out.
            models.Index(name="shoplimits_any", fields=["shop"], condition=~Q(measures=[])),
        ]

    def __str__(self) -> str:
        return str(self.shop)

    def empties(self, added_at: datetime) -> bool:
        """Tell whether what was listed at ``added_at`` is off the shelf."""
        late = self.no_new_since is not None and added_at >= self.no_new_since
        return late or not rules.EMPTYING.isdisjoint(self.measures)


class PointsBalance(models.Model):
    """The points of a shop in one class now: the sum of its entries, cleared through a year."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="points", db_index=False, verbose_name=_("shop")
    )
    violation_class = models.CharField(_("class"), max_length=1, choices=ViolationClass.choices)
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=1, default=0)
    cleared_through = models.PositiveSmallIntegerField(_("cleared through"))

    class Meta:
        verbose_name = _("points of a shop")
        verbose_name_plural = _("points of shops")
        constraints = [
            models.UniqueConstraint(name="pointsbalance_once", fields=["shop", "violation_class"]),
        ]
        indexes = [
            # The year's end finds those not cleared yet.
            models.Index(name="pointsbalance_uncleared", fields=["cleared_through"]),
        ]

    def __str__(self) -> str:
        return f"{self.violation_class} {self.points}"


class PointsEntry(models.Model):
    """One movement of points, never changed: a correction is an entry of its own."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="points_entries", db_index=False, verbose_name=_("shop")
    )
    violation_class = models.CharField(_("class"), max_length=1, choices=ViolationClass.choices)
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=1)
    cause = models.CharField(_("why"), max_length=8, choices=PointsCause.choices)
    cause_key = models.CharField(_("of what"), max_length=40)
    penalty = models.ForeignKey(
        Penalty, models.PROTECT, null=True, blank=True, related_name="entries",
        verbose_name=_("penalty"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("movement of points")
        verbose_name_plural = _("movements of points")
        constraints = [
            # The same cause moves points once.
            models.UniqueConstraint(
                name="pointsentry_once", fields=["shop", "violation_class", "cause", "cause_key"]
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.violation_class} {self.points:+}"


class PointsClearing(models.Model):
    """The clearing of one year's points, on 12-31 at 24:00 Shanghai."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    at = models.DateTimeField(_("at"))
    done_at = models.DateTimeField(_("done at"))
    shops = models.PositiveIntegerField(_("movements"))

    class Meta:
        verbose_name = _("year's clearing of points")
        verbose_name_plural = _("years' clearings of points")

    def __str__(self) -> str:
        return str(self.year)
