"""The back office's pages of webhooks: whom we tell, what became of it, and which hosts are left alone."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from accounts.actions import (
    add_endpoint,
    change_endpoint,
    pause_endpoint,
    remove_endpoint,
    replay_dead,
    replay_delivery,
    resume_endpoint,
    rotate_secret,
    send_test,
)
from accounts.actions.webhooks import called
from accounts.models import (
    DeliveryState,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookHost,
    WebhookState,
)
from accounts.people import signed_in
from accounts.webhooks.events import heard_events
from common.admin import BaseAdmin, Chip, MomentFilter, ReadOnlyAdmin, reason_action
from common.admin.parameters import name_parameter_groups
from common.errors import DomainError
from common.events import name_events
from common.outgoing import parse_target

name_parameter_groups({"webhooks": gettext_lazy("Webhooks")})
name_events(
    {
        "webhook.added": gettext_lazy("Webhook added"),
        "webhook.changed": gettext_lazy("Webhook changed"),
        "webhook.paused": gettext_lazy("Webhook paused"),
        "webhook.resumed": gettext_lazy("Webhook resumed"),
        "webhook.removed": gettext_lazy("Webhook removed"),
        "webhook.secret_rotated": gettext_lazy("Webhook secret changed"),
        "webhook.tested": gettext_lazy("Webhook tested"),
        "webhook.replayed": gettext_lazy("Webhook deliveries sent again"),
    }
)


ENDPOINT_COLOURS: dict[str, str] = {
    WebhookState.ACTIVE: "success",
    WebhookState.PAUSED: "warning",
    WebhookState.REMOVED: "info",
}
DELIVERY_COLOURS: dict[str, str] = {
    DeliveryState.WAITING: "info",
    DeliveryState.DELIVERED: "success",
    DeliveryState.DEAD: "danger",
    DeliveryState.DROPPED: "warning",
}


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where to, of what, and what for."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )
    url = forms.CharField(
        label=gettext_lazy("address"),
        max_length=2_000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://"}),
        help_text=gettext_lazy(
            "A public https address; docs/webhooks.md says what it must answer."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "events" in self.fields:  # whoever may only look has no fields
            choices: Any = self.fields["events"]
            choices.choices = [(one.code, f"{one.label} · {one.code}") for one in heard_events()]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            parse_target(url, **called())
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message) from None
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(BaseAdmin):
    """Who hears of what. One's own are made here; everybody's are looked after."""

    event_noun = "webhook"
    allow_add = True
    form = EndpointForm
    editable_fields = ("url", "events", "description")
    fields = (
        "url",
        "events",
        "description",
        "owner_name",
        "state",
        "made_at",
        "former_secret_until",
        "figures",
    )
    list_display = ("address", "owner_name", "event_names", "state_chip", "dead", "made_at")
    list_display_links = ("address",)
    list_filter = ("state",)
    list_select_related = ("owner",)
    search_fields = ("url", "description")
    search_help_text = gettext_lazy("Address or what it is for")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else self.editable_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_there = obj is None or obj.state != WebhookState.REMOVED
        return is_there and super().has_change_permission(request, obj)

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        dead = dict(
            WebhookDelivery.objects.filter(
                endpoint__in=[row.pk for row in rows], state=DeliveryState.DEAD
            )
            .values_list("endpoint")
            .annotate(Count("pk"))
        )
        for row in rows:
            row.dead_count = dead.get(row.pk, 0)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = {name: form.cleaned_data[name] for name in ("url", "events", "description")}
        by = signed_in(request)
        if change:
            change_endpoint(obj, **said, by=by)
            return
        endpoint, secret = add_endpoint(**said, by=by)
        obj.pk = endpoint.pk
        obj.refresh_from_db()
        messages.warning(request, _secret_words(secret))

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().add_view(request, *args, **kwargs)
        except DomainError as refusal:  # the last of a person's webhooks, taken meanwhile
            messages.error(request, refusal.message)
            return self.response_post_save_add(request, None)

    def title_of(self, request: HttpRequest, row: WebhookEndpoint) -> str:
        return row.description or row.host

    @display(description=gettext_lazy("address"))
    def address(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.url if len(endpoint.url) <= 60 else f"{endpoint.url[:59]}…"

    @display(description=gettext_lazy("person"))
    def owner_name(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.owner.shown_name

    @display(description=gettext_lazy("events"))
    def event_names(self, endpoint: WebhookEndpoint) -> str:
        return format_html_join(
            " ", '<span class="x-chip">{}</span>', ((code,) for code in endpoint.events[:4])
        ) + (format_html(" +{}", len(endpoint.events) - 4) if len(endpoint.events) > 4 else "")

    @display(description=gettext_lazy("state"))
    def state_chip(self, endpoint: WebhookEndpoint) -> str:
        return Chip(endpoint.get_state_display(), ENDPOINT_COLOURS.get(endpoint.state, ""))

    @display(description=gettext_lazy("given up"))
    def dead(self, endpoint: Any) -> int:
        return endpoint.dead_count

    @display(description=gettext_lazy("deliveries"))
    def figures(self, endpoint: WebhookEndpoint) -> str:
        counts = endpoint.deliveries.aggregate(
            **{state: Count("pk", filter=Q(state=state)) for state in DeliveryState.values}
        )
        return "、".join(
            f"{label} {counts[state]}" for state, label in DeliveryState.choices if counts[state]
        ) or _("none yet")

    @reason_action(
        gettext_lazy("Send a test event"),
        right="webhooks.use",
        question=gettext_lazy("Send a test event?"),
        consequence=gettext_lazy(
            "The address gets one “webhook.test”; see the deliveries for its answer."
        ),
        fits=lambda endpoint: endpoint.state == WebhookState.ACTIVE,
    )
    def test(self, request: HttpRequest, endpoint: Any, answers: dict[str, Any]) -> str:
        delivery = send_test(endpoint, by=signed_in(request))
        return _("sent as %(number)s") % {"number": delivery}

    @reason_action(
        gettext_lazy("Send again what was given up"),
        right="webhooks.use",
        question=gettext_lazy("Send again everything that was given up?"),
        consequence=gettext_lazy("Each goes out under its old number, with all tries before it."),
        fits=lambda endpoint: endpoint.state == WebhookState.ACTIVE,
    )
    def replay(self, request: HttpRequest, endpoint: Any, answers: dict[str, Any]) -> str:
        count = replay_dead(endpoint, by=signed_in(request), reason=answers["reason"])
        return ngettext("%(n)s is sent again", "%(n)s are sent again", count) % {"n": count}

    @reason_action(
        gettext_lazy("Pause"),
        right="webhooks.use",
        question=gettext_lazy("Pause this webhook?"),
        consequence=gettext_lazy(
            "Nothing is sent to it until it is resumed; what it is owed waits."
        ),
        fits=lambda endpoint: endpoint.state == WebhookState.ACTIVE,
    )
    def pause(self, request: HttpRequest, endpoint: Any, answers: dict[str, Any]) -> None:
        pause_endpoint(endpoint, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        gettext_lazy("Resume"),
        right="webhooks.use",
        question=gettext_lazy("Resume this webhook?"),
        consequence=gettext_lazy("What waits is sent first."),
        fits=lambda endpoint: endpoint.state == WebhookState.PAUSED,
    )
    def resume(self, request: HttpRequest, endpoint: Any, answers: dict[str, Any]) -> None:
        resume_endpoint(endpoint, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        gettext_lazy("Change the secret"),
        right="webhooks.use",
        question=gettext_lazy("Make a new secret?"),
        consequence=gettext_lazy("It is shown once. For a day the old one still signs beside it."),
        fits=lambda endpoint: endpoint.state != WebhookState.REMOVED,
    )
    def rotate(self, request: HttpRequest, endpoint: Any, answers: dict[str, Any]) -> str:
        secret = rotate_secret(endpoint, by=signed_in(request), reason=answers["reason"])
        return _secret_words(secret)

    @reason_action(
        gettext_lazy("Remove"),
        right="webhooks.use",
        question=gettext_lazy("Remove this webhook?"),
        consequence=gettext_lazy(
            "It hears nothing more, and what it is owed is not sent. The log stays."
        ),
        dangerous=True,
        fits=lambda endpoint: endpoint.state != WebhookState.REMOVED,
    )
    def remove(self, request: HttpRequest, endpoint: Any, answers: dict[str, Any]) -> None:
        remove_endpoint(endpoint, by=signed_in(request), reason=answers["reason"])


class DeliveryEventFilter(admin.SimpleListFilter):
    """Deliveries by what they tell of."""

    title = gettext_lazy("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.code, str(one.label)) for one in heard_events()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(event__event=self.value()) if self.value() else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was and is owed, newest first, with the receiver's answers."""

    event_noun = "webhook_delivery"
    list_display = (
        "moment",
        "event_code",
        "receiver",
        "state_chip",
        "attempts",
        "answer",
        "next_try",
    )
    list_display_links = ("moment",)
    list_filter = ("state", DeliveryEventFilter, MomentFilter)
    list_select_related = ("event", "endpoint__owner")
    search_fields = ("=id",)
    search_help_text = gettext_lazy("Number of a delivery or of a webhook")
    fields = (
        "number",
        "event_code",
        "receiver",
        "state",
        "attempts",
        "moment",
        "delivered_at",
        "next_try",
        "data",
        "tries",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        _prefix, _line, digits = term.rpartition("_")
        try:
            key = WebhookDelivery._meta.pk.to_python(digits)
        except forms.ValidationError:
            return queryset.none(), False
        return queryset.filter(Q(pk=key) | Q(endpoint=key)), False

    def title_of(self, request: HttpRequest, row: WebhookDelivery) -> str:
        return f"{row.event.event} → {row.endpoint.host}"

    @display(description=gettext_lazy("at"))
    def moment(self, delivery: WebhookDelivery) -> str:
        return _shown(delivery.event.at)

    @display(description=gettext_lazy("number"))
    def number(self, delivery: WebhookDelivery) -> str:
        return str(delivery)

    @display(description=gettext_lazy("event"))
    def event_code(self, delivery: WebhookDelivery) -> str:
        return delivery.event.event

    @display(description=gettext_lazy("receiver"))
    def receiver(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.host

    @display(description=gettext_lazy("state"))
    def state_chip(self, delivery: WebhookDelivery) -> str:
        return Chip(delivery.get_state_display(), DELIVERY_COLOURS.get(delivery.state, ""))

    @display(description=gettext_lazy("answer"))
    def answer(self, delivery: WebhookDelivery) -> str:
        if delivery.last_problem:
            return delivery.last_problem[:60]
        return f"HTTP {delivery.last_status}" if delivery.last_status else "—"

    @display(description=gettext_lazy("next try"))
    def next_try(self, delivery: WebhookDelivery) -> str:
        return _shown(delivery.next_at) if delivery.state == DeliveryState.WAITING else "—"

    @display(description=gettext_lazy("details"))
    def data(self, delivery: WebhookDelivery) -> str:
        return format_html_join(
            "",
            '<span class="x-change">{} <strong>{}</strong></span>',
            delivery.event.data.items(),
        )

    @display(description=gettext_lazy("tries"))
    def tries(self, delivery: WebhookDelivery) -> str:
        return (
            format_html_join(
                "",
                "<p>{} · {} · {} ms · {}</p>",
                (
                    (
                        _shown(datetime.fromisoformat(one["at"])),
                        one["problem"] or f"HTTP {one['status']}",
                        one["millis"],
                        one["answer"] or "—",
                    )
                    for one in reversed(delivery.log)
                ),
            )
            or "—"
        )

    @reason_action(
        gettext_lazy("Send again"),
        right="webhooks.use",
        question=gettext_lazy("Send this once more?"),
        consequence=gettext_lazy("It goes out under its old number, with all tries before it."),
        fits=lambda delivery: delivery.state != DeliveryState.WAITING,
    )
    def replay(self, request: HttpRequest, delivery: Any, answers: dict[str, Any]) -> None:
        replay_delivery(delivery, by=signed_in(request), reason=answers["reason"])


@admin.register(WebhookHost)
class WebhookHostAdmin(ReadOnlyAdmin):
    """Hosts that failed lately: left alone until the moment shown, then asked once."""

    is_small = True
    ordering = ("-failures", "host")
    list_display = ("host", "failures", "open_until")


def _secret_words(secret: str) -> str:
    return _("The secret, shown this once: %(secret)s") % {"secret": secret}


def _shown(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
