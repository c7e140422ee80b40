"""The shapes of what the REST of the experience score answers."""

from typing import Any

from rest_framework import serializers

from merchants.experience import rules
from merchants.models import ExperienceDimension, WarningColour
from merchants.ratings.shapes import Traffic

PARTS = [*rules.DIMENSIONS, rules.SERVICE]
METRIC_STATES = ["ranked", "few", "none", "missing"]
GATE_STATES = [rules.HOLDS, rules.FAILS, rules.UNKNOWN]
BANDS = ["excellent", "good", "fair", "low"]


class ExperienceMetric(serializers.Serializer[Any]):
    """One metric: the shop's value, its peers' mean, and where that puts it."""

    code = serializers.CharField()
    dimension = serializers.ChoiceField(ExperienceDimension.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.ChoiceField(["share", "hours", "seconds", "score"])
    state = serializers.ChoiceField(
        METRIC_STATES,
        help_text="few or none: the category's mean stands for it; missing: left out",
    )
    value = serializers.CharField(allow_null=True)
    value_label = serializers.CharField()
    peers_mean = serializers.CharField(allow_null=True)
    peers_mean_label = serializers.CharField()
    is_lower_better = serializers.BooleanField()
    peers = serializers.IntegerField(allow_null=True)
    better_than = serializers.CharField(allow_null=True, help_text="percent of peers doing worse")
    level_with = serializers.CharField(
        allow_null=True, help_text="percent of peers doing the same; the score counts them half"
    )
    sample = serializers.IntegerField()
    least = serializers.IntegerField(allow_null=True)
    score = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()
    how = serializers.CharField()
    how_url = serializers.CharField()
    window_days = serializers.IntegerField()
    delay_days = serializers.IntegerField()


class ExperiencePart(serializers.Serializer[Any]):
    """One weighted part of the score."""

    code = serializers.ChoiceField(PARTS)
    label = serializers.CharField()  # type: ignore[assignment]
    weight = serializers.IntegerField()
    share = serializers.CharField(
        allow_null=True, help_text="percent, once shared among what counts"
    )
    score = serializers.CharField(allow_null=True, help_text="null: left out")
    metrics = ExperienceMetric(many=True)


class ExperienceScore(serializers.Serializer[Any]):
    """The experience score of the last counted day, with everything it is made of."""

    shop_no = serializers.CharField()
    day = serializers.DateField(allow_null=True)
    category = serializers.CharField(allow_blank=True)
    score = serializers.CharField(allow_null=True, help_text="3.00–5.00")
    band = serializers.ChoiceField(BANDS, allow_blank=True)
    band_label = serializers.CharField(allow_blank=True)
    preset = serializers.ChoiceField(["a", "b"])
    own_metrics = serializers.IntegerField()
    is_trusted = serializers.BooleanField(
        help_text="no stepping in on refund-only after receipt; appeals in the fast lane"
    )
    sentence = serializers.CharField()
    dimensions = ExperiencePart(many=True)
    missing = serializers.ListField(child=serializers.CharField())
    missing_sentence = serializers.CharField(allow_blank=True)


class GateCondition(serializers.Serializer[Any]):
    """One condition of the activity gate."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.ChoiceField(GATE_STATES)
    state_label = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    value_label = serializers.CharField(allow_blank=True)
    line = serializers.CharField(allow_null=True)


class ActivityGate(serializers.Serializer[Any]):
    """Whether a shop may join activities."""

    state = serializers.ChoiceField(GATE_STATES)
    sentence = serializers.CharField()
    conditions = GateCondition(many=True)


class Experience(serializers.Serializer[Any]):
    """A shop's experience score, what it weighs in search, and what it opens."""

    experience = ExperienceScore()
    traffic = Traffic()
    activity_gate = ActivityGate()


class ShopWarning(serializers.Serializer[Any]):
    """An early warning: the metric, how far it is beyond which line, and what helps."""

    metric = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    colour = serializers.ChoiceField(WarningColour.choices)
    colour_label = serializers.CharField()
    day = serializers.DateField()
    value = serializers.CharField()
    value_label = serializers.CharField()
    line = serializers.CharField()
    line_label = serializers.CharField()
    gap = serializers.CharField()
    gap_label = serializers.CharField()
    rule = serializers.CharField()
    how = serializers.CharField()
    how_url = serializers.CharField()
    at = serializers.DateTimeField()
    is_running = serializers.BooleanField(help_text="its days are not over")


class ShopWarningPage(serializers.Serializer[Any]):
    """One page of a shop's early warnings, newest first."""

    data = ShopWarning(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
