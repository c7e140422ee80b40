"""REST of webhooks, for the people who own them."""

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

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
from accounts.api import SignedIn
from accounts.models import DeliveryState, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import shapes
from accounts.webhooks.events import heard_events
from common.cursors import as_uuid, decode_cursor, encode_cursor
from common.ids import public_key
from common.rest import Endpoint, KeyField, Nothing, PageQuery, Sent, accepted, answers


class NewWebhook(Sent):
    url = serializers.CharField(max_length=2_000, trim_whitespace=False)
    events = serializers.ListField(child=serializers.CharField(max_length=64), max_length=100)
    description = serializers.CharField(
        max_length=500, allow_blank=True, default="", trim_whitespace=False
    )


class WebhookChange(Sent):
    url = serializers.CharField(max_length=2_000, required=False, trim_whitespace=False)
    events = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=100, required=False
    )
    description = serializers.CharField(
        max_length=500, allow_blank=True, required=False, trim_whitespace=False
    )


class DeliveryQuery(PageQuery):
    state = serializers.ChoiceField(DeliveryState.choices, required=False)


class Replay(Sent):
    delivery = KeyField("whd", required=False)


class UsesWebhooks(IsAuthenticated):
    """For who may have none they do not exist."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, User) and not request.user.can("webhooks.use"):
            raise Http404
        return super().has_permission(request, view)


class WebhookView(Endpoint):
    resource = "webhooks"
    permission_classes = [UsesWebhooks]

    def endpoint(self, key: uuid.UUID) -> WebhookEndpoint:
        """Return one's own endpoint, or answer as if there were none."""
        return _or_404(_own(self.request.user).filter(pk=key).first())


class Webhooks(WebhookView):
    shape = shapes.WebhookShape
    keeps_answers = False  # the secret is in it

    @extend_schema(parameters=[PageQuery], responses=answers({200: shapes.WebhookListShape}, 404))
    def get(self, request: SignedIn) -> Response:
        """List your webhooks, newest first."""
        query = self.query(PageQuery)
        rows = _before(_own(request.user), query["cursor"])
        return self.page(*_cut(list(rows[: query["limit"] + 1]), query["limit"], card))

    @extend_schema(request=NewWebhook, responses=answers({201: shapes.NewWebhookShape}, 404))
    def post(self, request: SignedIn) -> Response:
        """Make a webhook; its secret is in this answer and nowhere else."""
        endpoint, secret = add_endpoint(**accepted(NewWebhook, request.data), by=request.user)
        return Response(card(endpoint) | {"secret": secret}, status=201)


class OneWebhook(WebhookView):
    shape = shapes.WebhookShape

    @extend_schema(responses=shapes.WebhookShape)
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Read one webhook."""
        return Response(card(self.endpoint(key)))

    @extend_schema(request=WebhookChange, responses=shapes.WebhookShape)
    def patch(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Change the address, the events or the description of a webhook."""
        endpoint, sent = self.endpoint(key), accepted(WebhookChange, request.data)
        return Response(card(change_endpoint(endpoint, **sent, by=request.user)))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Remove a webhook; what it is owed is not sent any more."""
        accepted(Nothing, request.data)
        remove_endpoint(self.endpoint(key), by=request.user)
        return Response(status=204)


class Pause(WebhookView):
    @extend_schema(request=None, responses=shapes.WebhookShape)
    def put(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Pause a webhook; what it is owed waits."""
        accepted(Nothing, request.data)
        return Response(card(pause_endpoint(self.endpoint(key), by=request.user)))

    @extend_schema(responses={200: shapes.WebhookShape})
    def delete(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Resume a webhook, beginning with what waits."""
        accepted(Nothing, request.data)
        return Response(card(resume_endpoint(self.endpoint(key), by=request.user)))


class Secret(WebhookView):
    keeps_answers = False

    @extend_schema(request=None, responses={201: shapes.WebhookSecretShape})
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Make a new secret; the old one signs beside it until ``old_secret_until``."""
        accepted(Nothing, request.data)
        secret = rotate_secret(self.endpoint(key), by=request.user)
        until = self.endpoint(key).former_secret_until
        return Response({"secret": secret, "old_secret_until": until}, status=201)


class Tests(WebhookView):
    @extend_schema(request=None, responses={201: shapes.WebhookDeliveryShape})
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Send a test event to the webhook."""
        accepted(Nothing, request.data)
        return Response(delivery_card(send_test(self.endpoint(key), by=request.user)), status=201)


class Deliveries(WebhookView):
    shape = shapes.WebhookDeliveryShape

    @extend_schema(parameters=[DeliveryQuery], responses=shapes.WebhookDeliveryListShape)
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """List what the webhook was and is owed, newest first."""
        query = self.query(DeliveryQuery)
        rows = _before(self.endpoint(key).deliveries.select_related("event"), query["cursor"])
        if "state" in query:
            rows = rows.filter(state=query["state"])
        return self.page(*_cut(list(rows[: query["limit"] + 1]), query["limit"], delivery_card))


class OneDelivery(WebhookView):
    shape = shapes.WebhookDeliveryShape

    @extend_schema(responses=shapes.WebhookDeliveryShape)
    def get(self, request: SignedIn, key: uuid.UUID, delivery: uuid.UUID) -> Response:
        """Read one delivery with every try."""
        rows = self.endpoint(key).deliveries.select_related("event").filter(pk=delivery)
        return Response(delivery_card(_or_404(rows.first())))


class Replays(WebhookView):
    @extend_schema(request=Replay, responses={201: shapes.ReplayedShape})
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Send one delivery once more, or all that were given up."""
        endpoint, sent = self.endpoint(key), accepted(Replay, request.data)
        if "delivery" not in sent:
            return Response({"replayed": replay_dead(endpoint, by=request.user)}, status=201)
        delivery = _or_404(endpoint.deliveries.filter(pk=sent["delivery"]).first())
        replay_delivery(delivery, by=request.user)
        return Response({"replayed": 1}, status=201)


class Events(WebhookView):
    @extend_schema(responses=answers({200: shapes.WebhookEventListShape}, 404))
    def get(self, request: SignedIn) -> Response:
        """List every event that a webhook can hear."""
        rows = [
            {"event": one.code, "name": str(one.label), "gathers": one.gathers}
            for one in heard_events()
        ]
        return Response({"data": rows})


def card(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint as its owner sees it."""
    return {
        "id": public_key("whk", endpoint.pk),
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "state": endpoint.state,
        "made_at": endpoint.made_at,
        "old_secret_until": endpoint.former_secret_until,
    }


def delivery_card(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery as its owner sees it."""
    is_waiting = delivery.state == DeliveryState.WAITING
    return {
        "id": public_key("whd", delivery.pk),
        "event": delivery.event.event,
        "at": delivery.event.at,
        "data": delivery.event.data,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": delivery.next_at if is_waiting else None,
        "delivered_at": delivery.delivered_at,
        "tries": delivery.log,
    }


def _own(user: Any) -> Any:
    return WebhookEndpoint.objects.visible_to(user).filter(owner=user).there()


def _before(rows: Any, cursor: str) -> Any:
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    return rows.order_by("-id")


def _cut(rows: list[Any], limit: int, shown: Any) -> tuple[list[Any], str | None]:
    cursor = encode_cursor([rows[limit - 1].pk]) if len(rows) > limit else None
    return [shown(row) for row in rows[:limit]], cursor


def _or_404(row: Any) -> Any:
    if row is None:
        raise Http404
    return row
