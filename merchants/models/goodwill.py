"""What a shop gives to make good: its plan with the month's budget, and each gesture."""

from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from common.ids import public_key, uuid7
from merchants.goodwill import rules
from merchants.models.shops import Shop
from merchants.models.staff import shops_of


class GestureKind(models.TextChoices):
    """What is given (domain of promise D15: 打折扣, 免运费, 夹带小礼品, 快速退换货)."""

    COUPON = rules.COUPON, _("Coupon")
    FREIGHT = rules.FREIGHT, _("Freight back")
    GIFT = rules.GIFT, _("Small gift")
    FAST_EXCHANGE = rules.FAST_EXCHANGE, _("Fast exchange")


class GestureState(models.TextChoices):
    """Where a gesture is."""

    OFFERED = rules.OFFERED, _("offered")
    ACCEPTED = rules.ACCEPTED, _("accepted")
    FULFILLED = rules.FULFILLED, _("given")
    DECLINED = rules.DECLINED, _("declined")
    EXPIRED = rules.EXPIRED, _("expired")
    WITHDRAWN = rules.WITHDRAWN, _("withdrawn")


class GoodwillPlan(models.Model):
    """What a shop sets aside for goodwill from a moment on; a change is a further row, never an edit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="goodwill_plans", db_index=False, verbose_name=_("shop")
    )
    month_budget = models.DecimalField(_("budget a month"), max_digits=12, decimal_places=2)
    most_each = models.DecimalField(_("at most each"), max_digits=12, decimal_places=2)
    kinds = ArrayField(
        models.CharField(max_length=13, choices=GestureKind.choices), verbose_name=_("kinds")
    )
    since = models.DateTimeField(_("since"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("goodwill plan")
        verbose_name_plural = _("goodwill plans")
        constraints = [
            # Also what finds the plan in force.
            models.UniqueConstraint(name="goodwillplan_of_shop", fields=["shop", "since"]),
            models.CheckConstraint(
                name="goodwillplan_within",
                condition=Q(month_budget__gte=0, most_each__gte=0)
                & Q(most_each__lte=F("month_budget")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.month_budget}"


class GestureQuerySet(models.QuerySet["Gesture"]):
    def of_shops_of(self, user: User) -> "GestureQuerySet":
        """Gestures of the shops ``user`` works for."""
        return self.filter(shop__in=shops_of(user).values("pk"))

    def of_buyer(self, user: User) -> "GestureQuerySet":
        """Gestures offered to ``user`` as a member."""
        return self.filter(member__user=user) if user.is_authenticated else self.none()

    def for_work_of(self, user: User) -> "GestureQuerySet":
        """Gestures of the back office: none offered to oneself, none of a merchant of one's own."""
        return self.exclude(member__in=user.own_members()).exclude(
            shop__in=shops_of(user).values("pk")
        )


class Gesture(models.Model):
    """One thing a shop offers one buyer to make an order good (安抚), from its own budget.

    The order and the talk are named, not pointed at: both belong to apps above.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="gestures", db_index=False, verbose_name=_("shop")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="gestures", db_index=False, verbose_name=_("member")
    )
    order_no = models.CharField(_("order no."), max_length=40)
    conversation_no = models.CharField(_("conversation no."), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=13, choices=GestureKind.choices)
    amount = models.DecimalField(
        _("cost"), max_digits=12, decimal_places=2,
        help_text=_("What it costs the shop: of a coupon and of freight, what the buyer gets."),
    )  # fmt: skip
    words = models.CharField(_("words to the buyer"), max_length=200)
    state = models.CharField(
        _("state"), max_length=9, choices=GestureState.choices, default=GestureState.OFFERED
    )
    month = models.DateField(_("month of the budget"))
    offered_at = models.DateTimeField(_("offered at"))
    offered_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("offered by")
    )
    holds_until = models.DateTimeField(_("can be accepted until"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    due_at = models.DateTimeField(_("to be given until"), null=True, blank=True)
    is_late = models.BooleanField(_("late"), default=False)
    coupon_code = models.CharField(_("code of the coupon"), max_length=16, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    proof = models.CharField(
        _("proof"), max_length=80, blank=True,
        help_text=_("The order a coupon was used for, the payment, or the parcel."),
    )  # fmt: skip

    objects = GestureQuerySet.as_manager()

    class Meta:
        verbose_name = _("gesture of goodwill")
        verbose_name_plural = _("gestures of goodwill")
        constraints = [
            models.CheckConstraint(name="gesture_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="gesture_answered_at_a_moment",
                condition=Q(state__in=[rules.ACCEPTED, rules.FULFILLED], answered_at__isnull=False)
                | ~Q(state__in=[rules.ACCEPTED, rules.FULFILLED]),
            ),
            models.CheckConstraint(
                name="gesture_ended_at_a_moment",
                condition=Q(state__in=rules.RUNNING, ended_at=None)
                | (~Q(state__in=rules.RUNNING) & Q(ended_at__isnull=False)),
            ),
            # The same thing is not offered twice for one order while the first offer runs or was given.
            models.UniqueConstraint(
                name="gesture_once_for_an_order",
                fields=["shop", "order_no", "kind"],
                condition=Q(state__in=rules.SPENT),
            ),
            models.UniqueConstraint(
                name="gesture_coupon_once", fields=["coupon_code"], condition=~Q(coupon_code="")
            ),
        ]
        indexes = [
            # A shop's gestures, newest first.
            models.Index(name="gesture_of_shop", fields=["shop", "-id"]),
            # What counts against the budget of a month.
            models.Index(
                name="gesture_of_month",
                fields=["shop", "month"],
                include=["amount"],
                condition=Q(state__in=rules.SPENT),
            ),
            # What was offered to a member: their page, the limit of a month, erasure.
            models.Index(name="gesture_of_member", fields=["member", "-id"]),
            # What a shop still has to give: its list of things to do.
            models.Index(
                name="gesture_to_give", fields=["shop", "due_at"], condition=Q(state=rules.ACCEPTED)
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.public_key

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("gst", self.pk)

    @property
    def worth(self) -> Decimal | None:
        """What the buyer gets in money: of a gift and an exchange, nothing that is money."""
        return self.amount if self.kind in (rules.COUPON, rules.FREIGHT) else None
