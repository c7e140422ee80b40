"""Days as people type them in the back office: none that no calendar of ours reaches."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from accounts.standing.segments import FIRST_DAY, LAST_DAY

_OUTSIDE = _("Type a day between 1990 and 2099.")


class DayField(forms.DateField):
    """A day between 1990 and 2099: the moment after it can be named in every time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators += [
            MinValueValidator(FIRST_DAY, _OUTSIDE),
            MaxValueValidator(LAST_DAY, _OUTSIDE),
        ]
