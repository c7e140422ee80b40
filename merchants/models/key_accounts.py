"""Who looks after a shop or a merchant, when they are away, and when they spoke with it."""

import uuid
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.ids import public_key, uuid7
from merchants.models.shops import Merchant, Shop

ONE_ACCOUNT = Q(shop=None, merchant__isnull=False) | Q(shop__isnull=False, merchant=None)


def just(column: str) -> Func:
    """Return a key as the range of itself alone: ranges are what an exclusion can compare as they are."""
    return Func(
        F(column), F(column), Value("[]"), function="int8range", output_field=BigIntegerRangeField()
    )


def _span() -> Func:
    return Func(F("since"), F("until"), function="tstzrange", output_field=DateTimeRangeField())


class ManagerAssignmentQuerySet(models.QuerySet["ManagerAssignment"]):
    def at(self, moment: datetime) -> "ManagerAssignmentQuerySet":
        """Those that hold at ``moment``."""
        return self.filter(Q(until=None) | Q(until__gt=moment), since__lte=moment)

    def of_shop(self, shop: Shop) -> "ManagerAssignmentQuerySet":
        """Those of a shop, its own before those of its merchant."""
        whose = Q(shop=shop)
        if shop.merchant_id is not None:
            whose |= Q(merchant=shop.merchant_id)
        return self.filter(whose).order_by(F("shop").asc(nulls_last=True), "since")

    def visible_to(self, user: User) -> "ManagerAssignmentQuerySet":
        """Those ``user`` works on: an account manager's own and as a deputy, all for operations."""
        if not user.is_authenticated or not user.can("portfolio.use"):
            return self.none()
        if user.can("managers.assign"):
            return self
        return self.filter(Q(manager=user) | Q(deputy=user))

    def for_work_of(self, user: User) -> "ManagerAssignmentQuerySet":
        """Those of the back office: all for whoever may read its list, auditors with them."""
        if user.has_perm("merchants.view_managerassignment"):
            return self
        return self.visible_to(user)


class ManagerAssignment(models.Model):
    """Who looks after a key account (托管关系): a manager and a deputy, from a moment on.

    An account is one shop, or a merchant with all its shops that have nobody of their own. Of one
    account no two hold at the same time; the database sees to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, models.PROTECT, null=True, blank=True, related_name="managers", verbose_name=_("shop")
    )
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, null=True, blank=True, related_name="managers",
        verbose_name=_("merchant"),
    )  # fmt: skip
    manager = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("account manager")
    )
    deputy = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("deputy"))
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = ManagerAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("key account")
        verbose_name_plural = _("key accounts")
        constraints = [
            models.CheckConstraint(name="shopmanager_one_account", condition=ONE_ACCOUNT),
            models.CheckConstraint(
                name="shopmanager_two_people", condition=~Q(manager=F("deputy"))
            ),
            # Equal is one that ended before it began: it never held.
            models.CheckConstraint(
                name="shopmanager_forward",
                condition=Q(until=None) | Q(until__gte=F("since")),
            ),
            # Also what finds the manager of a shop, or of its merchant.
            ExclusionConstraint(
                name="shopmanager_shop_once",
                expressions=[
                    (just("shop"), RangeOperators.EQUAL),
                    (_span(), RangeOperators.OVERLAPS),
                ],
                condition=Q(shop__isnull=False),
            ),
            ExclusionConstraint(
                name="shopmanager_merchant_once",
                expressions=[
                    (just("merchant"), RangeOperators.EQUAL),
                    (_span(), RangeOperators.OVERLAPS),
                ],
                condition=Q(merchant__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.account)

    @property
    def account(self) -> Any:
        """The shop or the merchant."""
        return self.shop if self.shop_id is not None else self.merchant

    @property
    def number(self) -> str:
        """The number of the shop or the merchant."""
        return self.account.shop_no if self.shop_id is not None else self.account.merchant_no

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("mga", self.pk)


class AbsenceReason(models.TextChoices):
    """Why somebody is away; nothing about anybody's health is asked."""

    LEAVE = "leave", _("leave")
    TRAVEL = "travel", _("on business")
    COURSE = "course", _("training")
    OTHER = "other", _("other")


class ManagerAbsenceQuerySet(models.QuerySet["ManagerAbsence"]):
    def holding(self, day: date, at: datetime) -> "ManagerAbsenceQuerySet":
        """Those that hold at ``at``, which is on ``day`` in Shanghai."""
        return self.filter(
            Q(ended_at=None) | Q(ended_at__gt=at), first_day__lte=day, last_day__gte=day
        )


class ManagerAbsence(models.Model):
    """Whole days (Shanghai) on which an account manager is away: the deputy is called instead.

    ``ended_at`` cuts it short: from that moment on they are back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("person")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    why = models.CharField(_("why"), max_length=6, choices=AbsenceReason.choices)
    noted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("noted by")
    )
    noted_at = models.DateTimeField(_("noted at"))
    ended_at = models.DateTimeField(_("back since"), null=True, blank=True)

    objects = ManagerAbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence of an account manager")
        verbose_name_plural = _("absences of account managers")
        constraints = [
            models.CheckConstraint(
                name="managerabsence_forward", condition=Q(last_day__gte=F("first_day"))
            ),
            # Also who is away on a day.
            ExclusionConstraint(
                name="managerabsence_once",
                expressions=[
                    (just("person"), RangeOperators.EQUAL),
                    (
                        Func(
                            F("first_day"), F("last_day"), Value("[]"), function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at=None),
            ),
        ]  # fmt: skip
        indexes = [
            # Who is away on a day, of a handful of people.
            models.Index(name="managerabsence_of_person", fields=["person", "last_day"]),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.first_day}"


class ContactMedium(models.TextChoices):
    """How a manager and a merchant spoke."""

    PHONE = "phone", _("by phone")
    VISIT = "visit", _("a visit")
    CHAT = "chat", _("in a chat")
    MEETING = "meeting", _("a meeting")


class ContactNote(models.Model):
    """What was said with an account, and when the next word is due; it stays when the manager changes.

    Masked when written, never changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("shop"),
    )  # fmt: skip
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("merchant"),
    )  # fmt: skip
    medium = models.CharField(_("how"), max_length=7, choices=ContactMedium.choices)
    text = models.TextField(_("what was said"))
    next_on = models.DateField(_("next contact"), null=True, blank=True)
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("contact with a key account")
        verbose_name_plural = _("contacts with key accounts")
        constraints = [
            models.CheckConstraint(name="contactnote_one_account", condition=ONE_ACCOUNT),
        ]
        indexes = [
            # The last words with an account: the portfolio.
            models.Index(
                name="contactnote_of_shop", fields=["shop", "-at"], condition=Q(merchant=None)
            ),
            models.Index(
                name="contactnote_of_merchant", fields=["merchant", "-at"], condition=Q(shop=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.at:%Y-%m-%d}"
