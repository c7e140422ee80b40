"""A shop's scores day by day, as sums and counts from which every figure can be retraced."""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from merchants.models.ratings import Rating
from merchants.models.shops import Shop

STORED = Decimal("0.00001")
"""Scores are kept to five decimals (dsr.store decimals) and shown with one."""


class CountKind(models.TextChoices):
    """How a day was counted."""

    ROLLING = "rolling", _("from the day before")
    WHOLE = "whole", _("from zero")


class DSRDay(models.Model):
    """One day that has been counted, with the window that held and how it was done."""

    day = models.DateField(_("day"), primary_key=True)
    counted_at = models.DateTimeField(_("counted at"))
    kind = models.CharField(_("counted"), max_length=8, choices=CountKind.choices)
    window_days = models.PositiveSmallIntegerField(_("days of the window"))
    shops = models.PositiveIntegerField(_("shops"))
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("day of scores")
        verbose_name_plural = _("days of scores")

    def __str__(self) -> str:
        return self.day.isoformat()


class MoveWhy(models.TextChoices):
    """Why a rating counts differently than on the day it was counted first."""

    LATE = "late", _("came after its day was counted")
    EXCLUDED = "excluded", _("excluded")
    RESTORED = "restored", _("restored")
    WITHDRAWN = "withdrawn", _("withdrawn by its author")
    EDITED = "edited", _("changed by its author")
    SURPLUS = "surplus", _("now beyond the month's number")
    COUNTED = "counted", _("now within the month's number")
    RECOUNTED = "recounted", _("brings other credit, by what changed beside it")


class RatingMove(models.Model):
    """By how much a rating of a counted day adds differently from now on; written by the database.

    It goes into the count of the next day, which is then ``applied_on``.
    """

    rating = models.ForeignKey(
        Rating, models.PROTECT, related_name="moves", verbose_name=_("rating")
    )
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="+", verbose_name=_("shop"), db_index=False,
        db_constraint=False,
    )  # fmt: skip
    day = models.DateField(_("day of the rating"))
    why = models.CharField(_("why"), max_length=9, choices=MoveWhy.choices)
    at = models.DateTimeField(_("at"))
    desc_sum = models.SmallIntegerField(_("sum, as described"))
    desc_count = models.SmallIntegerField(_("count, as described"))
    service_sum = models.SmallIntegerField(_("sum, service"))
    service_count = models.SmallIntegerField(_("count, service"))
    logistics_sum = models.SmallIntegerField(_("sum, logistics"))
    logistics_count = models.SmallIntegerField(_("count, logistics"))
    positive = models.SmallIntegerField(_("positive"))
    neutral = models.SmallIntegerField(_("neutral"))
    negative = models.SmallIntegerField(_("negative"))
    credit = models.SmallIntegerField(_("credit points"))
    applied_on = models.DateField(_("counted on"), null=True, blank=True)

    class Meta:
        verbose_name = _("changed count of a rating")
        verbose_name_plural = _("changed counts of ratings")
        indexes = [
            # What the next day's count has to take in.
            models.Index(name="ratingmove_waiting", fields=["id"], condition=Q(applied_on=None)),
            # What changed a shop's figures between two days.
            models.Index(name="ratingmove_of_shop", fields=["shop", "applied_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.rating_id} {self.why}"


class ShopScore(models.Model):
    """A shop's running figures at the end of the last day counted: sums and counts of what counts.

    One for every shop, made with the shop by the database, so that a day is one update. Rows have
    room to be written anew where they stand. ``credit`` is what all ratings ever brought.
    """

    shop = models.OneToOneField(
        Shop, models.CASCADE, primary_key=True, related_name="score", verbose_name=_("shop")
    )
    desc_sum = models.IntegerField(_("sum, as described"), default=0, db_default=0)
    desc_count = models.IntegerField(_("count, as described"), default=0, db_default=0)
    service_sum = models.IntegerField(_("sum, service"), default=0, db_default=0)
    service_count = models.IntegerField(_("count, service"), default=0, db_default=0)
    logistics_sum = models.IntegerField(_("sum, logistics"), default=0, db_default=0)
    logistics_count = models.IntegerField(_("count, logistics"), default=0, db_default=0)
    positive = models.IntegerField(_("positive"), default=0, db_default=0)
    neutral = models.IntegerField(_("neutral"), default=0, db_default=0)
    negative = models.IntegerField(_("negative"), default=0, db_default=0)
    credit = models.IntegerField(_("credit points"), default=0, db_default=0)

    class Meta:
        verbose_name = _("running score")
        verbose_name_plural = _("running scores")

    def __str__(self) -> str:
        return str(self.shop_id)


class DSRSnapshot(models.Model):
    """A shop's figures written down at the end of a day (店铺动态评分 DSR), to be retraced later.

    The key is the day and the shop in one number, so that a day is written at one end of one index
    and read as one stretch of it. Means are kept to five decimals, empty where nobody scored.
    """

    id = models.BigIntegerField(primary_key=True, editable=False)
    day = models.DateField(_("day"))
    # Without a constraint: asking for each of 100,000 rows takes longer than counting and writing them.
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="snapshots", verbose_name=_("shop"), db_index=False,
        db_constraint=False,
    )  # fmt: skip
    desc_sum = models.IntegerField(_("sum, as described"))
    desc_count = models.IntegerField(_("count, as described"))
    service_sum = models.IntegerField(_("sum, service"))
    service_count = models.IntegerField(_("count, service"))
    logistics_sum = models.IntegerField(_("sum, logistics"))
    logistics_count = models.IntegerField(_("count, logistics"))
    positive = models.IntegerField(_("positive"))
    neutral = models.IntegerField(_("neutral"))
    negative = models.IntegerField(_("negative"))
    credit = models.IntegerField(_("credit points"))
    desc_e5 = models.IntegerField(_("as described, in hundred-thousandths"), null=True)
    service_e5 = models.IntegerField(_("service, in hundred-thousandths"), null=True)
    logistics_e5 = models.IntegerField(_("logistics, in hundred-thousandths"), null=True)

    class Meta:
        verbose_name = _("DSR of a day")
        verbose_name_plural = _("DSR day by day")

    def __str__(self) -> str:
        return f"{self.shop_id} {self.day}"

    @staticmethod
    def key(day: date, shop: int) -> int:
        """Return the key of ``shop`` on ``day``; that of shop 0 begins the day."""
        return (day.toordinal() << 32) | shop

    @property
    def desc_match(self) -> Decimal | None:
        """As described, five decimals."""
        return of_e5(self.desc_e5)

    @property
    def service_attitude(self) -> Decimal | None:
        """Service, five decimals."""
        return of_e5(self.service_e5)

    @property
    def logistics_service(self) -> Decimal | None:
        """Logistics, five decimals."""
        return of_e5(self.logistics_e5)


class Dimension(models.TextChoices):
    """The three dimensions of a score."""

    DESC_MATCH = "desc_match", _("as described")
    SERVICE_ATTITUDE = "service_attitude", _("service")
    LOGISTICS_SERVICE = "logistics_service", _("logistics")


class PeerScore(models.Model):
    """Where the shops of one category stand on a day in one dimension: those with enough ratings."""

    day = models.DateField(_("day"))
    category = models.CharField(_("main category"), max_length=60, blank=True)
    dimension = models.CharField(_("dimension"), max_length=17, choices=Dimension.choices)
    shops = models.PositiveIntegerField(_("shops"))
    mean_e5 = models.IntegerField(_("mean"))
    lowest_e5 = models.IntegerField(_("lowest"))
    highest_e5 = models.IntegerField(_("highest"))

    class Meta:
        verbose_name = _("score of peers")
        verbose_name_plural = _("scores of peers")
        constraints = [
            models.UniqueConstraint(name="peerscore_once", fields=["day", "category", "dimension"])
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.category} {self.dimension}"


def of_e5(hundred_thousandths: int | None) -> Decimal | None:
    """Return a stored score as a number with five decimals."""
    if hundred_thousandths is None:
        return None
    return (Decimal(hundred_thousandths) / 100_000).quantize(STORED)
