"""What the API says of webhooks."""

from rest_framework import serializers

from accounts.models import DeliveryState, WebhookState
from common.rest import KeyField


class WebhookShape(serializers.Serializer):  # type: ignore[type-arg]
    """One endpoint. Its secret is not in it."""

    id = KeyField("whk")
    url = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    events = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(WebhookState.choices)
    made_at = serializers.DateTimeField()
    old_secret_until = serializers.DateTimeField(allow_null=True)


class NewWebhookShape(WebhookShape):
    """An endpoint that has just been made: the one answer with its secret."""

    secret = serializers.CharField()


class WebhookSecretShape(serializers.Serializer):  # type: ignore[type-arg]
    """A new secret, shown this once."""

    secret = serializers.CharField()
    old_secret_until = serializers.DateTimeField(allow_null=True)


class WebhookTryShape(serializers.Serializer):  # type: ignore[type-arg]
    """One try of a delivery; ``answer`` is how the receiver's answer begins, masked."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(allow_blank=True)
    millis = serializers.IntegerField()
    answer = serializers.CharField(allow_blank=True)


class WebhookDeliveryShape(serializers.Serializer):  # type: ignore[type-arg]
    """One event owed to one endpoint, and what became of it."""

    id = KeyField("whd")
    event = serializers.CharField()
    at = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]
    state = serializers.ChoiceField(DeliveryState.choices)
    attempts = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    tries = WebhookTryShape(many=True)


class WebhookEventShape(serializers.Serializer):  # type: ignore[type-arg]
    """An event that can be heard."""

    event = serializers.CharField()
    name = serializers.CharField()
    gathers = serializers.BooleanField()


class WebhookListShape(serializers.Serializer):  # type: ignore[type-arg]
    """A person's endpoints, newest first."""

    data = WebhookShape(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class WebhookDeliveryListShape(serializers.Serializer):  # type: ignore[type-arg]
    """A page of an endpoint's deliveries, newest first."""

    data = WebhookDeliveryShape(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class WebhookEventListShape(serializers.Serializer):  # type: ignore[type-arg]
    """Every event that can be heard."""

    data = WebhookEventShape(many=True)  # type: ignore[assignment]


class ReplayedShape(serializers.Serializer):  # type: ignore[type-arg]
    """How many deliveries are sent once more."""

    replayed = serializers.IntegerField()
