from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _


class SearchLine(models.Model):
    """What one thing says, as it is searched: normalised, with the sounds of names; written by the index alone.

    ``words`` are found by any part, ``sounds`` by the beginnings of their words, ``hidden``
    by whole words alone, and only by who may. ``at`` orders what is found. Lines are derived: they can be thrown away
    and written anew.
    """

    at = models.DateTimeField()
    words = models.TextField()
    sounds = models.TextField(blank=True, default="")
    hidden = models.TextField(blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.words[:40]


def line_indexes(name: str) -> list[models.Index]:
    """Return the indexes of a table of lines: by pairs of characters, and newest first."""
    return [
        GinIndex(
            Func("words", "sounds", "hidden", function="common_grams"), name=f"{name}_by_grams"
        ),
        models.Index(name=f"{name}_newest", fields=["-at"]),
    ]


class SearchChange(models.Model):
    """Things that changed and whose lines are not written yet; noted by triggers, in the same transaction."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=24)
    keys = ArrayField(models.TextField(), verbose_name=_("things"))

    class Meta:
        verbose_name = _("change to be indexed")
        verbose_name_plural = _("changes to be indexed")

    def __str__(self) -> str:
        return f"{self.kind} {len(self.keys)}"


class SearchFill(models.Model):
    """How far the lines of one kind have been written for what was there before, newest first."""

    kind = models.CharField(_("kind"), max_length=24, primary_key=True)
    before = models.TextField(_("done down to"), blank=True, default="")
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("filling of the search index")
        verbose_name_plural = _("filling of the search index")

    def __str__(self) -> str:
        return self.kind
