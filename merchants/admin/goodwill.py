"""Goodwill in the back office: what shops set aside, what they offered, what became of it. Read only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from common.admin import Chip, ReadOnlyAdmin
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from merchants.goodwill import rules
from merchants.models import Gesture, GestureKind, GoodwillPlan

name_parameter_groups({"goodwill": _("Goodwill of shops")})
name_events(
    {
        "goodwill.planned": _("Budget for goodwill set"),
        "gesture.offered": _("Gesture offered"),
        "gesture.accepted": _("Gesture accepted"),
        "gesture.declined": _("Gesture declined"),
        "gesture.given": _("Gesture given"),
        "gesture.withdrawn": _("Gesture withdrawn"),
        "gesture.run_out": _("Gesture run out"),
        "gesture.late": _("Gesture late"),
    }
)
STATE_COLOURS = {
    rules.OFFERED: "warning", rules.ACCEPTED: "warning", rules.FULFILLED: "success",
    rules.DECLINED: "info", rules.EXPIRED: "info", rules.WITHDRAWN: "info",
}  # fmt: skip


class OwedFilter(admin.SimpleListFilter):
    """What shops owe."""

    title = _("owed")
    parameter_name = "owed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("owed", _("to be given")), ("late", _("late and to be given"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        owed = queryset.filter(state=rules.ACCEPTED).exclude(kind=rules.COUPON)
        match self.value():
            case "owed":
                return owed
            case "late":
                return owed.filter(is_late=True)
        return queryset


@admin.register(Gesture)
class GestureAdmin(ReadOnlyAdmin):
    """Gestures of all shops, newest first."""

    list_display = (
        "public_key", "shop", "kind", "amount", "state_word", "offered_at", "due_at", "is_late",
    )  # fmt: skip
    list_select_related = ("shop",)
    list_filter = (OwedFilter, "state", "kind")
    search_fields = ("shop__shop_no", "order_no", "conversation_no")
    search_help_text = _("Shop no., order no. or conversation no.")
    fields = (
        ("public_key", "state"),
        ("shop", "buyer", "order_no", "conversation_no"),
        ("kind", "amount", "month"),
        "words",
        ("offered_at", "offered_by", "holds_until"),
        ("answered_at", "due_at", "is_late"),
        ("ended_at", "ended_by", "proof"),
    )

    @display(description=_("key"))
    def public_key(self, row: Gesture) -> str:
        return row.public_key

    @display(description=_("state"))
    def state_word(self, row: Gesture) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("buyer"))
    def buyer(self, row: Gesture) -> str:
        return row.member.shown_name


@admin.register(GoodwillPlan)
class GoodwillPlanAdmin(ReadOnlyAdmin):
    """Budgets of shops, newest first; a change is a further row."""

    list_display = ("shop", "month_budget", "most_each", "kind_words", "since", "by")
    list_select_related = ("shop", "by")
    search_fields = ("shop__shop_no",)
    search_help_text = _("Shop no.")
    fields = ("shop", ("month_budget", "most_each"), "kind_words", ("since", "by"))

    @display(description=_("kinds"))
    def kind_words(self, row: GoodwillPlan) -> str:
        return "、".join(str(GestureKind(kind).label) for kind in row.kinds)
