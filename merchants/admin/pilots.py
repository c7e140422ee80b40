"""Pilot shops in the back office: let in, reviewed, let go; and what they say."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReadOnlyAdmin, reason_action
from common.admin.acts import offer_act
from merchants.actions.pilots import MANAGE, enter_pilot, leave_pilot, review_pilot
from merchants.models import PilotFeedback, PilotShop, PilotState

COLOURS: dict[str, str] = {PilotState.ACTIVE: "success", PilotState.REVIEW: "warning"}


def _takes_part(row: PilotShop) -> bool:
    return row.state != PilotState.LEFT


@admin.register(PilotShop)
class PilotShopAdmin(BaseAdmin):
    """Shops that try new things first."""

    list_display = ("shop", "state_word", "orders", "products", "since", "review_at", "left_at")
    list_select_related = ("shop",)
    list_filter = ("state",)
    search_fields = ("shop__shop_no", "shop__name")
    search_help_text = _("No. or name of the shop")
    fields = (
        ("shop", "state"),
        ("since", "review_at", "left_at"),
        ("orders", "orders_needed"),
        ("products", "products_needed"),
        ("counted_days", "measured_at"),
    )

    @display(description=_("state"))
    def state_word(self, row: PilotShop) -> str:
        return Chip(row.get_state_display(), COLOURS.get(row.state, ""))

    @reason_action(
        _("Review"),
        right=MANAGE,
        question=_("Does the shop go on trying new things first?"),
        consequence=_("Its orders are counted anew, and the next review is set."),
        fits=_takes_part,
    )
    def review(self, request: HttpRequest, row: PilotShop, answers: dict[str, Any]) -> None:
        review_pilot(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a pilot shop", "Take off the list"),
        right=MANAGE,
        question=_("Is it no pilot shop any more?"),
        consequence=_("What is tried on pilot shops is closed to it within a second."),
        dangerous=True,
        fits=_takes_part,
    )
    def leave(self, request: HttpRequest, row: PilotShop, answers: dict[str, Any]) -> None:
        leave_pilot(row, by=signed_in(request), reason=answers["reason"])


@admin.register(PilotFeedback)
class PilotFeedbackAdmin(ReadOnlyAdmin):
    """What pilot shops and the house say of what is tried."""

    list_display = ("rollout", "shop", "by", "at")
    list_select_related = ("rollout", "shop", "by")
    search_fields = ("rollout__code", "shop__shop_no")
    search_help_text = _("Code of the rollout or no. of the shop")
    fields = (("rollout", "shop"), "text", ("by", "at"))


@reason_action(
    _("Make it a pilot shop"),
    right=MANAGE,
    question=_("Shall it try new things first?"),
    consequence=_(
        "Its orders are counted; what is tried on pilot shops opens to it within a second."
    ),
)
def enter(_admin: Any, request: HttpRequest, shop: Any, answers: dict[str, Any]) -> None:
    """Let a shop of the list try new things first."""
    enter_pilot(shop, by=signed_in(request), reason=answers["reason"])


offer_act("merchants.shop", enter)
