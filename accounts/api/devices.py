"""REST of one's own devices."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.actions import end_device, end_other_devices
from accounts.api import SignedIn
from accounts.models import Device
from accounts.shapes import DevicesShape, EndedShape
from common.rest import Endpoint, Nothing, accepted


class Devices(Endpoint):
    """The apps one is signed in with."""

    @extend_schema(responses=DevicesShape)
    def get(self, request: SignedIn) -> Response:
        """List one's own devices that are signed in, the last one used first."""
        living = Device.objects.living(timezone.now()).filter(user=request.user)
        rows = sorted(living, key=lambda one: one.last_used_at or one.signed_in_at, reverse=True)
        current = this_device(request)
        return Response({"data": [device_card(row, current) for row in rows], "next_cursor": None})

    @extend_schema(responses={200: EndedShape})
    def delete(self, request: SignedIn) -> Response:
        """Sign out every device but the one that asks; a browser signs out all of them."""
        accepted(Nothing, request.data)
        ended = end_other_devices(
            request.user, besides=this_device(request), by=request.user, now=timezone.now()
        )
        return Response({"ended": ended})


class OneDevice(Endpoint):
    """One of one's own devices."""

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, key: UUID) -> Response:
        """Sign a device out; a second time changes nothing."""
        accepted(Nothing, request.data)
        device = Device.objects.filter(user=request.user, pk=key).first()
        if device is None:
            raise Http404
        end_device(device, by=request.user, now=timezone.now())
        return Response(status=204)


def this_device(request: SignedIn) -> Device | None:
    """Return the device that asks; None for a browser."""
    return request.auth if isinstance(request.auth, Device) else None


def device_card(device: Device, current: Device | None) -> dict[str, Any]:
    """Return a device as its person sees it."""
    return {
        "id": device.key,
        "name": device.name,
        "platform": device.platform,
        "app_version": device.app_version,
        "signed_in_at": device.signed_in_at,
        "last_used_at": device.last_used_at,
        "ends_at": device.ends_at,
        "is_current": current is not None and device.pk == current.pk,
    }
