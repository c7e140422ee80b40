"""A day as it is asked in the back office: in the years that people mean."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget

from common.rules import FIRST_YEAR, LAST_YEAR, is_in_bounds


class DayField(forms.DateField):
    """A day from 1990 to 2099. With others the moment it stands for would leave the calendar."""

    widget = UnfoldAdminDateWidget
    default_error_messages = {
        "far_off": _("Choose a day between the years %(first)s and %(last)s."),
    }

    def to_python(self, value: Any) -> date | None:
        """Return the day. Raises ``ValidationError``."""
        day: date | None = super().to_python(value)
        if not is_in_bounds(day):
            # Filled in when it is read: by then the language of its reader is known.
            raise forms.ValidationError(
                self.error_messages["far_off"],
                code="far_off",
                params={"first": FIRST_YEAR, "last": LAST_YEAR},
            )
        return day
