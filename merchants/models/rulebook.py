"""Rules of the marketplace, version by version. Conduct is judged by the version in force at the act."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from common.models import SearchLine, line_indexes
from merchants.models.law import ArticleVersion


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


class SkipGround(models.TextChoices):
    """Why merchants are not asked first; there is no third ground."""

    LAW = "law", _("the law or an authority demands it")
    CONSUMERS = "consumers", _("consumers need protection at once")


ON_ITS_WAY = (
    RuleState.DRAFT,
    RuleState.INTERNAL_REVIEW,
    RuleState.CONSULTATION,
    RuleState.RESULT_PUBLISHED,
    RuleState.NOTICE,
    RuleState.TRIAL,
)
"""States of a version that is not in force yet and may still be."""

PUBLISHED = (
    RuleState.RESULT_PUBLISHED,
    RuleState.NOTICE,
    RuleState.TRIAL,
    RuleState.EFFECTIVE,
    RuleState.SUPERSEDED,
    RuleState.RETIRED,
)
"""States in which what a version says was published and never changes again."""

SETTLED = (RuleState.EFFECTIVE, RuleState.SUPERSEDED, RuleState.RETIRED)
"""States of what is or was in force."""


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

    def published(self) -> "RuleVersionQuerySet":
        """Versions that everybody may read, those no longer in force among them."""
        return self.filter(state__in=PUBLISHED)

    def on_its_way(self) -> "RuleVersionQuerySet":
        """Versions that are being made: one of a rule at most."""
        return self.filter(state__in=ON_ITS_WAY, effective_from=None)


_SAYS = ("rule_id", "number", "text", "violation_class", "points", "condition", "exceptions")
_CHANGED = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in _SAYS)
_SPOKEN = ", ".join(f"'{state}'" for state in PUBLISHED)
_KEEP_WORDS = f"""
IF OLD.state IN ({_SPOKEN}) AND ({_CHANGED}) THEN
    RAISE EXCEPTION 'what version % of a rule says was published and never changes', OLD.id;
END IF;
IF OLD.consulted_text <> '' AND OLD.consulted_text IS DISTINCT FROM NEW.consulted_text THEN
    RAISE EXCEPTION 'what merchants were asked about version % never changes', OLD.id;
END IF;
RETURN NEW;
"""
_KEEP_ROWS = """
IF OLD.state <> 'draft' OR OLD.effective_from IS NOT NULL THEN
    RAISE EXCEPTION 'version % of a rule was shown to others and is kept', OLD.id;
END IF;
RETURN OLD;
"""


class RuleVersion(models.Model):
    """What a rule says from a day on. What was once published is never changed and never deleted.

    ``consulted_text`` is what merchants were asked about; ``text`` is what came of it. ``planned_from``
    is when it is to come into force; ``effective_from`` is written when it does. ``exceptions`` are
    categories and regions it does not touch, for good or until they are phased in
    (``merchants.rulebook.rules.Spared``).
    """

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
    exceptions = models.JSONField(_("exceptions"), default=list, blank=True)
    effective_from = models.DateTimeField(_("effective from"), null=True, blank=True)
    effective_until = models.DateTimeField(_("effective until"), null=True, blank=True)

    made_at = models.DateTimeField(_("drafted at"), null=True, blank=True)
    drafted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("drafted by"),
    )  # fmt: skip
    state_since = models.DateTimeField(_("in this state since"), null=True, blank=True)
    consulted_text = models.TextField(_("text merchants were asked about"), blank=True, default="")
    consultation_began_at = models.DateTimeField(_("consultation began"), null=True, blank=True)
    consultation_ends_at = models.DateTimeField(_("consultation ends"), null=True, blank=True)
    result_due_at = models.DateTimeField(_("result due"), null=True, blank=True)
    result_text = models.TextField(_("what came of the consultation"), blank=True, default="")
    result_published_at = models.DateTimeField(_("result published"), null=True, blank=True)
    notice_at = models.DateTimeField(_("notice given"), null=True, blank=True)
    planned_from = models.DateTimeField(_("to be effective from"), null=True, blank=True)
    trial_from = models.DateTimeField(_("trial from"), null=True, blank=True)
    skip_ground = models.CharField(
        _("not consulted because"),
        max_length=10,
        choices=SkipGround.choices,
        blank=True,
        default="",
    )
    skip_order = models.CharField(_("by order"), max_length=120, blank=True, default="")
    skip_reason = models.TextField(_("why it is not consulted"), blank=True, default="")
    skip_asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("asked by"),
    )  # fmt: skip
    skip_approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("approved by"),
    )  # fmt: skip
    # What the rule is to move, declared with the notice: a measure of ``merchants.rulebook.metrics``.
    target_metric = models.CharField(_("target"), max_length=40, blank=True, default="")
    target_change = models.DecimalField(
        _("change aimed at, in percent"), max_digits=6, decimal_places=1, null=True, blank=True
    )

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
            models.UniqueConstraint(
                name="ruleversion_one_on_its_way",
                fields=["rule"],
                condition=Q(state__in=ON_ITS_WAY, effective_from=None),
            ),
            models.CheckConstraint(
                name="ruleversion_forward",
                condition=Q(effective_until=None) | Q(effective_until__gte=F("effective_from")),
            ),
            models.CheckConstraint(
                name="ruleversion_settled_has_begun",
                condition=~Q(state__in=SETTLED) | Q(effective_from__isnull=False),
            ),
            models.CheckConstraint(
                name="ruleversion_consulted_or_ordered",
                condition=~Q(state__in=["notice", "trial"])
                | Q(result_published_at__isnull=False)
                | Q(skip_approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="ruleversion_skip_by_two",
                condition=Q(skip_approved_by=None) | ~Q(skip_approved_by=F("skip_asked_by")),
            ),
        ]
        indexes = [
            # The page of drafts open for comment, and the clock's look at what is on its way.
            models.Index(name="ruleversion_by_state", fields=["state", "-id"]),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keep_words",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_KEEP_WORDS,
            ),
            pgtrigger.Trigger(
                name="keep_rows",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=_KEEP_ROWS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} {self.number}"

    @property
    def is_published(self) -> bool:
        """Tell whether everybody may read it and nobody may change it."""
        return self.state in PUBLISHED

    def is_open_at(self, now: datetime) -> bool:
        """Tell whether merchants may still say something about it at ``now``."""
        ends = self.consultation_ends_at
        return self.state == RuleState.CONSULTATION and ends is not None and now < ends


class RuleCitation(models.Model):
    """An article of the law that a version of a rule rests on, in the text it had then."""

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="citations", db_index=False,
        verbose_name=_("version"),
    )  # fmt: skip
    article = models.ForeignKey(
        ArticleVersion, models.PROTECT, related_name="rule_citations", verbose_name=_("article")
    )

    class Meta:
        verbose_name = _("article cited by a rule")
        verbose_name_plural = _("articles cited by rules")
        constraints = [
            models.UniqueConstraint(name="rulecitation_once", fields=["version", "article"])
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.article_id}"


class RuleLine(SearchLine):
    """What a version of a rule is found by: its name, code and text."""

    version = models.OneToOneField(
        RuleVersion, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("ruleline")
