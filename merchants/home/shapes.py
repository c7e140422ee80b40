"""The shapes of a shop's home in REST."""

from typing import Any

from rest_framework import serializers

from merchants.models import Choice, Dimension, Outcome
from merchants.ratings import shapes as ratings


class TodoLine(serializers.Serializer[Any]):
    """One thing to do."""

    kind = serializers.CharField()
    due_at = serializers.DateTimeField()
    since = serializers.DateTimeField()
    title = serializers.CharField()
    otherwise = serializers.CharField(help_text="what happens when nobody does it")
    url = serializers.CharField(help_text="the page where it is done")
    act = serializers.CharField()
    right = serializers.CharField(
        allow_blank=True, help_text="the right of a staff account it takes"
    )
    may = serializers.BooleanField(help_text="whether who asks has that right")


class MovedScore(ratings.DimensionScore):
    """One dimension with its change within a week."""

    change = serializers.CharField(allow_null=True)


class HomeCredit(serializers.Serializer[Any]):
    """The credit level."""

    points = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    next_at = serializers.IntegerField(allow_null=True)


class HomeExperience(serializers.Serializer[Any]):
    """The experience score of the last counted day; null while there is none of its own."""

    day = serializers.DateField(allow_null=True)
    score = serializers.CharField(allow_null=True, help_text="3.00–5.00")
    band = serializers.CharField(allow_blank=True)
    band_label = serializers.CharField(allow_blank=True)


class HomeStanding(serializers.Serializer[Any]):
    """Where the shop stands as of the last counted day."""

    window_days = serializers.IntegerField()
    change_days = serializers.IntegerField()
    scores = MovedScore(many=True)
    positive_rate = serializers.CharField(allow_null=True)
    credit = HomeCredit()


class TrendEvent(serializers.Serializer[Any]):
    """What bent the line."""

    day = serializers.DateField()
    kind = serializers.CharField()
    dimension = serializers.ChoiceField(Dimension.choices, allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]


class HomeTrend(serializers.Serializer[Any]):
    """Sixty days of scores, oldest first."""

    days = ratings.TrendDay(many=True)
    events = TrendEvent(many=True)


class HomePoints(serializers.Serializer[Any]):
    """Points of one class beside those of its first node."""

    violation_class = serializers.CharField()
    points = serializers.CharField()
    node = serializers.CharField()


class HomeAppeal(serializers.Serializer[Any]):
    """What became of an appeal, and what it gave back."""

    state = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    outcome = serializers.ChoiceField(Outcome.choices, allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    restored = serializers.ListField(child=serializers.CharField())


class HomeCase(serializers.Serializer[Any]):
    """One case: the rule by version, the points, in force or not, the appeal."""

    violation_no = serializers.CharField()
    rule = serializers.CharField()
    rule_version = serializers.IntegerField()
    state = serializers.CharField()
    state_label = serializers.CharField()
    points = serializers.CharField()
    points_before = serializers.CharField(allow_null=True, help_text="before an appeal was ruled")
    is_decided = serializers.BooleanField()
    is_in_force = serializers.BooleanField()
    begins_at = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    node = serializers.CharField(allow_blank=True)
    appeal = HomeAppeal(allow_null=True)


class HomeShare(serializers.Serializer[Any]):
    """The share of one choice in whole percent."""

    choice = serializers.ChoiceField(Choice.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    percent = serializers.IntegerField()


class HomeDraft(serializers.Serializer[Any]):
    """A draft the merchant is asked about."""

    code = serializers.CharField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.CharField()
    state_label = serializers.CharField()
    ends_at = serializers.DateTimeField()
    voices = serializers.IntegerField()
    split = HomeShare(many=True)
    own = serializers.ChoiceField(Choice.choices, allow_null=True)
    own_label = serializers.CharField(allow_blank=True)
    changed = serializers.IntegerField(help_text="paragraphs that one's own objection changed")


class HomeWords(serializers.Serializer[Any]):
    """What a customer said."""

    text = serializers.CharField()
    grade = serializers.ChoiceField(ratings.GRADES, allow_null=True)
    at = serializers.DateTimeField()


class HomeVoices(serializers.Serializer[Any]):
    """What customers say: neutral and negative reviews of this week and the one before, newest words."""

    unhappy = serializers.IntegerField()
    unhappy_before = serializers.IntegerField()
    words = HomeWords(many=True)


class Home(serializers.Serializer[Any]):
    """A shop's home; what is not known yet is null."""

    shop_no = serializers.CharField()
    name = serializers.CharField()
    day = serializers.DateField(allow_null=True, help_text="the last day that was counted")
    running_out = serializers.IntegerField(help_text="things to do that end within a day")
    todo = TodoLine(many=True)
    experience = HomeExperience()
    standing = HomeStanding()
    traffic = ratings.Traffic()
    trend = HomeTrend()
    points = HomePoints(many=True)
    limits = serializers.ListField(child=serializers.CharField())
    cases = HomeCase(many=True)
    drafts = HomeDraft(many=True)
    voices = HomeVoices()
