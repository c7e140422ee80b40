"""The shapes of what the REST of entitlements answers and takes."""

from typing import Any

from rest_framework import serializers

from apass.models import Kind, Period
from common.rest import Sent


class RightSource(serializers.Serializer[Any]):
    """Where a right comes from."""

    kind = serializers.ChoiceField(["package", "rule", "grant"])
    name = serializers.CharField()
    since = serializers.DateTimeField()


class Right(serializers.Serializer[Any]):
    """What a member is promised at this moment."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    name = serializers.CharField()
    promise = serializers.CharField(help_text="in plain words")
    limit = serializers.CharField(allow_blank=True, help_text="its numbers in words")
    parameters = serializers.DictField(help_text="its numbers; amounts are decimals in words")
    period = serializers.ChoiceField(Period.choices, help_text="in which the quantity counts")
    quantity = serializers.IntegerField(allow_null=True, help_text="null without limit")
    left = serializers.IntegerField(allow_null=True, help_text="in the period that runs")
    often = serializers.CharField(allow_blank=True, help_text="how often still, in words")
    source = RightSource()  # type: ignore[assignment]
    until = serializers.DateTimeField(
        allow_null=True, help_text="the first change that is known; null when none is"
    )
    kept = serializers.BooleanField(help_text="no longer open to others: promised before, and kept")


class Offer(Right):
    """A right at the desk; ``by_hand`` says that an agent gives it."""

    by_hand = serializers.BooleanField()


class Refused(serializers.Serializer[Any]):
    """What is not promised, why, and from when it may be."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    name = serializers.CharField()
    reason = serializers.CharField()
    again_at = serializers.DateTimeField(allow_null=True)


class Offers(serializers.Serializer[Any]):
    """What may be given to a member now, and what not."""

    allowed = Offer(many=True)
    refused = Refused(many=True)
    may_give = serializers.BooleanField(help_text="whether whoever asks may give it")


class Rights(serializers.Serializer[Any]):
    """All a member is promised, by code."""

    data = Right(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class RedemptionSent(Sent):
    """Which entitlement is used, and for what."""

    code = serializers.SlugField(max_length=40)
    subject_key = serializers.CharField(
        max_length=80, help_text="names the thing: the same one is served once"
    )
    reason = serializers.CharField(max_length=500)


class RedemptionMade(serializers.Serializer[Any]):
    """One use of an entitlement."""

    id = serializers.CharField(help_text="rdm_…")
    code = serializers.CharField()
    subject_key = serializers.CharField()
    at = serializers.DateTimeField()
    parameters = serializers.DictField(help_text="the numbers as they were promised")
    left = serializers.IntegerField(allow_null=True, help_text="what is left after it")
