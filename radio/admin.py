"""The radio in the back office: cases are screened with a reason, channels opened and closed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, MomentFilter, ReadOnlyAdmin, ReasonForm, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from common.search import found_keys
from radio import facts, rules  # noqa: F401  (facts: the first page and the self-test)
from radio.actions import (
    change_channel,
    close_channel,
    merge_case,
    open_channel,
    reject_case,
    reopen_channel,
    revoke_feed_token,
    select_case,
)
from radio.models import Case, CaseState, Channel, Edition, FeedToken, Severity, Subscription

name_parameter_groups({"radio": _("Nine o'clock radio")})
name_events(
    {
        "case.submitted": _("Case pushed"),
        "case.selected": _("Case selected"),
        "case.merged": _("Case merged"),
        "case.rejected": _("Case returned"),
        "channel.opened": _("Channel opened"),
        "channel.changed": _("Channel changed"),
        "channel.closed": _("Channel taken off air"),
        "channel.reopened": _("Channel back on air"),
        "channel.subscribed": _("Subscribed to the channel"),
        "channel.unsubscribed": _("Left the channel"),
        "channel.muted": _("Channel muted"),
        "channel.unmuted": _("Channel unmuted"),
        "edition.aired": _("Edition announced"),
        "edition.moved": _("Edition moved to another day"),
        "edition.withdrawn": _("Empty edition withdrawn"),
        "feed_token.issued": _("Feed address issued"),
        "feed_token.revoked": _("Feed address revoked"),
    }
)


STATE_COLOURS: dict[str, str] = {
    CaseState.PENDING: "warning",
    CaseState.SELECTED: "success",
    CaseState.REJECTED: "danger",
}


class SelectForm(ReasonForm):
    """Into which channels, under which title."""

    channels = forms.ModelMultipleChoiceField(
        label=_("Channels"),
        queryset=Channel.objects.none(),
        widget=UnfoldAdminSelectMultipleWidget(),
    )
    headline = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=rules.HEADLINE_CHARACTERS,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("At most 16 characters. Empty: the title it was pushed with."),
    )
    severity = forms.ChoiceField(
        label=_("Severity"),
        required=False,
        choices=[("", _("Not set")), *Severity.choices],
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = self.fields["channels"]
        assert isinstance(channels, forms.ModelMultipleChoiceField)
        channels.queryset = Channel.objects.visible_to(signed_in(self.request)).on_air()


class MergeForm(ReasonForm):
    """Into which case."""

    into = forms.ModelChoiceField(
        label=_("Merge into"), queryset=Case.objects.none(), widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [case.pk for case in self.subjects]
        open_ones = Case.objects.visible_to(signed_in(self.request)).filter(
            state__in=[CaseState.PENDING, CaseState.SELECTED]
        )
        newest = open_ones.exclude(pk__in=mine).order_by("-pk").values("pk")[:100]
        choices = Case.objects.filter(pk__in=newest).order_by("-pk")
        self.fields["into"].queryset = choices  # type: ignore[attr-defined]


class ChannelFilter(admin.SimpleListFilter):
    """The channels one may know of: a private one's name is as private as the channel."""

    title = _("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = Channel.objects.visible_to(signed_in(request))
        return [(channel.code, channel.name) for channel in known]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(channel__code=self.value()) if self.value() else queryset


def _waits(case: Case) -> bool:
    return case.state == CaseState.PENDING


@admin.register(Case)
class CaseAdmin(BaseAdmin):
    """What agents pushed, masked, and what the kitchen decided."""

    about_member = "conversation__member"
    list_display = ("headline", "state_word", "severity", "pushed_by", "pushed_at", "screened_by")
    list_select_related = ("pushed_by", "screened_by")
    list_filter = ("state", MomentFilter, "severity")
    search_fields = ("headline", "conversation__conversation_no")
    search_help_text = _("Words of the title, the reason or a quote, or a conversation no.")
    fields = (
        ("headline", "state"),
        ("severity", "conversation"),
        "reason",
        "voices",
        ("member_region", "member_tier"),
        ("pushed_by", "pushed_at"),
        ("screened_by", "screened_at"),
        ("reject_reason", "merged_into"),
        "aired_in",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        numbered = Q(conversation__conversation_no__iexact=term)
        cases = found_keys("case", signed_in(request), term)
        return queryset.filter(Q(pk__in=cases) | numbered), False

    @display(description=_("state"))
    def state_word(self, case: Case) -> str:
        return Chip(case.get_state_display(), STATE_COLOURS.get(case.state, ""))

    @display(description=_("quotes"))
    def voices(self, case: Case) -> Any:
        lines = [
            (
                _("%(speaker)s: %(words)s")
                % {"speaker": q.get_speaker_kind_display(), "words": q.body},
            )
            for q in case.quotes.order_by("seq")
        ]
        return format_html_join("", "<p>{}</p>", lines) or "—"

    @display(description=_("editions"))
    def aired_in(self, case: Case) -> Any:
        items = case.items.select_related("edition__channel").order_by("edition__publish_at")
        return format_html_join("", "<p>{}</p>", [(item.edition,) for item in items]) or "—"

    @reason_action(
        _("Select"),
        right="radio.screen",
        form=SelectForm,
        question=_("Put these cases on air?"),
        consequence=_("Each goes into the next edition of the channels that has room."),
        fits=_waits,
    )
    def select(self, request: HttpRequest, case: Case, answers: dict[str, Any]) -> None:
        select_case(
            case,
            channels=list(answers["channels"]),
            headline=answers["headline"] or case.headline,
            severity=answers["severity"],
            reason=answers["reason"],
            by=signed_in(request),
        )

    @reason_action(
        _("Merge"),
        right="radio.screen",
        form=MergeForm,
        question=_("Count these cases to another one?"),
        consequence=_("They share its fate; who pushed them sees it."),
        fits=_waits,
    )
    def merge(self, request: HttpRequest, case: Case, answers: dict[str, Any]) -> None:
        merge_case(case, into=answers["into"], reason=answers["reason"], by=signed_in(request))

    @reason_action(
        _("Return"),
        right="radio.screen",
        question=_("Return these cases?"),
        consequence=_("Who pushed them reads the reason."),
        dangerous=True,
        fits=_waits,
    )
    def reject(self, request: HttpRequest, case: Case, answers: dict[str, Any]) -> None:
        reject_case(case, reason=answers["reason"], by=signed_in(request))


@admin.register(Channel)
class ChannelAdmin(BaseAdmin):
    """Themes of the radio; private ones are known to their list alone."""

    is_small = True
    allow_add = True
    editable_fields = (
        "code",
        "name",
        "description",
        "position",
        "owner",
        "is_private",
        "people",
    )
    fields = (
        ("name", "code"),
        "description",
        ("position", "owner"),
        ("is_private", "people"),
        ("is_active", "active_since"),
    )
    list_display = ("name", "code", "is_private", "is_active", "listeners", "owner", "position")
    list_select_related = ("owner",)
    list_filter = ("is_active", "is_private")
    search_fields = ("name", "code")
    autocomplete_fields = ("owner", "people")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(heard_by=Count("subscriptions"))

    @display(description=_("subscribers"))
    def listeners(self, channel: Any) -> int:
        return int(channel.heard_by)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else self.editable_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A code stands in addresses that people keep.
        return ["code", "is_active", "active_since"] if obj else []

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        said = form.cleaned_data
        if change:
            given = {name: said[name] for name in form.changed_data}
            change_channel(obj, by=signed_in(request), **given)
            return
        opened = open_channel(
            **{name: said[name] for name in self.editable_fields}, by=signed_in(request)
        )
        obj.pk = opened.pk
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing is left to save: the list of people went through the action."""

    @reason_action(
        _("Take off air"),
        right="radio.manage",
        question=_("Take these channels off air?"),
        consequence=_("Editions to come that hold cases still come out; then there are none."),
        dangerous=True,
        fits=lambda channel: channel.is_active,
    )
    def close(self, request: HttpRequest, channel: Channel, answers: dict[str, Any]) -> None:
        close_channel(channel, reason=answers["reason"], by=signed_in(request))

    @reason_action(
        _("Put back on air"),
        right="radio.manage",
        question=_("Put these channels back on air?"),
        consequence=_("The next working day has an edition again."),
        fits=lambda channel: not channel.is_active,
    )
    def reopen(self, request: HttpRequest, channel: Channel, answers: dict[str, Any]) -> None:
        reopen_channel(channel, reason=answers["reason"], by=signed_in(request))


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    """What each channel brought out and will bring out."""

    list_display = ("day", "channel", "number", "stories", "publish_at", "aired_at")
    list_select_related = ("channel",)
    list_filter = (ChannelFilter, "day")
    fields = (("channel", "number"), ("day", "publish_at"), "aired_at", "told")

    def get_queryset(self, request: HttpRequest) -> Any:
        # Those to come as well: the back office plans them.
        known = Channel.objects.visible_to(signed_in(request)).values("pk")
        rows = Edition.objects.filter(channel__in=known).select_related("channel")
        return rows.annotate(told_count=Count("items")).order_by("-pk")

    @display(description=_("stories"))
    def stories(self, edition: Any) -> int:
        return int(edition.told_count)

    @display(description=_("stories"))
    def told(self, edition: Edition) -> Any:
        items = edition.items.select_related("case").order_by("position")
        return format_html_join("", "<p>{}</p>", [(item.case.headline,) for item in items]) or "—"


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who hears what; people change it themselves."""

    list_display = ("user", "channel", "subscribed_at", "muted_at")
    list_select_related = ("user", "channel")
    list_filter = (ChannelFilter,)
    search_fields = ("user__display_name", "user__username")

    def get_queryset(self, request: HttpRequest) -> Any:
        known = Channel.objects.visible_to(signed_in(request)).values("pk")
        return super().get_queryset(request).filter(channel__in=known)


@admin.register(FeedToken)
class FeedTokenAdmin(ReadOnlyAdmin):
    """Secret addresses of feed readers: who has one, and whether it is still used."""

    list_display = ("user", "channel", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user", "channel")
    hidden_fields = ("token_hash",)

    def get_queryset(self, request: HttpRequest) -> Any:
        known = Channel.objects.visible_to(signed_in(request)).values("pk")
        return super().get_queryset(request).filter(channel__in=known)

    @reason_action(
        _("Revoke"),
        right="radio.manage",
        question=_("Stop these addresses from working?"),
        consequence=_("The feed readers behind them get nothing more; people can make new ones."),
        dangerous=True,
        fits=lambda token: token.revoked_at is None,
    )
    def revoke(self, request: HttpRequest, token: FeedToken, answers: dict[str, Any]) -> None:
        revoke_feed_token(token, by=signed_in(request), reason=answers["reason"])
