"""Segments: saved conditions on where members stand, named once and used by many."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Segment(models.Model):
    """Members by where they stand (人群): conditions under a name, asked anew each time.

    ``conditions`` are those of ``accounts.standing.segments.Conditions``; ``code`` is what others
    refer to and never changes.
    """

    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*\Z",
                _("Small letters, figures and underscores, a letter first."),
            )
        ],
    )
    name = models.CharField(_("name"), max_length=60)
    conditions = models.JSONField(_("conditions"))
    made_by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("made by"),
    )  # fmt: skip
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def __str__(self) -> str:
        return self.name
