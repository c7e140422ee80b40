"""Appeals against penalties, their rulings, and what was given back."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from merchants.models.penalties import Penalty
from merchants.models.rulebook import Rule
from merchants.models.shops import Shop
from merchants.models.staff import shops_of
from merchants.penalties import rules


class AppealState(models.TextChoices):
    """Where an appeal is; moves are ``rules.APPEAL_MOVES``."""

    FILED = rules.FILED, _("in review")
    SENT_BACK = rules.SENT_BACK, _("papers are missing")
    RULED = rules.RULED, _("ruled")
    LAPSED = rules.LAPSED, _("lapsed: the papers did not come")


class Outcome(models.TextChoices):
    """How an appeal was ruled."""

    UPHELD = rules.UPHELD, _("upheld: it stays as it is")
    REDUCED = rules.REDUCED, _("reduced")
    REVOKED = rules.REVOKED, pgettext_lazy("of a penalty", "revoked")


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, user: User) -> "AppealQuerySet":
        """Appeals ``user`` may see as the house does: all but those of a merchant of their own."""
        own_shops = shops_of(user).values("pk") if user.is_authenticated else Shop.objects.none()
        office = user.can("admin.use") and user.has_perm("merchants.view_appeal")
        if office or user.can("penalties.decide"):
            return self.exclude(penalty__shop__in=own_shops)
        return self.none()


class Appeal(models.Model):
    """A shop's appeal against a penalty (申诉), once; masked when written.

    The shop's days run from the decision and stop while we review: ``shop_left`` is what is left of
    them at that moment. ``due_at`` is ours while it is filed, the shop's while papers are missing.
    """

    penalty = models.OneToOneField(
        Penalty, models.PROTECT, related_name="appeal", verbose_name=_("penalty")
    )
    state = models.CharField(_("state"), max_length=9, choices=AppealState.choices)
    text = models.TextField(_("appeal"))
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    filed_at = models.DateTimeField(_("filed at"))
    came_at = models.DateTimeField(_("in review since"))
    shop_left = models.DurationField(_("days the shop has left"))
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    missing = models.TextField(_("missing papers"), blank=True)
    is_late = models.BooleanField(_("late"), default=False)
    extended_at = models.DateTimeField(_("extended at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints = [
            # Nothing is without a clock while it is open.
            models.CheckConstraint(
                name="appeal_open_has_a_clock",
                condition=Q(
                    state__in=[rules.FILED, rules.SENT_BACK], due_at__isnull=False, closed_at=None
                )
                | Q(state__in=[rules.RULED, rules.LAPSED], due_at=None, closed_at__isnull=False),
            ),
            models.CheckConstraint(name="appeal_forward", condition=Q(came_at__gte=F("filed_at"))),
        ]
        indexes = [
            # The back office's list by state, newest first.
            models.Index(name="appeal_by_state", fields=["state", "-id"]),
        ]

    def __str__(self) -> str:
        return str(self.penalty)


class Ruling(models.Model):
    """The one final decision about an appeal, by somebody who had not touched the case."""

    appeal = models.OneToOneField(
        Appeal, models.PROTECT, primary_key=True, related_name="ruling", verbose_name=_("appeal")
    )
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome.choices)
    points_before = models.DecimalField(_("points before"), max_digits=6, decimal_places=1)
    points_after = models.DecimalField(_("points after"), max_digits=6, decimal_places=1)
    reason = models.TextField(_("reason"))
    # The law or the precedent that was cited, by article and version.
    citation = models.CharField(_("cited"), max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="rulings", verbose_name=_("judge"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")
        constraints = [
            models.CheckConstraint(
                name="ruling_fits_its_points",
                condition=Q(outcome=rules.UPHELD, points_after=F("points_before"))
                | Q(outcome=rules.REDUCED, points_after__lt=F("points_before"))
                | Q(outcome=rules.REVOKED, points_after=0),
            ),
        ]

    def __str__(self) -> str:
        return self.get_outcome_display()


class Restored(models.Model):
    """One thing an appeal gave back: what it was under the penalty, and what it is again."""

    appeal = models.ForeignKey(
        Appeal, models.PROTECT, related_name="restored", verbose_name=_("appeal")
    )
    what = models.CharField(_("what"), max_length=24)
    about = models.CharField(_("of"), max_length=40, blank=True)
    before = models.JSONField(_("under the penalty"), default=dict)
    after = models.JSONField(_("given back"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("thing given back")
        verbose_name_plural = _("things given back")
        constraints = [
            models.UniqueConstraint(name="restored_once", fields=["appeal", "what", "about"]),
        ]

    def __str__(self) -> str:
        return self.what


class RuleRecord(Rule):
    """A rule with what became of the penalties by it."""

    class Meta:
        proxy = True
        verbose_name = _("appeals by rule")
        verbose_name_plural = _("appeals by rule")


class JudgeRecord(User):
    """Somebody who decides, with what became of their decisions."""

    class Meta:
        proxy = True
        verbose_name = _("appeals by judge")
        verbose_name_plural = _("appeals by judge")
