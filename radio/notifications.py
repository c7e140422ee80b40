"""What the radio tells people."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from accounts.notifications import EMAIL, WEB, Kind, declare_kind

AIRED = declare_kind(
    Kind(
        key="edition.aired",
        label=_("Editions of my channels are out"),
        discreet=_("The nine o'clock radio is on air"),
        media=frozenset({EMAIL, WEB}),
        merges=True,
        # The editions of one morning are one notice, whatever their number.
        settles=timedelta(seconds=10),
        right="radio.read",
        place=30,
    )
)
FATE = declare_kind(
    Kind(
        key="case.fate",
        label=_("What became of a case I pushed"),
        discreet=_("Something about a case you pushed"),
        media=frozenset({WEB}),
        right="radio.submit_case",
        place=40,
    )
)
