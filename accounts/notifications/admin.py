"""Notifications in the back office: what was sent, what failed, and what the simulated phones show.

Titles and texts belong to whoever was told; operations see the way, not the words.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.actions.deliveries import retry_delivery
from accounts.models import (
    NoticeState,
    NotificationDelivery,
    PushDevice,
    PushSubscription,
    SimulatedPush,
)
from accounts.notifications.kinds import all_kinds, known_kind
from accounts.people import signed_in
from common.admin import MomentFilter, ReadOnlyAdmin, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events

name_parameter_groups({"notification": _("Notifications")})
name_events(
    {
        "delivery.retried": _("Delivery tried again"),
        "email.added": _("E-mail address entered"),
        "email.confirmed": _("E-mail address confirmed"),
        "email.removed": _("E-mail address removed"),
        "email.bounced": _("E-mail address refuses letters"),
        "person.notices_chosen": _("Media of notifications chosen"),
        "person.quiet_hours_set": _("Quiet hours set"),
        "person.browser_subscribed": _("Browser notices switched on"),
        "person.browser_unsubscribed": _("Browser notices switched off"),
        "person.phone_registered": _("Phone registered for notices"),
        "person.phone_unregistered": _("Phone no longer gets notices"),
    }
)


class KindFilter(admin.SimpleListFilter):
    """Deliveries by what they are about."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.key, kind.label) for kind in all_kinds()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[NotificationDelivery]
    ) -> QuerySet[NotificationDelivery]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(NotificationDelivery)
class NotificationDeliveryAdmin(ReadOnlyAdmin):
    """Every delivery that left the house or should have; failed ones can be tried again."""

    event_noun = "delivery"
    list_display = (
        "at",
        "medium",
        "state",
        "reason",
        "kind_name",
        "whom",
        "target_label",
        "attempts",
    )
    list_display_links = ("at",)
    list_select_related = ("person",)
    list_filter = ("state", "medium", KindFilter, MomentFilter)
    fields = (
        "kind_name",
        "whom",
        "medium",
        "target_label",
        "state",
        "reason",
        "attempts",
        "answer",
        "queued_at",
        "due_at",
        "at",
    )

    def title_of(self, request: HttpRequest, row: NotificationDelivery) -> str:
        return f"{row.get_medium_display()} {self.kind_name(row)}"

    @display(description=_("kind"))
    def kind_name(self, row: NotificationDelivery) -> str:
        kind = known_kind(row.kind)
        return str(kind.label) if kind else row.kind

    @display(description=_("person"))
    def whom(self, row: NotificationDelivery) -> str:
        return row.person.shown_name

    @display(description=_("why"))
    def reason(self, row: NotificationDelivery) -> str:
        said = render_to_string("accounts/notices/why.html", {"row": row}).strip()
        return said or self.get_empty_value_display()

    @reason_action(
        _("Try again"),
        right="notifications.manage",
        question=_("Send it once more?"),
        consequence=_(
            "It is queued at once, with all its tries anew. Who has read it meanwhile gets nothing."
        ),
        fits=lambda row: row.state in {NoticeState.FAILED, NoticeState.SKIPPED},
    )
    def retry(
        self, request: HttpRequest, row: NotificationDelivery, answers: dict[str, Any]
    ) -> None:
        retry_delivery(row, by=signed_in(request), reason=answers["reason"])


@admin.register(SimulatedPush)
class SimulatedPushAdmin(ReadOnlyAdmin):
    """What the simulated provider would have shown; the parameter tells it to fail.

    Everybody's own words to themselves: of others' phones one sees what it was about.
    """

    list_display = ("at", "platform", "whom", "about", "behaviour")
    list_display_links = ("at",)
    list_select_related = ("delivery__person",)
    list_filter = ("behaviour",)
    fields = ("at", "platform", "whom", "about", "words", "behaviour")

    def title_of(self, request: HttpRequest, row: SimulatedPush) -> str:
        return f"{row.platform} {self.about(row)}"

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> SimulatedPush | None:
        row: Any = super().get_object(request, *args, **kwargs)
        if row is not None:
            row.is_own = row.delivery.person_id == request.user.pk
        return row

    @display(description=_("person"))
    def whom(self, row: SimulatedPush) -> str:
        return row.delivery.person.shown_name

    @display(description=_("kind"))
    def about(self, row: SimulatedPush) -> str:
        kind = known_kind(row.delivery.kind)
        return str(kind.label) if kind else row.delivery.kind

    @display(description=_("text"))
    def words(self, row: Any) -> str:
        # On a row's own page alone: whatever else shows it has not asked whose it is.
        if not getattr(row, "is_own", False):
            return self.get_empty_value_display()
        return " · ".join(part for part in (row.title, row.body, row.url) if part)


@admin.register(PushDevice)
class PushDeviceAdmin(ReadOnlyAdmin):
    """Phones with the app; tokens are never shown."""

    list_display = ("whom", "label", "platform", "provider", "created_at", "last_sent_at")
    list_select_related = ("person",)
    list_filter = ("provider", "platform")
    fields = ("whom", "label", "platform", "provider", "created_at", "last_sent_at")

    @display(description=_("person"))
    def whom(self, row: PushDevice) -> str:
        return row.person.shown_name


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    """Browsers with notices; of the endpoint only the service is shown: the rest is a secret."""

    list_display = ("whom", "label", "service", "created_at", "last_sent_at")
    list_select_related = ("person",)
    fields = ("whom", "label", "service", "created_at", "last_sent_at")

    @display(description=_("person"))
    def whom(self, row: PushSubscription) -> str:
        return row.person.shown_name

    @display(description=_("push service"))
    def service(self, row: PushSubscription) -> str:
        return row.endpoint.split("/")[2]
