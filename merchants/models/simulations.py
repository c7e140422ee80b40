"""Measured before and after: what a rule would hit, and whether it moved what it was made for."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from merchants.models.rulebook import RuleVersion


class SimulationState(models.TextChoices):
    """How far a simulation has got."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("under way")
    DONE = "done", _("done")
    FAILED = "failed", _("not possible")


class RuleSimulation(models.Model):
    """A version's condition asked of what happened in the last days: by whom, when, and what it hit.

    ``condition`` and ``exceptions`` are as they were then: a draft is changed afterwards. ``spared``
    are hits that an exception takes out.
    """

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="simulations", verbose_name=_("version")
    )
    days = models.PositiveSmallIntegerField(_("days looked back"))
    condition = models.JSONField(_("condition"))
    exceptions = models.JSONField(_("exceptions"), default=list)
    asked_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"))
    reason = models.TextField(_("reason"), blank=True, default="")
    state = models.CharField(
        _("state"), max_length=8, choices=SimulationState.choices, default=SimulationState.WAITING
    )
    since = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    looked_at = models.BigIntegerField(_("looked at"), default=0)
    hits = models.BigIntegerField(_("hit"), default=0)
    spared = models.BigIntegerField(_("spared"), default=0)
    money = models.DecimalField(_("money hit"), max_digits=16, decimal_places=2, default=0)
    shops = models.PositiveIntegerField(_("shops hit"), default=0)
    seconds = models.FloatField(_("seconds"), default=0)
    trouble = models.TextField(_("why it was not possible"), blank=True, default="")

    class Meta:
        verbose_name = _("simulation of a rule")
        verbose_name_plural = _("simulations of rules")
        indexes = [
            # What waits to be run, the oldest first.
            models.Index(
                name="rulesimulation_waiting",
                fields=["id"],
                condition=Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.asked_at:%Y-%m-%d %H:%M}"


class SimulationHit(models.Model):
    """What a simulation hit in one shop, region or category, or one exception spared."""

    class By(models.TextChoices):
        """By what hits are counted."""

        SHOP = "shop", _("shop")
        REGION = "region", _("region")
        CATEGORY = "category", _("category")
        EXCEPTION = "exception", _("exception")

    simulation = models.ForeignKey(
        RuleSimulation, models.CASCADE, related_name="rows", db_index=False,
        verbose_name=_("simulation"),
    )  # fmt: skip
    by = models.CharField(_("by"), max_length=9, choices=By.choices)
    # A shop's key, a region, a category, or the place of an exception in the list.
    key = models.CharField(_("which"), max_length=60, blank=True)
    hits = models.BigIntegerField(_("hit"))
    spared = models.BigIntegerField(_("spared"))
    money = models.DecimalField(_("money hit"), max_digits=16, decimal_places=2)

    class Meta:
        verbose_name = _("hit of a simulation")
        verbose_name_plural = _("hits of simulations")
        indexes = [
            # The hardest hit of one kind first.
            models.Index(name="simulationhit_page", fields=["simulation", "by", "-hits"]),
        ]

    def __str__(self) -> str:
        return f"{self.simulation_id} {self.by} {self.key}"


class EffectReview(models.Model):
    """Whether a rule moved its target after so many days: measured before it began, and since.

    ``moved`` is empty until it is measured, and when there was too little to judge.
    """

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="reviews", db_index=False,
        verbose_name=_("version"),
    )  # fmt: skip
    days = models.PositiveSmallIntegerField(_("days after"))
    due_at = models.DateTimeField(_("due"))
    metric = models.CharField(_("target"), max_length=40)
    target_change = models.DecimalField(
        _("change aimed at, in percent"), max_digits=6, decimal_places=1
    )
    before = models.DecimalField(
        _("before"), max_digits=14, decimal_places=6, null=True, blank=True
    )
    before_size = models.BigIntegerField(_("cases before"), null=True, blank=True)
    after = models.DecimalField(_("after"), max_digits=14, decimal_places=6, null=True, blank=True)
    after_size = models.BigIntegerField(_("cases after"), null=True, blank=True)
    change = models.DecimalField(
        _("change in percent"), max_digits=10, decimal_places=1, null=True, blank=True
    )
    moved = models.BooleanField(_("moved"), null=True, blank=True)
    measured_at = models.DateTimeField(_("measured at"), null=True, blank=True)

    class Meta:
        verbose_name = _("effect review of a rule")
        verbose_name_plural = _("effect reviews of rules")
        constraints = [
            models.UniqueConstraint(name="effectreview_once", fields=["version", "days"]),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.days}"


class EndProposal(models.Model):
    """A proposal to end a rule that did not do what it was made for, and what a person decided."""

    version = models.OneToOneField(
        RuleVersion, models.CASCADE, related_name="end_proposal", verbose_name=_("version")
    )
    review = models.ForeignKey(
        EffectReview, models.CASCADE, related_name="+", db_index=False, verbose_name=_("review")
    )
    made_at = models.DateTimeField(_("proposed at"))
    ends = models.BooleanField(_("ended"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, default="")

    class Meta:
        verbose_name = _("proposal to end a rule")
        verbose_name_plural = _("proposals to end rules")
        constraints = [
            models.CheckConstraint(
                name="endproposal_decided_by_somebody",
                condition=Q(ends=None, decided_by=None, decided_at=None)
                | Q(ends__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.version_id)
