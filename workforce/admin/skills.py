from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from accounts import rules as account_rules
from accounts.models import User
from accounts.people import signed_in
from common.admin import BaseAdmin, DayField, ReasonForm, reason_action
from common.events import name_events
from workforce.actions import drop_skill, give_skill
from workforce.models import AgentSkill, Skill

name_events(
    {
        "skill.added": _("Skill added"),
        "skill.changed": _("Skill changed"),
        "skill.given": _("Skill certified"),
        "skill.dropped": _("Skill taken away"),
    }
)


class GiveForm(ReasonForm):
    """Who has it, how well, until when."""

    user = forms.ModelChoiceField(
        User.objects.none(), label=_("Person"), widget=UnfoldAdminSelectWidget()
    )
    level = forms.IntegerField(
        label=_("Level"), help_text=_("1 to 5."), widget=UnfoldAdminIntegerFieldWidget()
    )
    certified_until = DayField(
        label=_("Certified until"),
        required=False,
        help_text=_("Left empty, it does not run out."),
        widget=UnfoldAdminSingleDateWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answering = sorted(account_rules.SERVICE_ROLES)
        people = User.objects.filter(roles__overlap=answering, is_active=True)
        self.offer("user", people.order_by("display_name"))


@admin.register(Skill)
class SkillAdmin(BaseAdmin):
    """What one can be good at; teams ask for it."""

    is_small = True
    allow_add = True
    editable_fields = ("code", "name", "is_active")
    list_display = ("code", "name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")

    @reason_action(
        _("Certify a person"),
        right="people.manage",
        form=GiveForm,
        question=_("Who is good at this?"),
        consequence=_("They are given conversations of teams that ask for it."),
    )
    def give(self, request: HttpRequest, skill: Skill, answers: dict[str, Any]) -> None:
        give_skill(
            answers["user"],
            skill,
            answers["level"],
            certified_until=answers["certified_until"],
            by=signed_in(request),
            reason=answers["reason"],
        )


@admin.register(AgentSkill)
class AgentSkillAdmin(BaseAdmin):
    """Who is good at what, and until when."""

    list_display = ("user", "skill", "level", "certified_until")
    list_select_related = ("user", "skill")
    list_filter = ("skill",)
    search_fields = ("user__display_name", "user__username")

    @reason_action(
        _("Take away"),
        right="people.manage",
        question=_("Does this person have the skill no more?"),
        consequence=_("They are given no conversations of teams that ask for it."),
        dangerous=True,
    )
    def drop(self, request: HttpRequest, row: AgentSkill, answers: dict[str, Any]) -> None:
        drop_skill(row.user, row.skill, by=signed_in(request), reason=answers["reason"])
