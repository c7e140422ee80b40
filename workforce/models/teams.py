from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from workforce.models.calendars import WorkCalendar


class Partner(models.Model):
    """A service partner (SP): a company whose people answer in teams of its own."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("service partners")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class PartnerStaff(models.Model):
    """Somebody who works for a partner: for exactly one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="partner_staff",
        verbose_name=_("person"),
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="staff", verbose_name=_("partner")
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("partner's person")
        verbose_name_plural = _("partners' people")

    def __str__(self) -> str:
        return f"{self.partner} {self.user}"


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: User) -> "TeamQuerySet":
        """Teams ``user`` may know of: a partner's people their partner's, all others every team."""
        if not user.is_partner_agent:
            return self
        return self.of_partner_of(user)

    def of_partner_of(self, user: User) -> "TeamQuerySet":
        """The teams of the partner that ``user`` works for, while it is in use."""
        return self.filter(partner__staff=user.pk, partner__is_active=True)

    def reachable_by(self, user: User) -> "TeamQuerySet":
        """Teams in use to which ``user`` may hand a conversation: their partner's, or back to us."""
        rows = self.filter(is_active=True)
        if not user.is_partner_agent:
            return rows
        back = models.Q(is_default=True, partner=None)
        return rows.filter(back | models.Q(partner__staff=user.pk, partner__is_active=True))


class Team(models.Model):
    """A group of agents that shares one queue (技能组)."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    is_default = models.BooleanField(
        _("takes what no other team takes"), default=False, help_text=_("Exactly one team can.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="teams",
        verbose_name=_("partner"),
    )
    calendar = models.ForeignKey(
        WorkCalendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="teams",
        verbose_name=_("working hours"),
        help_text=_("Left empty, the team is open day and night."),
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="TeamMembership",
        related_name="teams",
        verbose_name=_("people"),
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                name="team_one_default", fields=["is_default"], condition=models.Q(is_default=True)
            ),
            models.CheckConstraint(
                name="team_default_is_ours",
                condition=models.Q(is_default=False) | models.Q(partner=None),
                violation_error_message=_("What no other team takes stays with a team of ours."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def topic(self) -> str:
        """The bus topic of the team's queue."""
        return f"team.{self.code}"


class TeamMembership(models.Model):
    """One person in one team; leads see the whole team's work."""

    team = models.ForeignKey(
        Team, models.CASCADE, related_name="memberships", verbose_name=_("team")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
    )
    is_lead = models.BooleanField(_("leads the team"), default=False)

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = [models.UniqueConstraint(name="membership_once", fields=["team", "user"])]

    def __str__(self) -> str:
        return f"{self.team} {self.user}"
