from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workforce.models.teams import Team


class Skill(models.Model):
    """Something one can be good at: goods, a channel, a language (技能)."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class AgentSkill(models.Model):
    """How good somebody is at something, and until when that is certified."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="skills",
        verbose_name=_("person"),
        db_index=False,
    )
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="people", verbose_name=_("skill"))
    level = models.PositiveSmallIntegerField(_("level"))
    certified_until = models.DateField(_("certified until"), null=True, blank=True)

    class Meta:
        verbose_name = _("person's skill")
        verbose_name_plural = _("people's skills")
        constraints = [
            models.UniqueConstraint(name="agentskill_once", fields=["user", "skill"]),
            models.CheckConstraint(
                name="agentskill_1_to_5", condition=Q(level__gte=1, level__lte=5)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.skill} {self.level}"


class TeamSkill(models.Model):
    """What somebody has to be able to, to be given a conversation of a team."""

    team = models.ForeignKey(
        Team, models.CASCADE, related_name="skills", verbose_name=_("team"), db_index=False
    )
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="teams", verbose_name=_("skill"))
    minimum = models.PositiveSmallIntegerField(_("at least level"), default=1)

    class Meta:
        verbose_name = _("skill asked for")
        verbose_name_plural = _("skills asked for")
        constraints = [
            models.UniqueConstraint(name="teamskill_once", fields=["team", "skill"]),
            models.CheckConstraint(
                name="teamskill_1_to_5", condition=Q(minimum__gte=1, minimum__lte=5)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.skill} {self.minimum}"
