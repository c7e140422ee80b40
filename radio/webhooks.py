"""What partners can hear of the radio."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actions.webhooks import emit
from accounts.webhooks.events import declare_event
from common.ids import public_key
from radio.models import Case, Edition

for _code, _label in (
    ("case.submitted", _("Case pushed")),
    ("case.selected", _("Case selected")),
    ("case.merged", _("Case merged")),
    ("case.rejected", _("Case returned")),
    ("edition.aired", _("Edition out")),
):
    declare_event(_code, _label)


def tell_case(case: Case, event: str, **more: Any) -> None:
    """Say that ``event`` happened to ``case``. Nothing in it says whose words it holds."""
    data = {"case": public_key("cas", case.pk), "state": case.state}
    emit(event, subject=case, data=data | more)


def tell_edition(edition: Edition, *, stories: int) -> None:
    """Say that ``edition`` is out."""
    emit(
        "edition.aired",
        subject=edition,
        data={
            "edition": public_key("edn", edition.pk),
            "channel": edition.channel.code,
            "day": edition.day,
            "number": edition.number,
            "stories": stories,
        },
    )
