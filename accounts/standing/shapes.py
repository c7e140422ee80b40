"""What is told of a member's standing over REST."""

from typing import Any

from rest_framework import serializers

from accounts.models import CreditBand, Score, Tier


class ScoreRow(serializers.Serializer[Any]):
    """One row of a score: its cause, its points, by which rules, and until when it counts."""

    cause = serializers.CharField(help_text="`orders`, or the cause of an entry")
    label = serializers.CharField()  # type: ignore[assignment]
    case = serializers.CharField(help_text="the month, or the case that posted it")
    points = serializers.IntegerField()
    at = serializers.DateTimeField()
    counts_until = serializers.DateTimeField(allow_null=True)
    rules_version = serializers.IntegerField(help_text="0: the numbers a house begins with")


class ScoreRaise(serializers.Serializer[Any]):
    """What would raise a score."""

    what = serializers.ChoiceField(["clean_order", "spend"])
    label = serializers.CharField()  # type: ignore[assignment]
    points = serializers.IntegerField()
    most_a_month = serializers.IntegerField()


class OneScore(serializers.Serializer[Any]):
    """One of the three scores; ``total`` is ``start`` and the rows, kept within its bounds."""

    score = serializers.ChoiceField(Score.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    total = serializers.IntegerField()
    start = serializers.IntegerField()
    band = serializers.ChoiceField(CreditBand.choices, allow_null=True)
    band_label = serializers.CharField(allow_null=True)
    rows = ScoreRow(many=True)
    raises = ScoreRaise(many=True)


class GuideCard(serializers.Serializer[Any]):
    """A new member who is led by the hand; ``qualifies`` is false for a second account of one person."""

    began_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    completed = serializers.IntegerField()
    first_order_no = serializers.CharField(allow_blank=True)
    qualifies = serializers.BooleanField()


class Standing(serializers.Serializer[Any]):
    """Tier, why, and three scores that are kept apart."""

    tier = serializers.ChoiceField(Tier.choices)
    tier_label = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField()
    next_settled_on = serializers.DateField(help_text="the next day on which a tier may fall")
    scores = OneScore(many=True)
    guide = GuideCard(allow_null=True)


class StandingInShort(serializers.Serializer[Any]):
    """What the desk shows of a member's standing."""

    why = serializers.CharField()
    value = serializers.IntegerField()
    activity = serializers.IntegerField()
    credit = serializers.IntegerField()
    band = serializers.ChoiceField(CreditBand.choices)
    band_label = serializers.CharField()
    scale = serializers.ListField(
        child=serializers.IntegerField(), help_text="where fair, good and excellent begin"
    )
    ceiling = serializers.IntegerField()
    rows = ScoreRow(many=True)
    guide = GuideCard(allow_null=True)
