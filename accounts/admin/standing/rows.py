"""What standing is made of, row by row: entries of scores, titles, guides, runs."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.actions import end_title, reverse_entry
from accounts.models import Cause, Guide, ScoreEntry, StandingRun, TierTitle
from accounts.people import signed_in
from common.admin import ReadOnlyAdmin, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events

name_parameter_groups(
    {"standing": gettext_lazy("Scores and tiers"), "score": gettext_lazy("Points of cases")}
)
name_events(
    {
        "score.posted": gettext_lazy("Score entry posted"),
        "title.granted": gettext_lazy("Title given"),
        "title.ended": gettext_lazy("Title ended"),
        "guide.began": gettext_lazy("Guide began"),
        "guide.doubled": gettext_lazy("Seen to be an account more of one person"),
        "member.tier_moved": gettext_lazy("Tier moved"),
    }
)


class OfMembers(ReadOnlyAdmin):
    """Rows of members, found by the member's number, named by number and masked name."""

    about_member = "member"
    list_select_related: Any = ("member",)
    search_fields = ("=member__member_no",)
    search_help_text = gettext_lazy("Member no.")

    @display(description=gettext_lazy("member"))
    def whom(self, row: Any) -> str:
        name: str = row.member.shown_name
        return name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Who asked to be erased is found by those who handle it alone, here as in the list of members.
        rows = super().get_queryset(request)
        if signed_in(request).can("personal_data.handle"):
            return rows
        return rows.filter(member__hidden_at=None)


@admin.register(ScoreEntry)
class ScoreEntryAdmin(OfMembers):
    """Rows of scores that are not orders. Never changed: a wrong one is taken back by another."""

    event_noun = "score"
    list_display = ("at", "whom", "score", "signed", "cause", "cause_key", "by")
    list_display_links = ("at",)
    list_select_related = ("member", "by")
    list_filter = ("cause", "score")
    fields = (
        "whom",
        "score",
        "signed",
        "cause",
        "cause_key",
        "at",
        "expires_at",
        "rules_version",
        "about",
        "by",
        "reason",
    )

    def title_of(self, request: HttpRequest, row: ScoreEntry) -> str:
        return f"{row.member.shown_name} {row}"

    @display(description=gettext_lazy("points"))
    def signed(self, row: ScoreEntry) -> str:
        return f"{row.points:+d}"

    @reason_action(
        gettext_lazy("Reverse"),
        right="scores.post",
        question=gettext_lazy("Reverse these rows?"),
        consequence=gettext_lazy(
            "Another row cancels each, with what was forgiven of it meanwhile. Both stay to be read."
        ),
        fits=lambda row: row.cause not in (Cause.REVERSAL, Cause.DECAY),
    )
    def take_back(self, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
        reverse_entry(row, by=signed_in(request), reason=answers["reason"], now=timezone.now())


class TitleStateFilter(admin.SimpleListFilter):
    """Titles that hold, begin later, are over."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("Holds now")), ("later", _("Begins later")), ("over", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        over = Q(until__lte=now) | Q(ended_at__isnull=False)
        match self.value():
            case "now":
                return queryset.exclude(over).filter(since__lte=now)
            case "later":
                return queryset.exclude(over).filter(since__gt=now)
            case "over":
                return queryset.filter(over)
        return queryset


@admin.register(TierTitle)
class TierTitleAdmin(OfMembers):
    """Tiers that were bought or offered; given on the member's page."""

    event_noun = "title"
    list_display = ("whom", "tier", "since", "until", "ended_at", "source_key", "by")
    list_select_related = ("member", "by")
    list_filter = ("tier", TitleStateFilter)
    fields = ("whom", "tier", "since", "until", "ended_at", "source_key", "by", "reason")

    def title_of(self, request: HttpRequest, row: TierTitle) -> str:
        return f"{row.member.shown_name} {row.get_tier_display()}"

    @reason_action(
        gettext_lazy("End"),
        right="titles.grant",
        question=gettext_lazy("End these titles?"),
        consequence=gettext_lazy(
            "The title is over at once; the tier follows on the next recompute day, one step at a time."
        ),
        dangerous=True,
        fits=lambda row: row.ended_at is None and row.until > timezone.now(),
    )
    def end(self, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
        end_title(row, by=signed_in(request), reason=answers["reason"], now=timezone.now())


class GuideStateFilter(admin.SimpleListFilter):
    """Guides that go on, those that have ended, and accounts that are one person's second."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("on", _("Goes on")), ("ended", _("Ended")), ("doubled", _("Same person twice"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        over = Q(ended_at__isnull=False) | Q(ends_at__lte=timezone.now())
        match self.value():
            case "on":
                return queryset.exclude(over).filter(doubled_with=None)
            case "ended":
                return queryset.filter(over)
            case "doubled":
                return queryset.exclude(doubled_with=None)
        return queryset


@admin.register(Guide)
class GuideAdmin(OfMembers):
    """New members who are led by the hand, until the last day or enough orders."""

    list_display = (
        "whom",
        "began_at",
        "ends_at",
        "completed",
        "first_order_no",
        "ended_at",
        "twin",
    )
    list_select_related = ("member", "doubled_with")
    list_filter = (GuideStateFilter,)
    fields = (
        "whom",
        "began_at",
        "ends_at",
        "completed",
        "first_order_no",
        "first_completed_at",
        "ended_at",
        "twin",
        "doubled_by",
    )

    def title_of(self, request: HttpRequest, row: Guide) -> str:
        return row.member.shown_name

    @display(description=gettext_lazy("same person as"))
    def twin(self, row: Guide) -> str:
        return row.doubled_with.shown_name if row.doubled_with else self.get_empty_value_display()


@admin.register(StandingRun)
class StandingRunAdmin(ReadOnlyAdmin):
    """Runs over the orders: what was taken, what was settled, how many tiers moved."""

    list_display = ("at", "kind", "members", "moved", "seconds", "settled_on", "rules_version")
    list_display_links = ("at",)
    list_filter = ("kind",)
    fields = (
        "at",
        "kind",
        "cursor",
        "settled_on",
        "rules_version",
        "members",
        "moved",
        "seconds",
    )
