"""Key accounts, absences and contacts in the back office: assigned, handed over, ended; each with a reason."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Role, User
from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, DayField, ReadOnlyAdmin, ReasonForm, reason_action
from common.admin.acts import offer_act
from common.rules import midnight, midnight_after, shanghai_day
from merchants.actions.key_accounts import (
    ASSIGN,
    assign_manager,
    end_absence,
    end_assignment,
    hand_over,
    note_absence,
)
from merchants.models import AbsenceReason, ContactNote, ManagerAbsence, ManagerAssignment


class PeopleForm(ReasonForm):
    """Who looks after it, and from when."""

    manager = forms.ModelChoiceField(
        label=_("Account manager"), queryset=User.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    deputy = forms.ModelChoiceField(
        label=_("Deputy"), queryset=User.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    since = DayField(
        label=_("From"), required=False, help_text=_("Empty or today: from this moment on.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, roles__contains=[Role.ACCOUNT_MANAGER])
        for name in ("manager", "deputy"):
            self.offer(name, people.order_by("display_name", "pk"))


class AssignForm(PeopleForm):
    """Who looks after it, from when until when."""

    until = DayField(
        label=_("Last day"), required=False, help_text=_("Empty: until it is ended or handed over.")
    )


class EndForm(ReasonForm):
    """When it ends."""

    last_day = DayField(
        label=_("Last day"), required=False, help_text=_("Empty: it ends at this moment.")
    )


class AwayForm(ReasonForm):
    """Who is away, and when."""

    who = forms.ChoiceField(
        label=_("Who"),
        choices=[("manager", _("the account manager")), ("deputy", _("the deputy"))],
        widget=UnfoldAdminSelectWidget(),
    )
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day"))
    why = forms.ChoiceField(
        label=_("Why"), choices=AbsenceReason.choices, widget=UnfoldAdminSelectWidget()
    )


class HoldsFilter(admin.SimpleListFilter):
    """Whether it holds now."""

    title = _("holds")
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("now")), ("later", _("later")), ("over", _("no more"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        kinds = {
            "now": Q(since__lte=now) & (Q(until=None) | Q(until__gt=now)),
            "later": Q(since__gt=now),
            "over": Q(until__lte=now),
        }
        kind = kinds.get(self.value() or "")
        return queryset if kind is None else queryset.filter(kind)


def _begins(day: Any) -> datetime | None:
    """Return the beginning of a day that was typed; None, which is now, for today and nothing."""
    if day is None or day == shanghai_day(timezone.now()):
        return None
    return midnight(day)


def _runs(row: ManagerAssignment) -> bool:
    return row.until is None or row.until > timezone.now()


@admin.register(ManagerAssignment)
class ManagerAssignmentAdmin(BaseAdmin):
    """Who looks after which account."""

    list_display = ("account_name", "manager", "deputy", "holds_word", "since", "until")
    list_select_related = ("shop", "merchant", "manager", "deputy")
    list_filter = (HoldsFilter,)
    search_fields = ("shop__shop_no", "shop__name", "merchant__merchant_no", "merchant__name")
    search_help_text = _("No. or name of the shop or the merchant")
    fields = (("shop", "merchant"), ("manager", "deputy"), ("since", "until"))

    @display(description=_("account"))
    def account_name(self, row: ManagerAssignment) -> str:
        return str(row.account)

    @display(description=_("holds"))
    def holds_word(self, row: ManagerAssignment) -> str:
        now = timezone.now()
        if row.until is not None and row.until <= now:
            return Chip(str(_("no more")), "")
        return Chip(str(_("later")), "info") if row.since > now else Chip(str(_("now")), "success")

    @reason_action(
        _("Hand over"),
        right=ASSIGN,
        form=PeopleForm,
        question=_("To whom is the account handed over?"),
        consequence=_("They are told, and the shop whom it may call. What was noted stays."),
        fits=_runs,
    )
    def hand(self, request: HttpRequest, row: ManagerAssignment, answers: dict[str, Any]) -> None:
        hand_over(
            row, manager=answers["manager"], deputy=answers["deputy"],
            at=_begins(answers["since"]), by=signed_in(request), reason=answers["reason"],
        )  # fmt: skip

    @reason_action(
        _("End"),
        right=ASSIGN,
        form=EndForm,
        question=_("When does it end?"),
        consequence=_("From then on operations take the calls of its shops."),
        fits=_runs,
    )
    def end(self, request: HttpRequest, row: ManagerAssignment, answers: dict[str, Any]) -> None:
        day = answers["last_day"]
        end_assignment(
            row, at=midnight_after(day) if day else None, by=signed_in(request),
            reason=answers["reason"],
        )  # fmt: skip

    @reason_action(
        _("Note an absence"),
        right=ASSIGN,
        form=AwayForm,
        question=_("Who is away, and when?"),
        consequence=_("On these days the deputy is called for all accounts of the manager."),
        fits=_runs,
        in_bulk=False,
    )
    def away(self, request: HttpRequest, row: ManagerAssignment, answers: dict[str, Any]) -> None:
        note_absence(
            getattr(row, answers["who"]), first_day=answers["first_day"],
            last_day=answers["last_day"], why=answers["why"], by=signed_in(request),
            reason=answers["reason"],
        )  # fmt: skip


@admin.register(ManagerAbsence)
class ManagerAbsenceAdmin(BaseAdmin):
    """When account managers are away."""

    list_display = ("person", "first_day", "last_day", "why", "ended_at", "noted_by", "noted_at")
    list_select_related = ("person", "noted_by")
    list_filter = ("why",)
    search_fields = ("person__username",)
    search_help_text = _("Account of the manager")
    fields = ("person", ("first_day", "last_day"), "why", ("noted_by", "noted_at"), "ended_at")

    @reason_action(
        _("Back again"),
        right=ASSIGN,
        question=_("Are they back, or do they stay?"),
        consequence=_("From this moment on their shops call them again."),
        fits=lambda row: row.ended_at is None,
    )
    def back(self, request: HttpRequest, row: ManagerAbsence, answers: dict[str, Any]) -> None:
        end_absence(row, by=signed_in(request), reason=answers["reason"])


@admin.register(ContactNote)
class ContactNoteAdmin(ReadOnlyAdmin):
    """What was said with key accounts."""

    list_display = ("account_name", "medium", "at", "by", "next_on")
    list_select_related = ("shop", "merchant", "by")
    list_filter = ("medium",)
    search_fields = ("shop__shop_no", "shop__name", "merchant__merchant_no", "merchant__name")
    search_help_text = _("No. or name of the shop or the merchant")
    fields = (("shop", "merchant"), "medium", "text", ("by", "at"), "next_on")

    @display(description=_("account"))
    def account_name(self, row: ContactNote) -> str:
        return str(row.shop or row.merchant)


@reason_action(
    _("Assign a manager"),
    right=ASSIGN,
    form=AssignForm,
    question=_("Who looks after it?"),
    consequence=_("They are told, and the shop whom it may call."),
)
def give_manager(_admin: Any, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
    """Assign a manager to a shop or a merchant of the list."""
    until = answers["until"]
    assign_manager(
        row, manager=answers["manager"], deputy=answers["deputy"],
        since=_begins(answers["since"]), until=midnight_after(until) if until else None,
        by=signed_in(request), reason=answers["reason"],
    )  # fmt: skip


offer_act("merchants.shop", give_manager)
offer_act("merchants.merchant", give_manager)
