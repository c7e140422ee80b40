from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Role, User
from accounts.people import signed_in
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.events import name_events
from workforce.actions import close_partner, join_partner, leave_partner, reopen_partner
from workforce.models import Partner, PartnerStaff

name_events(
    {
        "partner.added": _("Partner added"),
        "partner.changed": _("Partner changed"),
        "partner.closed": _("Partner closed"),
        "partner.reopened": _("Partner reopened"),
        "partner.joined": _("Joined the partner"),
        "partner.left": _("Left the partner"),
    }
)


class StaffForm(ReasonForm):
    """Who."""

    user = forms.ModelChoiceField(
        User.objects.none(), label=_("Person"), widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(roles__contains=[Role.PARTNER_AGENT], is_active=True)
        self.offer("user", people.order_by("display_name"))


@admin.register(Partner)
class PartnerAdmin(BaseAdmin):
    """Companies whose people answer in teams of their own, and see nothing beside them."""

    is_small = True
    allow_add = True
    editable_fields = ("code", "name")
    fields = ("code", "name", "is_active", "teams_given")
    list_display = ("code", "name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.editable_fields if obj is None else self.fields

    @admin.display(description=_("teams"))
    def teams_given(self, partner: Partner) -> str:
        return ", ".join(partner.teams.order_by("code").values_list("name", flat=True))

    @reason_action(
        _("Add a person"),
        right="people.manage",
        form=StaffForm,
        question=_("Who works for this partner?"),
        consequence=_("They leave the teams of any other partner, and ours."),
    )
    def join(self, request: HttpRequest, partner: Partner, answers: dict[str, Any]) -> None:
        join_partner(partner, answers["user"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Close"),
        right="people.manage",
        question=_("Stop working with this partner?"),
        consequence=_("Its people see no conversation any more; what they answer goes back."),
        dangerous=True,
        fits=lambda partner: partner.is_active,
    )
    def close(self, request: HttpRequest, partner: Partner, answers: dict[str, Any]) -> None:
        close_partner(partner, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Reopen"),
        right="people.manage",
        question=_("Work with this partner again?"),
        consequence=_("Its people see the queues of its teams again."),
        fits=lambda partner: not partner.is_active,
    )
    def reopen(self, request: HttpRequest, partner: Partner, answers: dict[str, Any]) -> None:
        reopen_partner(partner, by=signed_in(request), reason=answers["reason"])


@admin.register(PartnerStaff)
class PartnerStaffAdmin(BaseAdmin):
    """Who works for which partner."""

    fields = ("user", "partner", "since")
    list_display = ("user", "partner", "since")
    list_select_related = ("user", "partner")
    list_filter = ("partner",)
    search_fields = ("user__display_name", "user__username")

    @reason_action(
        _("Take out"),
        right="people.manage",
        question=_("Take this person from the partner?"),
        consequence=_("They leave its teams; what they answer goes back into the queues."),
        dangerous=True,
    )
    def leave(self, request: HttpRequest, staff: PartnerStaff, answers: dict[str, Any]) -> None:
        leave_partner(staff.user, by=signed_in(request), reason=answers["reason"])
