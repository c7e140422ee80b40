from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import public_key, uuid7


class ErrandState(models.TextChoices):
    """How far a long piece of work has got."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("under way")
    READY = "ready", _("waits for you")
    DONE = "done", _("done")
    STOPPED = "stopped", _("stopped")
    FAILED = "failed", _("not possible")


OPEN = (ErrandState.WAITING, ErrandState.RUNNING)
"""The states in which the background works on it."""


class ErrandQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "ErrandQuerySet":
        """One's own; auditors see everybody's, superusers too."""
        return self if user.can("history.read") else self.filter(by=user)


class Errand(models.Model):
    """A long piece of work that somebody asked for (差事): done in the background, in their name."""

    prefix = "err"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    state = models.CharField(
        _("state"), max_length=8, choices=ErrandState.choices, default=ErrandState.WAITING
    )
    reason = models.TextField(_("reason"), blank=True, default="")
    total = models.BigIntegerField(_("in all"), null=True, blank=True)
    done = models.BigIntegerField(_("finished"), default=0)
    made_at = models.DateTimeField(_("asked for at"))
    served_at = models.DateTimeField(_("last worked on"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    stop_asked_at = models.DateTimeField(_("stop asked at"), null=True, blank=True)
    # Why it was stopped or could not be done, in the words of the person's language.
    trouble = models.TextField(_("why it ended"), blank=True, default="")

    objects: Any = ErrandQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        """The name by which the outside knows it."""
        return public_key(self.prefix, self.id)

    @property
    def is_open(self) -> bool:
        """Tell whether the background has still to work on it."""
        return self.state in OPEN

    @property
    def percent(self) -> int | None:
        """How much is done, 0 to 100; None while nobody knows how much there is."""
        if self.total is None:
            return None
        return 100 if not self.total else min(int(self.done * 100 / self.total), 100)


def waiting_index(name: str) -> models.Index:
    """Return the index by which the background finds what is open, longest unserved first."""
    return models.Index(name=name, fields=["served_at"], condition=models.Q(state__in=list(OPEN)))
