"""The shapes of what the REST of ratings answers."""

from typing import Any

from rest_framework import serializers

from common.rest import Sent
from merchants.models import Dimension, Grade, MeasureGround, Replied

GRADES = [grade.name.lower() for grade in Grade]


class Scores(serializers.Serializer[Any]):
    """The three scores, 1–5; null where the buyer skipped one."""

    desc_match = serializers.IntegerField(allow_null=True)
    service_attitude = serializers.IntegerField(allow_null=True)
    logistics_service = serializers.IntegerField(allow_null=True)


class Followup(serializers.Serializer[Any]):
    """What the buyer added later."""

    text = serializers.CharField()
    at = serializers.DateTimeField()


class Reply(serializers.Serializer[Any]):
    """What the shop answered."""

    to = serializers.ChoiceField(Replied.choices)
    to_label = serializers.CharField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class Review(serializers.Serializer[Any]):
    """A review as its reader may see it; what is not counted is folded behind the reason."""

    key = serializers.CharField()
    author = serializers.CharField(help_text="masked, but to the author", allow_blank=True)
    rated_at = serializers.DateTimeField()
    grade = serializers.ChoiceField(GRADES, allow_null=True)
    grade_label = serializers.CharField(allow_blank=True)
    scores = Scores()
    comment = serializers.CharField(allow_blank=True)
    held_until = serializers.DateTimeField(
        allow_null=True, help_text="looked at first; its words are shown then at the latest"
    )
    is_default = serializers.BooleanField(help_text="given by the system, nobody rated in time")
    is_edited = serializers.BooleanField()
    is_withdrawn = serializers.BooleanField()
    is_folded = serializers.BooleanField()
    not_counted = serializers.ChoiceField(MeasureGround.choices, allow_null=True)
    not_counted_label = serializers.CharField(allow_blank=True)
    is_masked = serializers.BooleanField(help_text="some or all of its words are not shown")
    followup = Followup(allow_null=True)
    replies = Reply(many=True)


class ReviewPage(serializers.Serializer[Any]):
    """One page of a shop's reviews, newest first."""

    data = Review(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class ReplySent(Sent):
    """What a shop answers under a review."""

    text = serializers.CharField(trim_whitespace=False, max_length=10_000)


class DimensionScore(serializers.Serializer[Any]):
    """One dimension: shown with one decimal, exact with five, beside the peers' mean."""

    dimension = serializers.ChoiceField(Dimension.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    score = serializers.CharField(help_text="“—” below the least number of ratings")
    exact = serializers.CharField(allow_null=True)
    ratings = serializers.IntegerField()
    peers_mean = serializers.CharField(allow_null=True)
    gap = serializers.CharField(allow_null=True, help_text="-1 to 1, a share of the peers' range")
    against_peers = serializers.ChoiceField(["above", "level", "below", ""])
    against_peers_label = serializers.CharField(allow_blank=True)


class CreditLevel(serializers.Serializer[Any]):
    """Credit points, and the level they make."""

    points = serializers.IntegerField()
    rank = serializers.ChoiceField(["", "heart", "diamond", "crown", "golden_crown"])
    step = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    next_at = serializers.IntegerField(allow_null=True)


class ShopStanding(serializers.Serializer[Any]):
    """Where a shop stands as of the last day that was counted."""

    shop_no = serializers.CharField()
    day = serializers.DateField(allow_null=True)
    window_days = serializers.IntegerField()
    scores = DimensionScore(many=True)
    positive_rate = serializers.CharField(allow_null=True, help_text="0–1")
    credit = CreditLevel()


class TrafficFunction(serializers.Serializer[Any]):
    """clamp(1 + slope × (score − neutral), lowest, highest)."""

    slope = serializers.CharField()
    neutral = serializers.CharField()
    lowest = serializers.CharField()
    highest = serializers.CharField()


class Traffic(serializers.Serializer[Any]):
    """What a shop's scores weigh in search, and what a tenth more would."""

    function = TrafficFunction()
    basis = serializers.ChoiceField(
        ["experience", "dsr"],
        help_text="the experience score, or the mean of the three while there is none",
    )
    score = serializers.CharField(allow_null=True)
    multiplier = serializers.CharField(allow_null=True)
    step = serializers.CharField(help_text="0.1, or what is left up to the highest score")
    multiplier_after_step = serializers.CharField(allow_null=True)
    exposure = serializers.CharField(help_text="what holds for the shop: 0 while nobody finds it")
    weight = serializers.CharField(allow_null=True, help_text="multiplier × exposure")
    sentence = serializers.CharField()


class DayScore(serializers.Serializer[Any]):
    """One dimension on one day."""

    score = serializers.DecimalField(6, 5, allow_null=True)
    peers = serializers.DecimalField(6, 5, allow_null=True)


class TrendDay(serializers.Serializer[Any]):
    """A shop's scores on one day, and its peers'."""

    day = serializers.DateField()
    desc_match = DayScore()
    service_attitude = DayScore()
    logistics_service = DayScore()


class Insight(serializers.Serializer[Any]):
    """A shop's standing as its own people see it: with the trend and what it is worth."""

    standing = ShopStanding()
    traffic = Traffic()
    trend = TrendDay(many=True)


class MovedDimension(serializers.Serializer[Any]):
    """What became of one mean between two days."""

    dimension = serializers.ChoiceField(Dimension.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    difference = serializers.CharField(allow_null=True)
    unexplained = serializers.CharField(
        allow_null=True, help_text="zero, unless figures were mended"
    )


class Effects(serializers.Serializer[Any]):
    """By how much one rating moved each mean."""

    desc_match = serializers.CharField(allow_null=True)
    service_attitude = serializers.CharField(allow_null=True)
    logistics_service = serializers.CharField(allow_null=True)


class ChangedRating(serializers.Serializer[Any]):
    """One rating that counts differently on the second day."""

    order_no = serializers.CharField()
    rated_at = serializers.DateTimeField()
    why = serializers.CharField()
    why_label = serializers.CharField()
    scores = Scores()
    effects = Effects()


class ScoreChanges(serializers.Serializer[Any]):
    """Why a shop's scores moved between two days: the effects sum to the differences."""

    since = serializers.DateField()
    until = serializers.DateField()
    dimensions = MovedDimension(many=True)
    changes = ChangedRating(many=True)


class OwnedRating(serializers.Serializer[Any]):
    """A rating as the shop sees it: with what each mean would be short of without it."""

    key = serializers.CharField()
    order_no = serializers.CharField()
    rated_at = serializers.DateTimeField()
    grade = serializers.ChoiceField(GRADES, allow_null=True)
    scores = Scores()
    counts = serializers.BooleanField()
    why_not = serializers.CharField(allow_blank=True)
    effects = Effects()


class OwnedRatingPage(serializers.Serializer[Any]):
    """One page of a shop's ratings with their effects, newest first."""

    data = OwnedRating(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
