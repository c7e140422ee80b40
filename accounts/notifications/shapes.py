"""What clients send and get about notifications."""

from typing import Any

from rest_framework import serializers

from accounts.models import Notification, NotificationDelivery
from accounts.notifications.kinds import MEDIA, known_kind
from accounts.notifications.queries import Choice
from common.ids import public_key
from common.rest import KeyField, PageQuery, Sent

PREFIX = "ntf"


class ListQuery(PageQuery):
    unread = serializers.BooleanField(default=False)


class UpTo(Sent):
    up_to = KeyField(PREFIX, required=False)
    url = serializers.CharField(required=False, max_length=300)


class Quiet(Sent):
    start = serializers.TimeField()
    until = serializers.TimeField()
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, max_length=7
    )
    zone = serializers.CharField(required=False, default="Asia/Shanghai", max_length=40)


class NewPreferences(Sent):
    media = serializers.DictField(
        child=serializers.ListField(child=serializers.ChoiceField(MEDIA), max_length=3),
        required=False,
    )
    quiet = Quiet(required=False, allow_null=True)
    discreet = serializers.BooleanField(required=False)


class Keys(Sent):
    p256dh = serializers.CharField(max_length=120)
    auth = serializers.CharField(max_length=60)


class NewSubscription(Sent):
    """What a browser's ``PushSubscription.toJSON()`` holds, and what to call the browser."""

    endpoint = serializers.URLField(max_length=1000)
    keys = Keys()
    expirationTime = serializers.IntegerField(required=False, allow_null=True)
    label = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)  # type: ignore[assignment]


class NewDevice(Sent):
    platform = serializers.ChoiceField(["ios", "android", "harmony"])
    token = serializers.CharField(max_length=500)
    label = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)  # type: ignore[assignment]


class NewTest(Sent):
    medium = serializers.ChoiceField([*MEDIA, "page"])


class NewEmail(Sent):
    address = serializers.EmailField(max_length=254)


class Code(Sent):
    code = serializers.CharField(max_length=20)


# --- Answers --------------------------------------------------------------------------------------


class NotificationShape(serializers.Serializer[Any]):
    """One thing somebody was told."""

    id = KeyField(PREFIX)
    kind = serializers.CharField()
    kind_label = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    url = serializers.CharField()
    subject = serializers.CharField()
    count = serializers.IntegerField()
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationPageShape(serializers.Serializer[Any]):
    data = NotificationShape(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    unread = serializers.IntegerField(help_text="How many are unread, counted up to 100.")


class UnreadShape(serializers.Serializer[Any]):
    unread = serializers.IntegerField()


class ChoiceShape(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    media = serializers.ListField(child=serializers.CharField())
    fixed = serializers.ListField(child=serializers.CharField())
    urgent = serializers.BooleanField()


class QuietShape(serializers.Serializer[Any]):
    start = serializers.TimeField()
    until = serializers.TimeField()
    days = serializers.ListField(child=serializers.IntegerField())
    zone = serializers.CharField()


class PreferencesShape(serializers.Serializer[Any]):
    kinds = ChoiceShape(many=True)
    quiet = QuietShape(allow_null=True)
    discreet = serializers.BooleanField()
    email = serializers.CharField(allow_null=True)
    email_waiting = serializers.CharField(allow_null=True)
    email_bounced = serializers.BooleanField()
    web_push_key = serializers.CharField()


class PlaceShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    created_at = serializers.DateTimeField()


class DeliveryShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    notification = KeyField(PREFIX)
    title = serializers.CharField()
    kind = serializers.CharField()
    medium = serializers.CharField()
    target = serializers.CharField()
    state = serializers.CharField()
    why = serializers.CharField()
    attempts = serializers.IntegerField()
    at = serializers.DateTimeField()


class DeliveriesShape(serializers.Serializer[Any]):
    data = DeliveryShape(many=True)  # type: ignore[assignment]


class EmailShape(serializers.Serializer[Any]):
    email = serializers.CharField(allow_null=True)
    email_waiting = serializers.CharField(allow_null=True)


def shown(row: Notification) -> dict[str, Any]:
    """Return one notification as clients get it."""
    kind = known_kind(row.kind)
    return {
        "id": public_key(PREFIX, row.pk),
        "kind": row.kind,
        "kind_label": str(kind.label) if kind else row.kind,
        "title": row.title,
        "body": row.body,
        "url": row.url,
        "subject": row.subject,
        "count": row.count,
        "at": row.at,
        "read_at": row.read_at,
    }


def shown_choice(choice: Choice) -> dict[str, Any]:
    """Return one kind with its media as clients get it."""
    return {
        "kind": choice.kind.key,
        "label": str(choice.kind.label),
        "media": sorted(choice.media),
        "fixed": sorted(choice.fixed),
        "urgent": choice.kind.urgent,
    }


def shown_delivery(row: NotificationDelivery) -> dict[str, Any]:
    """Return one line of somebody's own log."""
    return {
        "id": row.pk,
        "notification": public_key(PREFIX, row.notification_id),
        "title": row.notification.title,
        "kind": row.kind,
        "medium": row.medium,
        "target": row.target_label,
        "state": row.state,
        "why": row.why,
        "attempts": row.attempts,
        "at": row.at,
    }


def shown_place(row: Any) -> dict[str, Any]:
    """Return a browser or phone as its owner gets it: never its endpoint or token."""
    return {"id": row.pk, "label": str(row), "created_at": row.created_at}
