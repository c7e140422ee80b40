"""Rollouts: what is opened step by step, to whom, by whose decision, and who has met it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Tier, User
from apass.rollouts import rules

SUBJECT_CHARACTERS = 48


class SubjectKind(models.TextChoices):
    """Whom a rollout is for."""

    MEMBER = "member", _("members")
    SHOP = "shop", _("shops")


class Cohort(models.Model):
    """A group that has a name: a list (蜂王店铺), or a rule over tier and day of registration."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    subject_kind = models.CharField(_("who"), max_length=8, choices=SubjectKind.choices)
    is_list = models.BooleanField(
        _("by list"), default=True, help_text=_("Named one by one; else by the rule below.")
    )
    tiers = ArrayField(
        models.CharField(max_length=8, choices=Tier.choices),
        verbose_name=_("tiers"),
        default=list,
        blank=True,
    )
    registered_from = models.DateTimeField(_("registered from"), null=True, blank=True)
    registered_until = models.DateTimeField(_("registered before"), null=True, blank=True)
    # Counts every change of the list: processes read it anew when it has moved.
    revision = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        constraints = [
            models.CheckConstraint(
                name="cohort_list_or_rule",
                condition=Q(is_list=False)
                | Q(tiers=[], registered_from=None, registered_until=None),
                violation_error_message=_("A list has no rule. Leave tiers and days empty."),
            ),
            models.CheckConstraint(
                name="cohort_forward",
                condition=Q(registered_from=None)
                | Q(registered_until=None)
                | Q(registered_until__gt=F("registered_from")),
                violation_error_message=_("The end must lie after the beginning."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CohortMember(models.Model):
    """Somebody on the list of a cohort, by key."""

    cohort = models.ForeignKey(
        Cohort, models.CASCADE, related_name="members", db_index=False, verbose_name=_("cohort")
    )
    subject = models.CharField(_("subject"), max_length=SUBJECT_CHARACTERS)
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("member of a cohort")
        verbose_name_plural = _("members of cohorts")
        constraints = [
            # Also what decisions read: the list of one cohort.
            models.UniqueConstraint(name="cohortmember_once", fields=["cohort", "subject"])
        ]

    def __str__(self) -> str:
        return self.subject


class RolloutState(models.TextChoices):
    """Where a rollout stands."""

    DRAFT = rules.DRAFT, _("not begun")
    RUNNING = rules.RUNNING, _("widening")
    HELD = rules.HELD, _("held")
    BACK = rules.BACK, _("taken back")
    FINISHED = rules.FINISHED, _("finished")


class ServiceKind(models.TextChoices):
    """What is opened."""

    ENTITLEMENT = "entitlement", _("entitlement")
    BOT = "bot", _("bot")
    FEATURE = "feature", _("page or function")


class Rollout(models.Model):
    """A service that is opened step by step (试点 → 灰度 → 全量). ``reached`` stages are open."""

    code = models.SlugField(
        _("code"),
        max_length=40,
        unique=True,
        help_text=_("What is opened: the code of the feature, the entitlement or the bot."),
    )
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    kind = models.CharField(_("what"), max_length=12, choices=ServiceKind.choices)
    subject_kind = models.CharField(_("for whom"), max_length=8, choices=SubjectKind.choices)
    salt = models.CharField(_("salt"), max_length=40, editable=False)
    owner = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("owner"),
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=8, choices=RolloutState.choices, default=RolloutState.DRAFT
    )
    reached = models.PositiveSmallIntegerField(_("stage"), default=0)
    holdout_share = models.PositiveSmallIntegerField(
        _("holdout"),
        default=0,
        help_text=_("Hundredths of a percent who stay outside at every stage: 500 is 5 %."),
    )
    holdout_released_at = models.DateTimeField(_("holdout let in at"), null=True, blank=True)
    stage_since = models.DateTimeField(_("at this stage since"), null=True, blank=True)
    stepped_back_at = models.DateTimeField(_("stepped back at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"))
    # Counts every change that decisions depend on: processes read it anew when it has moved.
    revision = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        constraints = [
            models.CheckConstraint(
                name="rollout_holdout_is_a_part",
                condition=Q(holdout_share__lte=rules.BUCKETS // 2),
                violation_error_message=_("At most half may be kept outside."),
            ),
            models.CheckConstraint(
                name="rollout_nobody_before_it_begins",
                condition=~Q(state__in=[rules.DRAFT, rules.BACK]) | Q(reached=0),
            ),
            models.CheckConstraint(
                name="rollout_holdout_let_in_when_finished",
                condition=Q(holdout_released_at=None) | ~Q(state=rules.DRAFT),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StageKind(models.TextChoices):
    """To whom a stage opens."""

    NAMED = rules.NAMED, _("named pilots")
    SHARE = rules.SHARE, _("share of a cohort")
    TIERS = rules.TIERS, _("tiers")
    EVERYBODY = rules.EVERYBODY, _("everybody")


class RolloutStage(models.Model):
    """One step of a rollout: whom it adds to those of the steps before."""

    rollout = models.ForeignKey(
        Rollout, models.CASCADE, related_name="stages", db_index=False, verbose_name=_("rollout")
    )
    position = models.PositiveSmallIntegerField(_("place"))
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    kind = models.CharField(_("to whom"), max_length=8, choices=StageKind.choices)
    cohort = models.ForeignKey(
        Cohort, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cohort")
    )
    share = models.PositiveSmallIntegerField(_("share"), default=0)
    tiers = ArrayField(
        models.CharField(max_length=8, choices=Tier.choices),
        verbose_name=_("tiers"),
        default=list,
        blank=True,
    )
    subjects = ArrayField(
        models.CharField(max_length=SUBJECT_CHARACTERS),
        verbose_name=_("subjects"),
        default=list,
        blank=True,
    )
    # How many are in once this stage is reached, when it was counted last; the held out are not.
    counted = models.PositiveIntegerField(_("in by then"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("stage of a rollout")
        verbose_name_plural = _("stages of rollouts")
        constraints = [
            models.UniqueConstraint(name="rolloutstage_place_once", fields=["rollout", "position"]),
            models.CheckConstraint(
                name="rolloutstage_says_to_whom",
                condition=Q(kind=rules.EVERYBODY)
                | Q(kind=rules.TIERS) & ~Q(tiers=[])
                | Q(kind=rules.SHARE, share__gte=1, share__lte=rules.BUCKETS)
                | Q(kind=rules.NAMED) & (~Q(subjects=[]) | Q(cohort__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ChangeState(models.TextChoices):
    """What became of a proposed step."""

    WAITING = "waiting", _("waiting for a second person")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")


class StageChange(models.Model):
    """A step proposed by one person and decided by another, with the figures of that moment."""

    rollout = models.ForeignKey(
        Rollout, models.CASCADE, related_name="changes", verbose_name=_("rollout")
    )
    from_stage = models.PositiveSmallIntegerField(_("from"))
    to_stage = models.PositiveSmallIntegerField(_("to"))
    state = models.CharField(
        _("state"), max_length=8, choices=ChangeState.choices, default=ChangeState.WAITING
    )
    proposed_by = models.ForeignKey(
        User, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+",
        verbose_name=_("proposed by"),
    )  # fmt: skip
    proposed_at = models.DateTimeField(_("proposed at"))
    reason = models.TextField(_("why"))
    decided_by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        verbose_name = _("step of a rollout")
        verbose_name_plural = _("steps of rollouts")
        constraints = [
            models.UniqueConstraint(
                name="stagechange_one_waits", fields=["rollout"], condition=Q(state="waiting")
            ),
            models.CheckConstraint(
                name="stagechange_two_people",
                condition=~Q(state="approved") | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="stagechange_decided_has_a_moment",
                condition=Q(state="waiting", decided_at=None)
                | ~Q(state="waiting") & Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"


class MetricSnapshot(models.Model):
    """One metric of one side at the moment a step was proposed; ``size`` 0 is "nobody yet"."""

    change = models.ForeignKey(
        StageChange, models.CASCADE, related_name="figures", db_index=False, verbose_name=_("step")
    )
    metric = models.CharField(_("metric"), max_length=40)
    arm = models.CharField(_("side"), max_length=8)
    size = models.PositiveIntegerField(_("how many"))
    mean = models.FloatField(_("mean"), null=True)
    spread = models.FloatField(_("standard deviation"), null=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("figure of a step")
        verbose_name_plural = _("figures of steps")
        constraints = [
            models.UniqueConstraint(name="metricsnapshot_once", fields=["change", "metric", "arm"])
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.arm}"


class Direction(models.TextChoices):
    """On which side of its threshold a guardrail holds."""

    AT_MOST = rules.AT_MOST, _("at most")
    AT_LEAST = rules.AT_LEAST, _("at least")


class Guardrail(models.Model):
    """A figure of those let in that must not pass a threshold; when it does, the rollout steps back."""

    rollout = models.ForeignKey(
        Rollout, models.CASCADE, related_name="guardrails", db_index=False,
        verbose_name=_("rollout"),
    )  # fmt: skip
    metric = models.CharField(_("metric"), max_length=40)
    direction = models.CharField(_("must be"), max_length=8, choices=Direction.choices)
    threshold = models.FloatField(_("threshold"))
    window = models.DurationField(_("window"))
    smallest = models.PositiveIntegerField(_("smallest sample"))
    measured = models.FloatField(_("measured"), null=True)
    sample = models.PositiveIntegerField(_("sample"), default=0)
    measured_at = models.DateTimeField(_("measured at"), null=True)
    tripped_at = models.DateTimeField(_("tripped at"), null=True)

    class Meta:
        verbose_name = _("guardrail")
        verbose_name_plural = _("guardrails")
        constraints = [
            models.UniqueConstraint(
                name="guardrail_once", fields=["rollout", "metric", "direction"],
                violation_error_message=_("There is such a guardrail already."),
            ),
            models.CheckConstraint(name="guardrail_has_a_sample", condition=Q(smallest__gte=1)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.metric


class Exposure(models.Model):
    """The first time somebody met a rollout, on which side. One row per rollout and subject.

    Whoever was outside and is let in later moves to the treated side, once, with a new moment.
    """

    pk = models.CompositePrimaryKey("rollout_id", "subject")
    rollout = models.ForeignKey(
        Rollout, models.CASCADE, related_name="exposures", db_index=False,
        verbose_name=_("rollout"),
    )  # fmt: skip
    subject = models.CharField(_("subject"), max_length=SUBJECT_CHARACTERS)
    arm = models.CharField(_("side"), max_length=8)
    stage = models.PositiveSmallIntegerField(_("stage"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("exposure")
        verbose_name_plural = _("exposures")

    def __str__(self) -> str:
        return self.subject


class RolloutPromise(models.Model):
    """What somebody was promised while they were inside: it holds after a step back."""

    rollout = models.ForeignKey(
        Rollout, models.CASCADE, related_name="promises", db_index=False,
        verbose_name=_("rollout"),
    )  # fmt: skip
    subject = models.CharField(_("subject"), max_length=SUBJECT_CHARACTERS)
    stage = models.PositiveSmallIntegerField(_("stage"))
    given_at = models.DateTimeField(_("given at"))
    until = models.DateTimeField(_("holds until"), null=True, blank=True)

    class Meta:
        verbose_name = _("promise of a rollout")
        verbose_name_plural = _("promises of rollouts")
        constraints = [
            # Also what decisions read after a step back: the promises of one rollout.
            models.UniqueConstraint(name="rolloutpromise_once", fields=["rollout", "subject"]),
            models.CheckConstraint(
                name="rolloutpromise_forward",
                condition=Q(until=None) | Q(until__gt=F("given_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class RolloutDecline(models.Model):
    """Somebody who does not want to try it: out, whatever the stage."""

    rollout = models.ForeignKey(
        Rollout, models.CASCADE, related_name="declines", db_index=False,
        verbose_name=_("rollout"),
    )  # fmt: skip
    subject = models.CharField(_("subject"), max_length=SUBJECT_CHARACTERS)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("decline")
        verbose_name_plural = _("declines")
        constraints = [
            models.UniqueConstraint(name="rolloutdecline_once", fields=["rollout", "subject"])
        ]

    def __str__(self) -> str:
        return self.subject
