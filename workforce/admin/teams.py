from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from accounts.people import signed_in
from common.admin import BaseAdmin, Picking, ReasonForm, reason_action
from common.events import name_events
from workforce.actions import give_team, join_team, leave_team, require_skill, set_team_hours
from workforce.models import Partner, Skill, Team, TeamMembership, WorkCalendar

name_events(
    {
        "team.added": _("Team added"),
        "team.changed": _("Team changed"),
        "team.joined": _("Joined the team"),
        "team.left": _("Left the team"),
        "team.lead_set": _("Team lead set"),
        "team.given": _("Partner of the team set"),
        "team.hours_set": _("Working hours of the team set"),
        "team.skill_set": _("Skill asked for"),
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


class PartnerForm(ReasonForm):
    """Whose team it is."""

    partner = forms.ModelChoiceField(
        Partner.objects.none(),
        label=_("Partner"),
        required=False,
        empty_label=_("Ours"),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("partner", Partner.objects.filter(is_active=True))


class TeamHoursForm(ReasonForm):
    """When it is open."""

    calendar = forms.ModelChoiceField(
        WorkCalendar.objects.none(),
        label=_("Working hours"),
        required=False,
        empty_label=_("Day and night"),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("calendar", WorkCalendar.objects.all())


class TeamSkillForm(ReasonForm):
    """Which skill, and how good one has to be."""

    skill = forms.ModelChoiceField(
        Skill.objects.none(), label=_("Skill"), widget=UnfoldAdminSelectWidget()
    )
    minimum = forms.IntegerField(
        label=_("At least level"),
        required=False,
        help_text=_("1 to 5. Left empty, the skill is asked for no more."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("skill", Skill.objects.all())


@admin.register(Team)
class TeamAdmin(BaseAdmin):
    """Teams share a queue; exactly one takes what no other team takes."""

    is_small = True
    allow_add = True
    editable_fields = ("code", "name", "is_default", "is_active")
    fields = ("code", "name", "is_default", "is_active", "partner", "calendar", "skills_asked")
    list_display = ("code", "name", "is_default", "is_active", "partner", "calendar")
    list_select_related = ("partner", "calendar")
    list_filter = ("is_active", "partner")
    search_fields = ("code", "name")
    inlines = (MembershipInline,)

    @admin.display(description=_("skills asked for"))
    def skills_asked(self, team: Team) -> str:
        asked = team.skills.select_related("skill").order_by("skill__code") if team.pk else ()
        return ", ".join(f"{row.skill} {row.minimum}+" for row in asked)

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

    @reason_action(
        _("Give to a partner"),
        right="people.manage",
        form=PartnerForm,
        question=_("Whose team is this from now on?"),
        consequence=_("Only people of that partner, and ours, work in it and see its queue."),
    )
    def give(self, request: HttpRequest, team: Team, answers: dict[str, Any]) -> None:
        give_team(team, answers["partner"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Set working hours"),
        right="people.manage",
        form=TeamHoursForm,
        question=_("When is this team open?"),
        consequence=_("Clients show when it opens next. Left empty, it is open day and night."),
    )
    def set_hours(self, request: HttpRequest, team: Team, answers: dict[str, Any]) -> None:
        set_team_hours(team, answers["calendar"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Ask for a skill"),
        right="people.manage",
        form=TeamSkillForm,
        question=_("What has somebody to be able to, to be given its conversations?"),
        consequence=_("Who lacks it stays in the team and is given nothing of its queue."),
    )
    def ask_skill(self, request: HttpRequest, team: Team, answers: dict[str, Any]) -> None:
        require_skill(
            team,
            answers["skill"],
            answers["minimum"],
            by=signed_in(request),
            reason=answers["reason"],
        )
