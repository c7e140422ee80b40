from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from workforce import rules


class AuthorityKind(models.TextChoices):
    """What somebody may decide alone, up to a limit."""

    REFUND = rules.REFUND, _("Refund")
    GOODWILL = rules.GOODWILL, _("Goodwill")
    SHOP_CLOSE = rules.SHOP_CLOSE, _("Closing a shop")


class AgentLevel(models.Model):
    """From when on somebody has which level; rows are added, never changed."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="levels",
        verbose_name=_("person"),
        db_index=False,
    )
    level = models.PositiveSmallIntegerField(_("level"))
    began_at = models.DateTimeField(_("from"))

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        constraints = [
            models.CheckConstraint(
                name="agentlevel_1_to_5", condition=Q(level__gte=1, level__lte=5)
            )
        ]
        indexes = [
            # The level somebody had at a moment.
            models.Index(name="agentlevel_of_person", fields=["user", "-began_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.level}"


class QualityMeasureQuerySet(models.QuerySet["QualityMeasure"]):
    def uncounted(self) -> "QualityMeasureQuerySet":
        """Measures to which no count has come: neither one of their month nor a later one of the same person."""
        counted = AuthorityFactor.objects.filter(
            user=OuterRef("user"), month__gte=OuterRef("month")
        )
        return self.exclude(Exists(counted))


class QualityMeasure(models.Model):
    """What was measured of somebody's work in one month."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="quality",
        verbose_name=_("person"),
        db_index=False,
    )
    month = models.DateField(_("month"))
    csat_rate = models.DecimalField(_("satisfied share"), max_digits=5, decimal_places=4)
    qa_score = models.DecimalField(_("inspection score"), max_digits=5, decimal_places=2)
    sample = models.PositiveIntegerField(_("answers counted"))
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = QualityMeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("quality of a month")
        verbose_name_plural = _("measured quality")
        constraints = [
            models.UniqueConstraint(name="quality_once", fields=["user", "month"]),
            models.CheckConstraint(
                name="quality_in_scale",
                condition=Q(csat_rate__gte=0, csat_rate__lte=1, qa_score__gte=0, qa_score__lte=100),
            ),
            models.CheckConstraint(name="quality_first_of_month", condition=Q(month__day=1)),
        ]
        indexes = [
            # The measures of a month that the monthly count has yet to read.
            models.Index(name="quality_by_month", fields=["month", "user"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.month:%Y-%m}"


class AuthorityFactor(models.Model):
    """What one's limits are multiplied with from a moment on, by the month it was measured in."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="authority_factors",
        verbose_name=_("person"),
        db_index=False,
    )
    month = models.DateField(_("month"))
    factor = models.DecimalField(_("factor"), max_digits=4, decimal_places=2)
    why = models.CharField(_("why"), max_length=16)
    began_at = models.DateTimeField(_("from"))

    class Meta:
        verbose_name = _("factor of authority")
        verbose_name_plural = _("factors of authority")
        constraints = [
            models.UniqueConstraint(name="factor_once_a_month", fields=["user", "month"]),
            models.CheckConstraint(name="factor_not_negative", condition=Q(factor__gte=0)),
        ]
        indexes = [
            # The factor in force at a moment.
            models.Index(name="factor_of_person", fields=["user", "-began_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.factor}"


class AuthorityCap(models.Model):
    """An upper bound somebody was given; an empty amount lifts it. Rows are added, never changed."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="authority_caps",
        verbose_name=_("person"),
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=10, choices=AuthorityKind.choices)
    amount = models.DecimalField(_("at most"), max_digits=14, decimal_places=2, null=True)
    began_at = models.DateTimeField(_("from"))

    class Meta:
        verbose_name = _("cap of authority")
        verbose_name_plural = _("caps of authority")
        constraints = [
            models.CheckConstraint(
                name="cap_not_negative", condition=Q(amount=None) | Q(amount__gte=0)
            )
        ]
        indexes = [
            # The cap in force at a moment.
            models.Index(name="cap_of_person", fields=["user", "kind", "-began_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()}"
