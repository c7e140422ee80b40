"""The shapes of what the REST of ``common`` answers."""

from typing import Any

from rest_framework import serializers


class Parameter(serializers.Serializer[Any]):
    """A business number."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.JSONField(help_text="seconds for durations, strings for decimals")
    usual = serializers.JSONField(help_text="what it is when nobody has changed it")
    minimum = serializers.JSONField(allow_null=True)
    maximum = serializers.JSONField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    is_legal = serializers.BooleanField(help_text="bounds that nobody can loosen")


class ParameterPage(serializers.Serializer[Any]):
    """All parameters by key."""

    data = Parameter(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Changes(serializers.Serializer[Any]):
    """What changed since a cursor; ``changed`` has a member for each kind of thing."""

    cursor = serializers.CharField(help_text="ask with it the next time")
    has_more = serializers.BooleanField(help_text="ask again at once: there is more")
    changed = serializers.DictField(
        help_text="conversations, orders, editions, subscriptions; empty without a cursor"
    )
