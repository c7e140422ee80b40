from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, DayField, ReasonForm, reason_action
from common.calendars import day_start
from common.events import name_events
from workforce import rules
from workforce.actions import (
    cap_authority,
    record_quality,
    set_capacity,
    set_level,
    set_presence,
)
from workforce.models import AgentStatus, AuthorityKind, Presence, PresenceReason, PresenceSpan
from workforce.queries import capacities, limit_of, minutes_of

name_events(
    {
        "presence.set": _("Presence set"),
        "agentstatus.changed": _("Capacity changed"),
        "agent.level_set": _("Level set"),
        "agent.capacity_set": _("Capacity changed"),
    }
)

_COLOURS: dict[str, str] = {
    Presence.ONLINE: "success",
    Presence.WRAP_UP: "info",
    Presence.BREAK: "warning",
    Presence.LUNCH: "warning",
    Presence.MEETING: "info",
    Presence.TRAINING: "info",
    Presence.AWAY: "danger",
}


class PresenceForm(ReasonForm):
    """How the person stands from now on."""

    presence = forms.ChoiceField(
        label=_("Presence"), choices=Presence.choices, widget=UnfoldAdminSelectWidget()
    )
    why = forms.ChoiceField(
        label=_("Why so"),
        required=False,
        choices=[
            ("", _("Not said")),
            *(one for one in PresenceReason.choices if one[0] != rules.LINE_LOST),
        ],
        widget=UnfoldAdminSelectWidget(),
    )


class LevelForm(ReasonForm):
    """Which level."""

    level = forms.TypedChoiceField(
        label=_("Level"),
        coerce=int,
        choices=[(level, str(level)) for level in rules.LEVELS],
        widget=UnfoldAdminSelectWidget(),
    )


class CapacityForm(ReasonForm):
    """How many at once."""

    capacity = forms.IntegerField(
        label=_("Conversations at once"),
        required=False,
        min_value=0,
        help_text=_("Left empty, it is that of the level."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )


class CapForm(ReasonForm):
    """What is bounded, and how far."""

    kind = forms.ChoiceField(
        label=_("What"), choices=AuthorityKind.choices, widget=UnfoldAdminSelectWidget()
    )
    amount = forms.DecimalField(
        label=_("At most"),
        required=False,
        max_digits=14,
        decimal_places=2,
        help_text=_("0 forbids it. Left empty, the cap is lifted."),
        widget=UnfoldAdminDecimalFieldWidget(),
    )


class QualityForm(ReasonForm):
    """What was measured in which month."""

    month = DayField(
        label=_("Month"), help_text=_("Its first day."), widget=UnfoldAdminSingleDateWidget()
    )
    csat_rate = forms.DecimalField(
        label=_("Satisfied share"),
        max_digits=5,
        decimal_places=4,
        help_text=_("0 to 1."),
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    qa_score = forms.DecimalField(
        label=_("Inspection score"),
        max_digits=5,
        decimal_places=2,
        help_text=_("0 to 100."),
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    sample = forms.IntegerField(
        label=_("Answers counted"), min_value=0, widget=UnfoldAdminIntegerFieldWidget()
    )


@admin.register(AgentStatus)
class AgentStatusAdmin(BaseAdmin):
    """Who takes conversations now, how many at once, and how far they may decide."""

    fields = (
        "user", "presence", "reason", "since", "today", "level", "capacity", "carries", "limits",
    )  # fmt: skip
    list_display = ("user", "presence_word", "reason", "since", "level", "carries")
    list_select_related = ("user",)
    list_filter = ("presence", "level")
    search_fields = ("user__display_name", "user__username")

    @display(description=_("presence"))
    def presence_word(self, status: AgentStatus) -> str:
        return Chip(status.get_presence_display(), _COLOURS.get(status.presence, ""))

    @admin.display(description=_("conversations at once"))
    def carries(self, status: AgentStatus) -> int:
        return capacities().of(status.level, status.capacity)

    @admin.display(description=_("minutes today"))
    def today(self, status: AgentStatus) -> str:
        now = timezone.now()
        spent = minutes_of(status.user, day_start(now), now)
        return ", ".join(f"{Presence(code).label} {spent[code]}" for code in spent)

    @admin.display(description=_("may decide alone"))
    def limits(self, status: AgentStatus) -> str:
        now = timezone.now()
        said = []
        for kind in AuthorityKind:
            limit = limit_of(status.user, kind, now)
            if limit.amount is not None:
                word = f"{limit.amount:,}"
            else:
                word = gettext("yes") if limit.is_allowed else gettext("no")
            parts = ", ".join(f"{name} {given}".strip() for name, given in _why(limit))
            said.append(f"{kind.label} {word} ({parts})")
        return "; ".join(said)

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
            status.user,
            answers["presence"],
            why=answers["why"],
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Set level"),
        right="people.manage",
        form=LevelForm,
        question=_("Which level does this person have?"),
        consequence=_("How many conversations they carry and how far they may decide follow."),
    )
    def set_level(self, request: HttpRequest, status: AgentStatus, answers: dict[str, Any]) -> None:
        set_level(status.user, answers["level"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Set capacity"),
        right="people.manage",
        form=CapacityForm,
        question=_("How many conversations at once?"),
        consequence=_("Those they have stay theirs, even when there are more."),
    )
    def set_capacity(
        self, request: HttpRequest, status: AgentStatus, answers: dict[str, Any]
    ) -> None:
        set_capacity(
            status.user, answers["capacity"], by=signed_in(request), reason=answers["reason"]
        )

    @reason_action(
        _("Cap a limit"),
        right="people.manage",
        form=CapForm,
        question=_("How far may this person decide at most?"),
        consequence=_("The cap holds whatever level and quality would give."),
    )
    def cap(self, request: HttpRequest, status: AgentStatus, answers: dict[str, Any]) -> None:
        cap_authority(
            status.user,
            answers["kind"],
            answers["amount"],
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Record quality"),
        right="people.manage",
        form=QualityForm,
        question=_("What was measured?"),
        consequence=_("Limits follow when the month is counted, one step at most."),
    )
    def record_quality(
        self, request: HttpRequest, status: AgentStatus, answers: dict[str, Any]
    ) -> None:
        record_quality(
            status.user,
            answers["month"],
            csat_rate=answers["csat_rate"],
            qa_score=answers["qa_score"],
            sample=answers["sample"],
            by=signed_in(request),
            reason=answers["reason"],
        )


@admin.register(PresenceSpan)
class PresenceSpanAdmin(BaseAdmin):
    """Who stood how, from when until when."""

    list_display = ("user", "presence", "reason", "began_at", "ended_at")
    list_select_related = ("user",)
    list_filter = ("presence", "reason")
    search_fields = ("user__display_name", "user__username")


def _why(limit: rules.Limit) -> list[tuple[str, str]]:
    words = {
        "level": gettext("level"),
        "ladder": gettext("ladder"),
        "quality": gettext("quality ×"),
        "cap": gettext("capped at"),
        "from_level": gettext("from level"),
        "role": gettext("not at the desk"),
    }
    return [(words[name], given) for name, given in limit.why]
