"""Rules of the marketplace, version by version. Conduct is judged by the version in force at the act."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RuleFamily(models.TextChoices):
    """What a rule is about (规则)."""

    TRADE = "trade", _("trade")
    REVIEW = "review", _("ratings and reviews")
    LISTING = "listing", _("listing of products")
    MARKETING = "marketing", _("marketing")


class RuleState(models.TextChoices):
    """Where a version of a rule is on its way."""

    DRAFT = "draft", _("draft")
    INTERNAL_REVIEW = "internal_review", _("internal review")
    CONSULTATION = "consultation", _("consultation")
    RESULT_PUBLISHED = "result_published", _("result published")
    NOTICE = "notice", _("notice before effect")
    TRIAL = "trial", _("trial")
    EFFECTIVE = "effective", _("in force")
    SUPERSEDED = "superseded", _("superseded")
    RETIRED = "retired", _("retired")
    DROPPED = "dropped", _("dropped")


class ViolationClass(models.TextChoices):
    """How grave a violation is."""

    A = "A", _("A, ordinary")
    B = "B", _("B, serious")
    C = "C", _("C, counterfeit")


class Rule(models.Model):
    """A rule by its name; what it says stands in its versions."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    family = models.CharField(_("family"), max_length=10, choices=RuleFamily.choices)
    title = models.CharField(pgettext_lazy("of a thing", "name"), max_length=80)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.title


class RuleVersionQuerySet(models.QuerySet["RuleVersion"]):
    def in_force(self, at: datetime) -> "RuleVersionQuerySet":
        """Versions by which conduct at ``at`` is judged: at most one of each rule."""
        return self.filter(effective_from__lte=at).filter(
            Q(effective_until=None) | Q(effective_until__gt=at)
        )


class RuleVersion(models.Model):
    """What a rule says from a day on. What was once published is never changed and never deleted."""

    rule = models.ForeignKey(
        Rule, models.PROTECT, related_name="versions", verbose_name=_("rule"), db_index=False
    )
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(
        _("state"), max_length=16, choices=RuleState.choices, default=RuleState.DRAFT
    )
    text = models.TextField(_("text"))
    violation_class = models.CharField(
        _("class"), max_length=1, choices=ViolationClass.choices, blank=True
    )
    # What an act under this version may cost: one of these. Empty: it costs no points.
    points = ArrayField(
        models.DecimalField(max_digits=6, decimal_places=1),
        verbose_name=_("points"),
        default=list,
        blank=True,
    )
    condition = models.JSONField(_("condition"), default=dict, blank=True)
    effective_from = models.DateTimeField(_("effective from"), null=True, blank=True)
    effective_until = models.DateTimeField(_("effective until"), null=True, blank=True)

    objects = RuleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of rules")
        constraints = [
            models.UniqueConstraint(name="ruleversion_once", fields=["rule", "number"]),
            models.UniqueConstraint(
                name="ruleversion_one_open",
                fields=["rule"],
                condition=Q(effective_from__isnull=False, effective_until=None),
            ),
            models.CheckConstraint(
                name="ruleversion_forward",
                condition=Q(effective_until=None) | Q(effective_until__gte=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} {self.number}"
