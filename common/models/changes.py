import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _


def stamp_changes() -> pgtrigger.Trigger:
    """Return the trigger that writes into ``changed_at`` when the transaction that writes a row began.

    The database does it, so that no statement can forget it: the batch writer's, a loader's, a hand's.
    """
    return pgtrigger.Trigger(
        name="stamp_changes",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="NEW.changed_at = now(); RETURN NEW;",
    )


class FreshStart(models.Model):
    """The last moment at which many rows of one kind came into sight at once, unstamped.

    Whoever read the changes up to an earlier moment starts from a snapshot again.
    """

    kind = models.CharField(_("kind"), max_length=64, primary_key=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("fresh start")
        verbose_name_plural = _("fresh starts")

    def __str__(self) -> str:
        return self.kind
