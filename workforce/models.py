from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Team(models.Model):
    """A group of agents that shares one queue (技能组)."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    is_default = models.BooleanField(
        _("takes what no other team takes"), default=False, help_text=_("Exactly one team can.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="TeamMembership",
        related_name="teams",
        verbose_name=_("people"),
    )

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                name="team_one_default", fields=["is_default"], condition=models.Q(is_default=True)
            )
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


class Presence(models.TextChoices):
    """Whether an agent takes conversations now (在线 / 小休 / 离线)."""

    ONLINE = "online", _("Taking chats")
    BREAK = "break", _("Break")
    TRAINING = "training", _("Training")
    OFFLINE = "offline", _("Offline")


class AgentStatus(models.Model):
    """An agent's presence and how many conversations they carry at once."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="agent_status",
        verbose_name=_("person"),
    )
    presence = models.CharField(
        _("presence"), max_length=10, choices=Presence.choices, default=Presence.OFFLINE
    )
    since = models.DateTimeField(_("since"), default=timezone.now)
    capacity = models.PositiveSmallIntegerField(_("conversations at once"), default=5)

    class Meta:
        verbose_name = _("agent status")
        verbose_name_plural = _("agent statuses")

    def __str__(self) -> str:
        return f"{self.user} {self.get_presence_display()}"
