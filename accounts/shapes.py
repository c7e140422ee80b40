"""The shapes of what the REST of people answers."""

from typing import Any

from rest_framework import serializers


class Revealed(serializers.Serializer[Any]):
    """One field of a member, unmasked for a moment."""

    id = serializers.CharField(help_text="acc_…: the row of the access log")
    field = serializers.CharField()
    value = serializers.CharField()
    shown_for_seconds = serializers.IntegerField(help_text="mask it again after so many seconds")
    left_today = serializers.IntegerField(help_text="how many looks are left today")


class AccessLine(serializers.Serializer[Any]):
    """One look at the signed-in member's data."""

    id = serializers.CharField()
    at = serializers.DateTimeField()
    who = serializers.CharField(help_text="role and team in words")
    kind = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()


class AccessPage(serializers.Serializer[Any]):
    """One page of looks, newest first."""

    data = AccessLine(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
