"""Who works for merchants, in the back office: let in, given rights, let go."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from accounts.people import signed_in
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.admin.acts import offer_act
from merchants.actions.staff import MANAGE, end_staff, invite_staff, set_staff_rights
from merchants.models import StaffAccount, StaffRight


class RightsForm(ReasonForm):
    """What somebody may do."""

    rights = forms.MultipleChoiceField(
        label=_("May"), choices=StaffRight.choices, required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip


class InviteForm(RightsForm):
    """Whom to let in."""

    account = forms.CharField(
        label=_("Account name or phone"), max_length=64, widget=UnfoldAdminTextInputWidget()
    )
    field_order = ["account", "rights", "reason"]


def _works(row: StaffAccount) -> bool:
    return row.ended_at is None


@admin.register(StaffAccount)
class StaffAccountAdmin(BaseAdmin):
    """Who works for which merchant, and what they may."""

    list_display = ("user", "merchant", "rights_words", "since", "ended_at")
    list_select_related = ("user", "merchant")
    search_fields = ("user__username", "merchant__merchant_no", "merchant__name")
    search_help_text = _("Account, or no. or name of the merchant")
    fields = (("user", "merchant"), "rights_words", ("since", "ended_at"))

    @display(description=_("rights"))
    def rights_words(self, row: StaffAccount) -> str:
        names = dict(StaffRight.choices)
        words = "、".join(str(names.get(one, one)) for one in row.rights)
        return words or self.get_empty_value_display()

    @reason_action(
        _("Set the rights"),
        right=MANAGE,
        form=RightsForm,
        question=_("What may they do from now on?"),
        consequence=_("It holds at once; they are told."),
        fits=_works,
    )
    def set_rights(self, request: HttpRequest, row: StaffAccount, answers: dict[str, Any]) -> None:
        set_staff_rights(row, answers["rights"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Let go"),
        right=MANAGE,
        question=_("Do they not work for the merchant any more?"),
        consequence=_("It holds at once; they are told."),
        dangerous=True,
        fits=_works,
    )
    def end(self, request: HttpRequest, row: StaffAccount, answers: dict[str, Any]) -> None:
        end_staff(row, by=signed_in(request), reason=answers["reason"])


@reason_action(
    _("Let somebody in"),
    right=MANAGE,
    form=InviteForm,
    question=_("Who works for the merchant?"),
    consequence=_("They need a merchant's account of the platform; they are told."),
    in_bulk=False,
)
def let_in(_admin: Any, request: HttpRequest, merchant: Any, answers: dict[str, Any]) -> None:
    """Let somebody work for a merchant of the list."""
    invite_staff(
        merchant, answers["account"], rights=answers["rights"], by=signed_in(request),
        reason=answers["reason"],
    )  # fmt: skip


offer_act("merchants.merchant", let_in)
