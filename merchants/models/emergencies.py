"""Emergency measures and precedents: what cannot wait for a rule, and what rules are born from."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.ids import public_key, uuid7
from common.models import SearchLine, line_indexes
from merchants.models.rulebook import Rule


class EmergencyState(models.TextChoices):
    """Where an emergency measure is."""

    ACTIVE = "active", _("holds until it is confirmed")
    CONFIRMED = "confirmed", _("confirmed")
    EXPIRED = "expired", _("expired")
    LIFTED = "lifted", _("lifted")


EMERGENCY_HOLDS = (EmergencyState.ACTIVE, EmergencyState.CONFIRMED)
"""States in which a measure has its effect."""


class EmergencyMeasure(models.Model):
    """What is taken off the shelves at once, by a condition (紧急措施): no rule, and never for good.

    It ends by itself at ``expires_at`` unless a second person confirms it until ``confirmed_until``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(_("title"), max_length=120)
    reason = models.TextField(_("reason"))
    subject = models.CharField(_("about"), max_length=10)
    condition = models.JSONField(_("condition"))
    state = models.CharField(
        _("state"), max_length=9, choices=EmergencyState.choices, default=EmergencyState.ACTIVE
    )
    ordered_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("ordered by")
    )
    since = models.DateTimeField(_("since"))
    expires_at = models.DateTimeField(_("expires at"))
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("confirmed by"),
    )  # fmt: skip
    confirmed_until = models.DateTimeField(_("confirmed until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    targets_count = models.PositiveIntegerField(_("things it is about"), default=0)

    class Meta:
        verbose_name = _("emergency measure")
        verbose_name_plural = _("emergency measures")
        constraints = [
            models.CheckConstraint(
                name="emergencymeasure_by_two",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("ordered_by")),
            ),
            models.CheckConstraint(
                name="emergencymeasure_ended",
                condition=Q(state__in=EMERGENCY_HOLDS, ended_at=None)
                | (~Q(state__in=EMERGENCY_HOLDS) & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class EmergencyTarget(models.Model):
    """One product or shop an emergency measure is about, by its number.

    ``acted_at`` is written by the app that owns the thing: when it was taken down for this measure;
    what was down already keeps it empty, and is left as it is when the measure ends.
    """

    measure = models.ForeignKey(
        EmergencyMeasure, models.CASCADE, related_name="targets", db_index=False,
        verbose_name=_("measure"),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=10)
    number = models.CharField(_("number"), max_length=40)
    acted_at = models.DateTimeField(_("taken down at"), null=True, blank=True)

    class Meta:
        verbose_name = _("thing under an emergency measure")
        verbose_name_plural = _("things under emergency measures")
        constraints = [
            models.UniqueConstraint(
                name="emergencytarget_once", fields=["measure", "kind", "number"]
            )
        ]
        indexes = [
            # Which measures hold a thing.
            models.Index(name="emergencytarget_of_thing", fields=["kind", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Precedent(models.Model):
    """A case that was judged and is worth remembering (判例): the facts, the verdict, the rule born from it."""

    prefix = "prc"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(_("title"), max_length=120)
    facts = models.TextField(_("facts"))
    verdict = models.TextField(_("verdict"))
    judged_on = models.DateField(_("judged on"))
    case_no = models.CharField(_("case no."), max_length=60, blank=True, default="")
    rule = models.ForeignKey(
        Rule, models.PROTECT, null=True, blank=True, related_name="precedents",
        verbose_name=_("rule born from it"),
    )  # fmt: skip
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("precedent")
        verbose_name_plural = _("precedents")

    def __str__(self) -> str:
        return self.title

    @property
    def public_id(self) -> str:
        """The name by which the outside knows it."""
        return public_key(self.prefix, self.id)


class PrecedentLine(SearchLine):
    """What a precedent is found by: its title, facts, verdict and number."""

    precedent = models.OneToOneField(
        Precedent, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("precedentline")
