"""Ratings that a case says are fake: no longer counted once it is decided, counted again when it is revoked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models.ratings import Rating, RatingMeasure
from merchants.models.violations import Violation


class CaseRating(models.Model):
    """One rating a case names as fake (虚假交易).

    ``measure`` is what the decision did to it; empty while nothing is decided, and where the rating was
    not counted already, until that is lifted: only then is it the case's to give back.
    """

    violation = models.ForeignKey(
        Violation, models.PROTECT, related_name="named_ratings", db_index=False,
        verbose_name=_("violation"),
    )  # fmt: skip
    rating = models.ForeignKey(
        Rating, models.PROTECT, related_name="named_in", verbose_name=_("rating")
    )
    measure = models.OneToOneField(
        RatingMeasure, models.PROTECT, null=True, blank=True, related_name="named_in",
        verbose_name=_("measure"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("rating named by a case")
        verbose_name_plural = _("ratings named by cases")
        constraints = [
            models.UniqueConstraint(name="caserating_once", fields=["violation", "rating"]),
        ]

    def __str__(self) -> str:
        return str(self.rating_id)
