"""Calendar, history, timers, signs of life."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from common.admin.base import BaseAdmin, ReadOnlyAdmin
from common.admin.lists import MomentFilter, WhoAndWhenFilter
from common.calendars import set_day
from common.events import Line, event_names, event_words, history_lines, name_events
from common.models import CalendarDay, Deadline, Event, Heartbeat
from common.words import span_words

name_events(
    {
        "parameter.changed": gettext_lazy("Parameter changed"),
        "calendar_day.changed": gettext_lazy("Calendar day changed"),
        "personal_data.revealed": gettext_lazy("Personal data looked at"),
        "task.refused": gettext_lazy("Background task refused"),
    }
)


class EventNameFilter(admin.SimpleListFilter):
    """Events by what they are called."""

    title = gettext_lazy("what")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(
            ((code, str(name)) for code, name in event_names().items()), key=lambda pair: pair[1]
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """History of everything, newest first."""

    list_display = ("moment", "who", "what", "thing", "changes", "why")
    list_display_links = ("moment",)
    list_select_related = ("actor",)
    list_filter = (MomentFilter, WhoAndWhenFilter, EventNameFilter)
    search_fields = ("=subject_id",)
    search_help_text = gettext_lazy("Number of the thing")
    fields = ("moment", "who", "what", "thing", "changes", "why")

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        for event, line in zip(rows, history_lines(rows), strict=True):
            event.line = line

    def _line(self, event: Any) -> Line:
        if not hasattr(event, "line"):
            (event.line,) = history_lines([event])
        return event.line

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if search_term.strip():
            queryset = queryset.filter(subject_id=search_term.strip())
        return queryset, False

    @display(description=gettext_lazy("at"))
    def moment(self, event: Event) -> str:
        return f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}"

    @display(description=gettext_lazy("by"))
    def who(self, event: Event) -> str:
        return self._line(event).actor

    @display(description=gettext_lazy("what"))
    def what(self, event: Event) -> str:
        return event_words(event.action)

    @display(description=gettext_lazy("which"))
    def thing(self, event: Event) -> str:
        line = self._line(event)
        return (
            format_html('<a href="{}">{}</a>', line.url, line.subject) if line.url else line.subject
        )

    @display(description=gettext_lazy("before → after"))
    def changes(self, event: Event) -> str:
        changes = self._line(event).changes
        return (
            format_html_join(
                "",
                '<span class="x-change">{} {}<strong>{}</strong></span>',
                ((c.label, f"{c.before} → " if c.before else "", c.after or "—") for c in changes),
            )
            or self.get_empty_value_display()
        )

    @display(description=gettext_lazy("reason"))
    def why(self, event: Event) -> str:
        return event.reason or self.get_empty_value_display()


class CalendarDayForm(ModelForm):  # type: ignore[type-arg]
    """One day, and why it differs."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes into the history; colleagues and auditors read it."),
    )


@admin.register(CalendarDay)
class CalendarDayAdmin(BaseAdmin):
    """Days that differ from their weekday; what is not listed follows the published list."""

    is_small = True
    allow_add = True
    editable_fields = ("day", "name", "is_off", "reason")
    ordering = ("-day",)
    form = CalendarDayForm
    list_display = ("day", "name", "is_off", "source")
    list_filter = ("is_off",)
    search_fields = ("name",)
    fields = ("day", "name", "is_off", "source", "reason")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self.has_change_permission(request):
            return ("day", "name", "is_off", "source")
        return self.fields if obj else ("day", "name", "is_off", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The day is the key: chosen once.
        return ("day", "source") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        set_day(
            obj.day,
            is_off=obj.is_off,
            name=obj.name,
            by=request.user,
            reason=form.cleaned_data["reason"],
        )


class DeadlineStateFilter(admin.SimpleListFilter):
    """Timers that run, are late, wait or are done."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("late", _("Late")),
            ("running", _("Running")),
            ("paused", _("Paused")),
            ("done", _("Done")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Deadline]) -> QuerySet[Deadline]:
        match self.value():
            case "late":
                return queryset.filter(done_at=None, paused_at=None, due_at__lt=timezone.now())
            case "running":
                return queryset.filter(done_at=None, paused_at=None)
            case "paused":
                return queryset.filter(done_at=None, paused_at__isnull=False)
            case "done":
                return queryset.filter(done_at__isnull=False)
            case _:
                return queryset


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin):
    """All timers of the house. The clock process runs them; nobody moves them by hand."""

    list_display = ("kind", "subject_id", "due_at", "left", "attempts", "last_error")
    list_filter = (DeadlineStateFilter,)
    search_fields = ("=subject_id", "=kind")
    search_help_text = gettext_lazy("Kind or number of the thing")

    @display(description=gettext_lazy("left"))
    def left(self, deadline: Deadline) -> str:
        if deadline.done_at:
            return _("done")
        if deadline.paused_at:
            return _("paused")
        seconds = (deadline.due_at - timezone.now()).total_seconds()
        words = span_words(abs(seconds))
        return _("%(span)s over") % {"span": words} if seconds < 0 else words


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """When each process was last heard of."""

    is_small = True
    ordering = ("process", "-at")
    list_display = ("instance", "process", "at", "ago")

    @display(description=gettext_lazy("last heard"))
    def ago(self, beat: Heartbeat) -> str:
        seconds = max((timezone.now() - beat.at).total_seconds(), 0)
        return _("%(span)s ago") % {"span": span_words(seconds)}
