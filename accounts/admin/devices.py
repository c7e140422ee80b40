from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.actions import end_device
from accounts.models import Device
from accounts.people import signed_in
from common.admin import ReadOnlyAdmin, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from common.masking import mask_name

name_parameter_groups({"token": _("Apps and integrations")})
name_events(
    {
        "device.signed_in": _("App signed in"),
        "device.ended": _("App signed out"),
    }
)


class DeviceStateFilter(admin.SimpleListFilter):
    """Devices that are signed in, and those that were."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("living", _("Signed in")), ("ended", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        match self.value():
            case "living":
                return queryset.living(now)
            case "ended":
                return queryset.exclude(ended_at=None, ends_at__gt=now)
        return queryset


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Apps signed in on devices: whose, since when, whether still used."""

    list_display = ("person", "device", "app_version", "signed_in_at", "last_used_at", "state")
    list_display_links = ("device",)
    list_select_related = ("user",)
    list_filter = (DeviceStateFilter, "platform")
    search_fields = ("=user__username",)
    search_help_text = _("Account")
    fields = (
        "person",
        "name",
        "platform",
        "app_version",
        "signed_in_at",
        "signed_in_address",
        "last_used_at",
        "last_used_address",
        "ends_at",
        "limit_at",
        "state",
        "ended_at",
    )

    def title_of(self, request: HttpRequest, row: Device) -> str:
        return f"{_person_of(row)} · {row}"

    @display(description=_("person"))
    def person(self, device: Device) -> str:
        return _person_of(device)

    @display(description=_("device"))
    def device(self, device: Device) -> str:
        return str(device)

    @display(description=_("state"))
    def state(self, device: Device) -> Any:
        if device.ended_at is not None:
            return device.get_end_reason_display()
        return _("signed in") if device.is_living(timezone.now()) else _("not used for too long")

    @reason_action(
        _("Sign out"),
        right="people.manage",
        question=_("Sign these devices out?"),
        consequence=_("Their tokens stop at once and open chats close; people sign in again."),
        dangerous=True,
        fits=lambda device: device.ended_at is None,
    )
    def end(self, request: HttpRequest, device: Device, answers: dict[str, Any]) -> None:
        end_device(device, by=signed_in(request), reason=answers["reason"], now=timezone.now())


def _person_of(device: Device) -> str:
    user = device.user
    # A buyer's account can be their phone number.
    return mask_name(user.display_name) if user.is_buyer else f"{user.username} {user.display_name}"
