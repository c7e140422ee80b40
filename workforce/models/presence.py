from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from workforce import rules


class Presence(models.TextChoices):
    """Whether an agent takes conversations now (在线 / 小休 / 离线); only ``ONLINE`` does."""

    ONLINE = "online", _("Taking chats")
    WRAP_UP = "wrap_up", _("Wrapping up")
    BREAK = "break", _("Break")
    LUNCH = "lunch", _("Lunch")
    MEETING = "meeting", _("Meeting")
    TRAINING = "training", _("Training")
    AWAY = "away", _("Away")
    OFFLINE = "offline", _("Offline")


class PresenceReason(models.TextChoices):
    """Why somebody stands as they do; which fit which presence: ``rules.REASONS``."""

    REST = "rest", _("Rest")
    PERSONAL = "personal", _("Something personal")
    COURSE = "course", _("Course")
    COACHING = "coaching", _("Coaching")
    TEAM_MEETING = "team_meeting", _("Team meeting")
    ONE_ON_ONE = "one_on_one", _("One-on-one talk")
    NOTES = "notes", _("Writing notes")
    CALL_BACK = "call_back", _("Calling back")
    ERRAND = "errand", _("Away from the desk")
    SYSTEM_DOWN = "system_down", _("A system is down")
    LINE_LOST = rules.LINE_LOST, _("Line lost")
    SHIFT_OVER = "shift_over", _("Shift over")
    UNWELL = "unwell", _("Unwell")


class AgentStatus(models.Model):
    """An agent's presence, their level, and how many conversations they carry at once.

    ``capacity`` is set only where it differs from that of the level; what counts in the end is
    :func:`workforce.queries.capacities`, which nobody passes.
    """

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
    reason = models.CharField(
        _("why so"), max_length=16, choices=PresenceReason.choices, blank=True, default=""
    )
    since = models.DateTimeField(_("since"), default=timezone.now)
    level = models.PositiveSmallIntegerField(_("level"), default=1)
    capacity = models.PositiveSmallIntegerField(
        _("conversations at once, their own"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("agent status")
        verbose_name_plural = _("agent statuses")
        constraints = [
            models.CheckConstraint(
                name="agent_level_1_to_5", condition=Q(level__gte=1, level__lte=5)
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_presence_display()}"


class PresenceSpan(models.Model):
    """How somebody stood from when until when; the present one has no end."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="presence_spans",
        verbose_name=_("person"),
        db_index=False,
    )
    presence = models.CharField(_("presence"), max_length=10, choices=Presence.choices)
    reason = models.CharField(
        _("why so"), max_length=16, choices=PresenceReason.choices, blank=True, default=""
    )
    began_at = models.DateTimeField(_("from"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("presence span")
        verbose_name_plural = _("presence by the minute")
        constraints = [
            models.UniqueConstraint(
                name="presence_one_open", fields=["user"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="presence_ends_later",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")),
            ),
        ]
        indexes = [
            # Minutes of a day, by person (desk, team page).
            models.Index(name="presence_of_person", fields=["user", "began_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_presence_display()}"


class AgentLine(models.Model):
    """An agent's open sockets in one process, and when that process last said so.

    A killed process stops saying so: what it held counts as lost from then on.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    process = models.CharField(_("process"), max_length=120)
    sockets = models.PositiveIntegerField(_("sockets"))
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [models.UniqueConstraint(name="line_once", fields=["user", "process"])]
        indexes = [
            # What dead processes left, cleared by the clock.
            models.Index(name="line_seen", fields=["seen_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.process}"
