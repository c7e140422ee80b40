from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.people import signed_in
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.events import name_events
from common.hours import Interval, read_intervals, say_intervals, why_refused
from workforce.actions import add_exception, set_hours, withdraw_exception
from workforce.admin.drawing import Differing, drawing
from workforce.models import CalendarException, ExceptionKind, WorkCalendar
from workforce.models.calendars import DayKind
from workforce.queries.calendars import hours_from, hours_of, usual_week

name_events(
    {
        "hours.added": _("Working hours added"),
        "hours.changed": _("Working hours renamed"),
        "hours.set": _("Working hours set"),
        "hours.exception_added": _("One-off hours added"),
        "hours.exception_withdrawn": _("One-off hours taken back"),
    }
)


class Drawn(forms.Widget):
    """The next 14 days of what stands in the form."""

    picture: SafeString | None = None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return self.picture or escape(gettext("These hours cannot be drawn yet."))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> None:
        return None


class IntervalsField(forms.CharField):
    """Intervals of a day as people write them."""

    def __init__(self, day: DayKind) -> None:
        super().__init__(
            label=day.label, required=False, max_length=200, widget=UnfoldAdminTextInputWidget()
        )

    def clean(self, value: Any) -> Any:
        try:
            return read_intervals(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError(
                _("“%(part)s” is no interval; write 09:00-12:00, 13:00-18:00."),
                params={"part": error.args[0]},
            ) from None


class HoursForm(ReasonForm):
    """The hours of every kind of day, and what they come to."""

    follows_holidays = forms.BooleanField(
        label=_("Keeps public holidays"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    preview = forms.Field(label=_("The next 14 days"), required=False, widget=Drawn())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        calendar = self.subjects[0] if self.subjects else None
        week = usual_week(calendar) if calendar else {}
        for day in DayKind:
            self.fields[f"day_{day}"] = IntervalsField(day)
            self.initial[f"day_{day}"] = say_intervals(week.get(day, ()))
        self.fields["day_0"].help_text = _(
            "Several with commas. An end before its start is on the next day; 00:00-24:00 is the whole day."
        )
        self.initial["follows_holidays"] = calendar.follows_holidays if calendar else True
        for last in ("preview", "reason"):
            self.fields[last] = self.fields.pop(last)
        widget = self.fields["preview"].widget
        assert isinstance(widget, Drawn)
        widget.picture = self._picture(calendar)

    def week(self, data: Any) -> dict[int, tuple[Interval, ...]]:
        """Return the hours by kind of day out of what was cleaned."""
        return {int(day): data.get(f"day_{day}") or () for day in DayKind}

    def _picture(self, calendar: WorkCalendar | None) -> SafeString | None:
        if not self.is_bound:
            return drawing(hours_of(calendar), timezone.now()) if calendar else None
        try:
            week = {int(day): read_intervals(self.data.get(f"day_{day}", "")) for day in DayKind}
        except ValueError:
            return None
        if why_refused(week):
            return None
        hours = hours_from(
            week,
            follows_holidays=bool(self.data.get("follows_holidays")),
            exceptions=calendar.exceptions.all() if calendar else (),
        )
        return drawing(hours, timezone.now())


class ExceptionForm(ReasonForm):
    """Closed or open once, and why."""

    kind = forms.ChoiceField(
        label=_("What"), choices=ExceptionKind.choices, widget=UnfoldAdminSelectWidget()
    )
    starts_at = forms.SplitDateTimeField(label=_("From"), widget=UnfoldAdminSplitDateTimeWidget())
    ends_at = forms.SplitDateTimeField(label=_("Until"), widget=UnfoldAdminSplitDateTimeWidget())
    words = forms.CharField(label=_("Words"), max_length=120, widget=UnfoldAdminTextInputWidget())


@admin.register(WorkCalendar)
class WorkCalendarAdmin(BaseAdmin):
    """When teams are open; what is closed or opened once stands beside it."""

    is_small = True
    allow_add = True
    event_noun = "hours"
    editable_fields = ("code", "name")
    list_display = ("code", "name", "follows_holidays")
    search_fields = ("code", "name")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.editable_fields if obj is None else (
            "code", "name", "follows_holidays", "usual_hours", "next_days",
        )  # fmt: skip

    @admin.display(description=_("hours"))
    def usual_hours(self, calendar: WorkCalendar) -> str:
        week = usual_week(calendar)
        lines = [(DayKind(day).label, say_intervals(spans)) for day, spans in week.items() if spans]
        return format_html_join("", "<p>{} {}</p>", lines) or self.get_empty_value_display()

    @admin.display(description=_("the next 14 days"))
    def next_days(self, calendar: WorkCalendar) -> SafeString:
        return drawing(hours_of(calendar), timezone.now(), _differing(calendar))

    @reason_action(
        _("Set hours"),
        right="people.manage",
        form=HoursForm,
        question=_("When is it open?"),
        consequence=_("Try it first: the next 14 days are drawn before anything is kept."),
        in_bulk=False,
    )
    def set_hours(
        self, request: HttpRequest, calendar: WorkCalendar, answers: dict[str, Any]
    ) -> None:
        set_hours(
            calendar,
            {int(day): answers[f"day_{day}"] for day in DayKind},
            follows_holidays=answers["follows_holidays"],
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Close or open once"),
        right="people.manage",
        form=ExceptionForm,
        question=_("What differs from the usual hours, and when?"),
        consequence=_("Where both are said for one moment, it is closed."),
    )
    def add_exception(
        self, request: HttpRequest, calendar: WorkCalendar, answers: dict[str, Any]
    ) -> None:
        add_exception(
            calendar,
            answers["kind"],
            answers["starts_at"],
            answers["ends_at"],
            answers["words"],
            by=signed_in(request),
            reason=answers["reason"],
        )


def _differing(calendar: WorkCalendar) -> list[Differing]:
    """Return what is closed or opened once, for the drawing."""
    return [
        (one.starts_at, one.ends_at, f"{one.get_kind_display()} {one.words}")
        for one in calendar.exceptions.all()
    ]


@admin.register(CalendarException)
class CalendarExceptionAdmin(BaseAdmin):
    """What was and will be closed or open once."""

    is_small = True
    list_display = ("words", "calendar", "kind", "starts_at", "ends_at")
    list_select_related = ("calendar",)
    list_filter = ("kind",)
    search_fields = ("words",)

    @reason_action(
        _("Take back"),
        right="people.manage",
        question=_("Take this back?"),
        consequence=_("The usual hours hold again."),
        dangerous=True,
    )
    def withdraw(
        self, request: HttpRequest, exception: CalendarException, answers: dict[str, Any]
    ) -> None:
        withdraw_exception(exception, by=signed_in(request), reason=answers["reason"])
