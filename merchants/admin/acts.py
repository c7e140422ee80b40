"""What our own people do to shops at once, in the back office; and what holds for shops now."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReadOnlyAdmin, ReasonForm, reason_action
from common.admin.acts import offer_act
from merchants.actions.shop_acts import ACT, act_on_shop, approve_act, refuse_act, undo_act
from merchants.models import (
    ActKind,
    ActState,
    MeasureKind,
    PointsBalance,
    PointsEntry,
    Rule,
    ShopAct,
    ShopLimits,
)

STATE_COLOURS: dict[str, str] = {
    ActState.WAITING: "warning",
    ActState.IN_FORCE: "danger",
    ActState.OVER: "success",
    ActState.UNDONE: "info",
}


class ActForm(ReasonForm):
    """What is to be done."""

    kind = forms.ChoiceField(
        label=_("What"), choices=ActKind.choices, widget=UnfoldAdminSelectWidget()
    )
    days = forms.IntegerField(
        label=_("Days"), min_value=1, max_value=365, widget=UnfoldAdminIntegerFieldWidget()
    )
    rule = forms.ModelChoiceField(
        label=_("Rule"), queryset=Rule.objects.none(), required=False,
        widget=UnfoldAdminSelectWidget(), help_text=_("Needed for everything but a reward."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("rule", Rule.objects.order_by("title"))


def _in(*states: str) -> Any:
    return lambda row: row.state in states


@admin.register(ShopAct)
class ShopActAdmin(BaseAdmin):
    """What one of us did to a shop, with what held before and after."""

    list_display = (
        "shop", "kind", "days", "state_word", "by", "second_by", "at", "until", "undo_until",
    )  # fmt: skip
    list_select_related = ("shop", "by", "second_by")
    list_filter = ("state", "kind")
    search_fields = ("shop__shop_no", "shop__name")
    search_help_text = _("No. or name of the shop")
    fields = (
        ("shop", "kind", "state"),
        ("days", "limit_days", "rule_version"),
        "reason",
        ("by", "at", "second_by"),
        ("began_at", "until", "undo_until", "closed_at"),
        ("held_before", "held_after"),
    )

    @display(description=_("state"))
    def state_word(self, row: ShopAct) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("held before"))
    def held_before(self, row: ShopAct) -> str:
        return _measures(row.before) or self.get_empty_value_display()

    @display(description=_("held after"))
    def held_after(self, row: ShopAct) -> str:
        return _measures(row.after) or self.get_empty_value_display()

    @reason_action(
        _("Stand by it"),
        right=ACT,
        question=_("Do it, as the second person?"),
        consequence=_("It holds for the shop at once."),
        dangerous=True,
        fits=_in(ActState.WAITING),
    )
    def approve(self, request: HttpRequest, row: ShopAct, answers: dict[str, Any]) -> None:
        approve_act(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Refuse"),
        right=ACT,
        question=_("Refuse it, as the second person?"),
        consequence=_("Nothing happens to the shop."),
        fits=_in(ActState.WAITING),
    )
    def refuse(self, request: HttpRequest, row: ShopAct, answers: dict[str, Any]) -> None:
        refuse_act(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Undo"),
        right=ACT,
        question=_("Undo what was done to the shop?"),
        consequence=_("The shop is as if it had not been; within its window alone."),
        fits=_in(ActState.IN_FORCE),
    )
    def undo(self, request: HttpRequest, row: ShopAct, answers: dict[str, Any]) -> None:
        undo_act(row, by=signed_in(request), reason=answers["reason"])


@reason_action(
    _("Close, restrict or reward"),
    right=ACT,
    form=ActForm,
    question=_("What is to be done to the shop at once?"),
    consequence=_(
        "Within your limit it holds at once; above it, once a second person agrees. The shop reads why."
    ),
    dangerous=True,
    in_bulk=False,
)
def act_at_once(_admin: Any, request: HttpRequest, shop: Any, answers: dict[str, Any]) -> str:
    """Act on a shop of the list."""
    act = act_on_shop(
        shop, answers["kind"], days=answers["days"], rule=answers["rule"],
        reason=answers["reason"], by=signed_in(request),
    )  # fmt: skip
    return act.get_state_display()


offer_act("merchants.shop", act_at_once)


@admin.register(ShopLimits)
class ShopLimitsAdmin(ReadOnlyAdmin):
    """What holds for shops now."""

    list_display = ("shop", "held", "node", "changed_at")
    list_select_related = ("shop",)
    list_filter = ("node",)
    search_fields = ("shop__shop_no", "shop__name")
    search_help_text = _("No. or name of the shop")
    fields = ("shop", "held", "node", "changed_at")

    @display(description=_("measures"))
    def held(self, row: ShopLimits) -> str:
        return _measures(row.measures) or self.get_empty_value_display()


@admin.register(PointsBalance)
class PointsBalanceAdmin(ReadOnlyAdmin):
    """Points of shops now, by class."""

    list_display = ("shop", "violation_class", "points", "cleared_through")
    list_select_related = ("shop",)
    list_filter = ("violation_class",)
    search_fields = ("shop__shop_no", "shop__name")
    search_help_text = _("No. or name of the shop")


@admin.register(PointsEntry)
class PointsEntryAdmin(ReadOnlyAdmin):
    """Every movement of points."""

    list_display = ("shop", "violation_class", "points", "cause", "penalty", "at")
    list_select_related = ("shop", "penalty", "penalty__violation")
    list_filter = ("violation_class", "cause")
    search_fields = ("shop__shop_no", "shop__name")
    search_help_text = _("No. or name of the shop")


def _measures(kinds: list[str]) -> str:
    words = dict(MeasureKind.choices)
    return "、".join(str(words.get(kind, kind)) for kind in kinds)
