"""A shop's experience score day by day (店铺体验分), the metrics behind it, and early warnings.

What was read of a day's metrics is kept as it was read; ranks and scores follow from those rows and
can be computed from them anew. A figure that arrives later moves the next day's score, not that day's.
"""

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from merchants.experience import rules
from merchants.models.shops import Shop


class ExperienceDimension(models.TextChoices):
    """What a metric is about."""

    PRODUCT = rules.PRODUCT, _("product")
    LOGISTICS = rules.LOGISTICS, pgettext_lazy("part of a score", "logistics")
    AFTER_SALE = rules.AFTER_SALE, _("after-sale")
    DISPUTE = rules.DISPUTE, _("disputes")
    CONSULT = rules.CONSULT, pgettext_lazy("part of a score", "consultation")
    EXTRA = rules.EXTRA, _("extra services")


class ExperienceCount(models.Model):
    """One day whose experience scores have been counted."""

    day = models.DateField(_("day"), primary_key=True)
    counted_at = models.DateTimeField(_("counted at"))
    metrics = models.PositiveSmallIntegerField(_("metrics with data"))
    shops = models.PositiveIntegerField(_("shops"))
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("day of experience scores")
        verbose_name_plural = _("days of experience scores")

    def __str__(self) -> str:
        return self.day.isoformat()


class PeerMetric(models.Model):
    """One metric on a day in one category: how many shops have enough of a sample, and their mean.

    Dimension, direction and least sample are those of the day, so that ranks can be retraced.
    """

    day = models.DateField(_("day"))
    category = models.CharField(_("main category"), max_length=60, blank=True)
    metric = models.CharField(_("metric"), max_length=40)
    dimension = models.CharField(_("dimension"), max_length=10, choices=ExperienceDimension.choices)
    is_lower_better = models.BooleanField(_("lower is better"))
    least = models.PositiveIntegerField(_("least sample"))
    shops = models.PositiveIntegerField(_("shops"))
    mean = models.DecimalField(_("mean"), max_digits=16, decimal_places=6, null=True)

    class Meta:
        verbose_name = _("metric of peers")
        verbose_name_plural = _("metrics of peers")
        constraints = [
            models.UniqueConstraint(name="peermetric_once", fields=["day", "category", "metric"]),
            models.CheckConstraint(
                name="peermetric_mean_of_some",
                condition=Q(shops=0, mean=None) | Q(shops__gt=0, mean__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.category} {self.metric}"


class ShopMetricDay(models.Model):
    """One metric of one shop on a day, and where it stands among its peers.

    ``worse`` and ``level`` (how many peers do worse, and the same) and the score in
    hundred-thousandths are empty while the sample is too small.
    """

    peers = models.ForeignKey(
        PeerMetric, models.CASCADE, related_name="of_shops", verbose_name=_("peers"),
        db_index=False, db_constraint=False,
    )  # fmt: skip
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="metric_days", verbose_name=_("shop"),
        db_index=False, db_constraint=False,
    )  # fmt: skip
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=6)
    sample = models.PositiveIntegerField(_("sample"))
    worse = models.PositiveIntegerField(_("peers doing worse"), null=True)
    level = models.PositiveIntegerField(_("peers doing the same"), null=True)
    score_e5 = models.IntegerField(_("score, in hundred-thousandths"), null=True)

    class Meta:
        verbose_name = _("metric of a shop")
        verbose_name_plural = _("metrics of shops")
        constraints = [
            models.UniqueConstraint(name="shopmetricday_once", fields=["peers", "shop"]),
            models.CheckConstraint(
                name="shopmetricday_ranked_whole",
                condition=Q(worse=None, level=None, score_e5=None)
                | Q(
                    worse__isnull=False, level__isnull=False,
                    score_e5__range=(rules.LOWEST, rules.HIGHEST),
                ),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.shop_id} {self.value}"


class ExperienceDay(models.Model):
    """A shop's experience score at the end of a day, among the shops of one category."""

    day = models.DateField(_("day"))
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="experience_days", verbose_name=_("shop"),
        db_index=False, db_constraint=False,
    )  # fmt: skip
    category = models.CharField(_("main category"), max_length=60, blank=True)
    preset = models.CharField(
        _("weights"), max_length=1, choices=[("a", _("preset A")), ("b", _("preset B"))]
    )
    metrics = models.PositiveSmallIntegerField(_("metrics of its own"))
    score = models.DecimalField(_("score"), max_digits=3, decimal_places=2)

    class Meta:
        verbose_name = _("experience score")
        verbose_name_plural = _("experience scores")
        constraints = [
            # Also one shop's score on some days.
            models.UniqueConstraint(name="experienceday_once", fields=["day", "shop"]),
            models.CheckConstraint(
                name="experienceday_3_to_5", condition=Q(score__gte=3, score__lte=5)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.day} {self.score}"


class WarningColour(models.TextChoices):
    """How near a shop is to what follows."""

    AMBER = rules.AMBER, _("amber")
    RED = rules.RED, _("red")


def _point(expression: object) -> Func:
    """Return a number as a range of itself alone: so an exclusion needs no operator of another house."""
    return Func(expression, expression, Value("[]"), function="int8range")


class ExperienceWarning(models.Model):
    """An early warning (预警) to a shop: one metric beyond one line. Once per metric and colour until ``until``."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="warnings", verbose_name=_("shop"), db_index=False
    )
    metric = models.CharField(_("metric"), max_length=40)
    colour = models.CharField(_("colour"), max_length=5, choices=WarningColour.choices)
    day = models.DateField(_("day"))
    until = models.DateField(_("not again before"))
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=6)
    line = models.DecimalField(
        pgettext_lazy("of a warning", "line"), max_digits=16, decimal_places=6
    )
    at = models.DateTimeField(_("at"))
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    class Meta:
        verbose_name = _("early warning")
        verbose_name_plural = _("early warnings")
        constraints = [
            models.CheckConstraint(
                name="experiencewarning_forward", condition=Q(until__gt=F("day"))
            ),
            # Two of one shop, metric and colour never share a day of their time.
            ExclusionConstraint(
                name="experiencewarning_once_a_week",
                expressions=[
                    (_point(F("shop")), RangeOperators.OVERLAPS),
                    (
                        _point(
                            Func(
                                Concat(F("metric"), Value(":"), F("colour")),
                                function="hashtextextended",
                                template="hashtextextended(%(expressions)s, 0)",
                                output_field=models.BigIntegerField(),
                            )
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func(F("day"), F("until"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            # A shop's warnings, newest first.
            models.Index(name="experiencewarning_of_shop", fields=["shop", "-id"]),
            # Those nobody was told of yet.
            models.Index(name="experiencewarning_untold", fields=["id"], condition=Q(told_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.metric} {self.colour}"

    @property
    def gap(self) -> Decimal:
        """How far the value is beyond the line, signed as the value is."""
        return self.value - self.line
