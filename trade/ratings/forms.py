"""What a buyer fills in to rate an order, to change a review, to add to it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from merchants.actions import RatingDraft
from merchants.models import Dimension, Grade
from merchants.models.ratings import LONGEST_COMMENT, LONGEST_FOLLOWUP

SKIPPED = ""


def _scores() -> list[tuple[str, Any]]:
    words = {
        5: _("5, very good"),
        4: _("4, good"),
        3: _("3, fair"),
        2: _("2, poor"),
        1: _("1, very poor"),
    }
    return [(SKIPPED, _("No score")), *((str(score), label) for score, label in words.items())]


def _select(label: Any, choices: Any, *, required: bool) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=choices,
        coerce=int,
        empty_value=None,
        required=required,
        widget=forms.Select(attrs={"class": "select"}),
    )


def _words(label: Any, most: int, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 5}),
    )


class RatingForm(forms.Form):
    """Three scores, a grade, words. Nothing is filled in beforehand: what is skipped stays empty."""

    grade = _select(
        _("How was it on the whole?"), [(SKIPPED, _("No grade")), *Grade.choices], required=False
    )
    desc_match = _select(Dimension.DESC_MATCH.label, _scores, required=False)
    service_attitude = _select(Dimension.SERVICE_ATTITUDE.label, _scores, required=False)
    logistics_service = _select(Dimension.LOGISTICS_SERVICE.label, _scores, required=False)
    comment = _words(_("What would you tell others?"), LONGEST_COMMENT)

    def draft(self) -> RatingDraft:
        """Return what was filled in; call it on a valid form."""
        return RatingDraft(**self.cleaned_data)


class ChangeForm(forms.Form):
    """Another grade and other words for a neutral or negative review."""

    grade = _select(_("Grade"), Grade.choices, required=True)
    comment = _words(_("Words"), LONGEST_COMMENT)


class FollowupForm(forms.Form):
    """What is added later."""

    text = _words(_("What would you add?"), LONGEST_FOLLOWUP, required=True)
