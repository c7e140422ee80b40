from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.people import signed_in
from common.admin import BaseAdmin, Picking, ReasonForm, reason_action
from common.events import name_events
from workforce.actions import join_team, leave_team, set_presence
from workforce.models import AgentStatus, Presence, Team, TeamMembership

name_events(
    {
        "team.added": _("Team added"),
        "team.changed": _("Team changed"),
        "team.joined": _("Joined the team"),
        "team.left": _("Left the team"),
        "team.lead_set": _("Team lead set"),
        "presence.set": _("Presence set"),
        "agentstatus.changed": _("Capacity changed"),
    }
)


class MembershipInline(Picking, TabularInline):
    """Who is in the team; saved through the actions that the desk uses too."""

    model = TeamMembership
    fields = ("user", "is_lead")
    autocomplete_fields = ("user",)
    extra = 0
    tab = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super().get_queryset(request).select_related("user", "team").order_by("-is_lead", "pk")
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj))


@admin.register(Team)
class TeamAdmin(BaseAdmin):
    """Teams share a queue; exactly one takes what no other team takes."""

    is_small = True
    allow_add = True
    editable_fields = ("code", "name", "is_default", "is_active")
    list_display = ("code", "name", "is_default", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")
    inlines = (MembershipInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        team = form.instance
        formset.save(commit=False)
        for row in formset.deleted_objects:
            leave_team(team, row.user, by=signed_in(request))
        for row, _changed in formset.changed_objects:
            stored = TeamMembership.objects.get(pk=row.pk)
            if stored.user_id != row.user_id:
                leave_team(team, stored.user, by=signed_in(request))
            join_team(team, row.user, is_lead=row.is_lead, by=signed_in(request))
        for row in formset.new_objects:
            join_team(team, row.user, is_lead=row.is_lead, by=signed_in(request))


class PresenceForm(ReasonForm):
    """How the person stands from now on."""

    presence = forms.ChoiceField(
        label=_("Presence"), choices=Presence.choices, widget=UnfoldAdminSelectWidget()
    )


@admin.register(AgentStatus)
class AgentStatusAdmin(BaseAdmin):
    """Who takes conversations now, and how many at once."""

    editable_fields = ("capacity",)
    fields = ("user", "presence", "since", "capacity")
    list_display = ("user", "presence_word", "since", "capacity")
    list_select_related = ("user",)
    list_filter = ("presence",)
    search_fields = ("user__display_name", "user__username")

    @display(
        description=_("presence"),
        label={
            Presence.ONLINE: "success",
            Presence.BREAK: "warning",
            Presence.TRAINING: "info",
            Presence.OFFLINE: "",
        },
    )
    def presence_word(self, status: AgentStatus) -> Any:
        return status.presence, status.get_presence_display()

    @reason_action(
        _("Set presence"),
        right="tickets.reassign",
        form=PresenceForm,
        question=_("How does this person stand?"),
        consequence=_(
            "Offline and on break they get no new conversations; those they have stay theirs."
        ),
    )
    def set_presence(
        self, request: HttpRequest, status: AgentStatus, answers: dict[str, Any]
    ) -> None:
        set_presence(
            status.user, answers["presence"], by=signed_in(request), reason=answers["reason"]
        )
