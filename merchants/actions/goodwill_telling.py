"""Who is told what of gestures of goodwill, and what is said in the talk."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actions import notify, notify_many
from accounts.models import User
from common.words import last_day_words
from merchants.goodwill.registry import say_in_talk
from merchants.models import Gesture, GestureState, StaffRight

SHOP_PAGE, MY_PAGE = "/shop/goodwill/?shop={shop_no}", "/me/goodwill/"


def tell_offered(gesture: Gesture, *, now: datetime) -> None:
    """Tell the buyer what is offered and until when."""
    _tell_buyer(
        gesture, _("%(shop)s offers you something: %(kind)s"), gesture.words, dedupe="offered",
        now=now,
    )  # fmt: skip


def tell_answered(gesture: Gesture, *, now: datetime) -> None:
    """Tell who gives from the shop's budget what the buyer answered."""
    if gesture.state == GestureState.ACCEPTED:
        title, words = (
            _("Accepted: %(kind)s for order %(order)s, to be given until %(until)s"),
            _("The customer accepted it."),
        )
    else:
        title = _("Declined: %(kind)s for order %(order)s")
        words = _("The customer declined it.")
    _tell_shop(gesture, title, dedupe="answered", now=now)
    say_in_talk(gesture, words)


def tell_given(gesture: Gesture, *, now: datetime) -> None:
    """Tell the buyer that it was given."""
    _tell_buyer(gesture, _("%(shop)s has given it: %(kind)s"), dedupe="given", now=now)


def tell_withdrawn(gesture: Gesture, *, now: datetime) -> None:
    """Tell the buyer that the offer is gone."""
    _tell_buyer(
        gesture, _("%(shop)s took its offer back: %(kind)s"),
        _("What you may claim stays as it is."), dedupe="withdrawn", now=now,
    )  # fmt: skip
    say_in_talk(gesture, _("The shop took its offer back."))


def tell_run_out(gesture: Gesture, *, now: datetime) -> None:
    """Tell the shop that nobody answered in time."""
    _tell_shop(gesture, _("Not answered: %(kind)s for order %(order)s"), dedupe="over", now=now)


def tell_late(gesture: Gesture, *, now: datetime) -> None:
    """Tell both sides that what was accepted was not given in time."""
    _tell_shop(gesture, _("Late: %(kind)s for order %(order)s"), dedupe="late", now=now)
    _tell_buyer(
        gesture, _("%(shop)s is late with what it promised: %(kind)s"),
        _("Tell us in a talk, and we see to it."), dedupe="late", now=now,
    )  # fmt: skip


def _facts(gesture: Gesture) -> dict[str, Any]:
    return {
        "shop": gesture.shop.name,
        "kind": gesture.get_kind_display(),
        "order": gesture.order_no,
        "until": last_day_words(gesture.due_at) if gesture.due_at else "",
    }


def _tell_buyer(
    gesture: Gesture, title: object, body: object = "", *, dedupe: str, now: datetime
) -> None:
    person = gesture.member.user
    if person is not None:
        notify(
            person, "me.goodwill", title=title, body=body, url=MY_PAGE, subject=gesture,
            dedupe=dedupe, words=_facts(gesture), now=now,
        )  # fmt: skip


def _tell_shop(gesture: Gesture, title: object, *, dedupe: str, now: datetime) -> None:
    people = User.objects.filter(
        staff_accounts__merchant__shops=gesture.shop_id,
        staff_accounts__ended_at=None,
        staff_accounts__rights__contains=[StaffRight.SPEND],
    )
    notify_many(
        people.distinct(), "shop.goodwill", title=title,
        url=SHOP_PAGE.format(shop_no=gesture.shop.shop_no), subject=gesture, dedupe=dedupe,
        words=_facts(gesture), now=now,
    )  # fmt: skip
