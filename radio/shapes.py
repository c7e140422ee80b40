"""The shapes of what the REST of the radio answers."""

from typing import Any

from rest_framework import serializers

from common.rest import KeyField
from radio.models import CaseState, Severity
from tickets.models import AuthorKind
from tickets.shapes import NamedCode, Person


class Quote(serializers.Serializer[Any]):
    """The customer's own words, masked."""

    seq = serializers.IntegerField()
    speaker = serializers.ChoiceField(AuthorKind.choices)
    name = serializers.CharField(allow_blank=True)
    body = serializers.CharField()
    at = serializers.DateTimeField()


class EditionOfCase(serializers.Serializer[Any]):
    """Where a case is told; nameless when the channel is not one's own to know of."""

    id = KeyField("edn", allow_null=True)
    channel = NamedCode(allow_null=True)
    day = serializers.DateField()
    number = serializers.IntegerField(allow_null=True)
    publish_at = serializers.DateTimeField()
    is_out = serializers.BooleanField()


class CaseName(serializers.Serializer[Any]):
    """Another case."""

    id = KeyField("cas")
    headline = serializers.CharField()


class Case(serializers.Serializer[Any]):
    """What an agent thinks the business should hear, and what became of it."""

    id = KeyField("cas")
    state = serializers.ChoiceField(CaseState.choices)
    state_label = serializers.CharField()
    headline = serializers.CharField()
    reason = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices, allow_null=True)
    conversation = KeyField("cnv", allow_null=True, help_text="for the desk alone")
    conversation_no = serializers.CharField(allow_null=True, help_text="for the desk alone")
    pushed_at = serializers.DateTimeField()
    pushed_by = Person()
    screened_at = serializers.DateTimeField(allow_null=True)
    screened_by = serializers.CharField(allow_null=True)
    reject_reason = serializers.CharField(allow_null=True)
    merged_into = CaseName(allow_null=True)
    merged_count = serializers.IntegerField()
    quotes = Quote(many=True)
    editions = EditionOfCase(many=True)


class CasePage(serializers.Serializer[Any]):
    """One page of cases."""

    data = Case(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Subscription(serializers.Serializer[Any]):
    """That somebody hears a channel."""

    channel = serializers.CharField(help_text="its code")
    is_muted = serializers.BooleanField()


class SubscriptionPage(serializers.Serializer[Any]):
    """All subscriptions of one person."""

    data = Subscription(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Channel(serializers.Serializer[Any]):
    """A theme of the radio."""

    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    is_private = serializers.BooleanField()
    is_on_air = serializers.BooleanField()
    subscription = Subscription(allow_null=True)


class ChannelPage(serializers.Serializer[Any]):
    """All channels one may know of."""

    data = Channel(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Edition(serializers.Serializer[Any]):
    """What one channel brought out on one day."""

    id = KeyField("edn")
    channel = NamedCode()
    day = serializers.DateField()
    number = serializers.IntegerField()
    publish_at = serializers.DateTimeField()


class EditionPage(serializers.Serializer[Any]):
    """One page of editions, newest first."""

    data = Edition(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Story(serializers.Serializer[Any]):
    """One case as it is told."""

    id = KeyField("cas")
    headline = serializers.CharField()
    reason = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices, allow_null=True)
    voice = Quote(allow_null=True, help_text="who said it best")
    more = Quote(many=True)
    customers = serializers.IntegerField()
    pushes = serializers.IntegerField()
    wait_seconds = serializers.IntegerField(help_text="from the push to the edition")
    is_read = serializers.BooleanField()


class EditionWithStories(Edition):
    """One edition and everything in it."""

    stories = Story(many=True)


class ReadCount(serializers.Serializer[Any]):
    """How many stories were not read before."""

    read = serializers.IntegerField()
