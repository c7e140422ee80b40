"""The shapes of what the REST of bulletins answers."""

from typing import Any

from rest_framework import serializers

from merchants.models import Urgency


class Bulletin(serializers.Serializer[Any]):
    """What the marketplace told a shop, in the language of whoever asks."""

    id = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    link = serializers.CharField(
        allow_blank=True, help_text="a path of the house or an https address"
    )
    urgency = serializers.ChoiceField(Urgency.choices)
    urgency_label = serializers.CharField()
    told_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(
        allow_null=True, help_text="when the first of the shop's people said they had read it"
    )


class BulletinPage(serializers.Serializer[Any]):
    """One page of bulletins, newest first."""

    data = Bulletin(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
