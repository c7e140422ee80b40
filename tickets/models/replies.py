from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from workforce.models import Team


class CannedReplyQuerySet(models.QuerySet["CannedReply"]):
    def visible_to(self, user: User) -> "CannedReplyQuerySet":
        """The house's replies, one's teams' and one's own."""
        if not user.can("desk.use"):
            return self.all() if user.can("tickets.see_all") else self.none()
        return self.filter(
            Q(team=None, person=None)
            | Q(team__in=user.memberships.values("team_id"))
            | Q(person=user)
        )


class CannedReply(models.Model):
    """A ready sentence an agent inserts with "/" (快捷话术): of the house, a team or a person.

    ``{greeting}``, ``{name}``, ``{order_no}``, ``{shop}`` and ``{agent}`` are filled in; other
    braces stay as they are.
    """

    shortcut = models.CharField(_("shortcut"), max_length=24)
    title = models.CharField(_("title"), max_length=60)
    body = models.TextField(_("text"), max_length=2000)
    folder = models.CharField(_("folder"), max_length=40, blank=True)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, verbose_name=_("team"))
    person = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="canned_replies",
        verbose_name=_("person"),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects = CannedReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["folder", "shortcut"]
        constraints = [
            models.UniqueConstraint(
                name="canned_once_per_scope",
                fields=["shortcut", "team", "person"],
                nulls_distinct=False,
                violation_error_message=_("This shortcut is taken."),
            ),
            models.CheckConstraint(
                name="canned_one_scope", condition=Q(team=None) | Q(person=None)
            ),
        ]

    def __str__(self) -> str:
        return self.title
