"""The shapes of what the REST of complaints, flags and weights answers and takes."""

from typing import Any

from rest_framework import serializers

from common.rest import Sent
from merchants.models import (
    ComplaintOutcome,
    ComplaintState,
    ComplaintType,
    ReviewerAppealState,
    SignalKind,
    Stage,
)


class ComplaintLine(serializers.Serializer[Any]):
    """One complaint of a shop about a review."""

    id = serializers.CharField()
    review = serializers.CharField(help_text="the key of the review")
    shop_no = serializers.CharField()
    shop = serializers.CharField()
    type = serializers.ChoiceField(ComplaintType.choices)
    type_label = serializers.CharField()
    state = serializers.ChoiceField(ComplaintState.choices)
    state_label = serializers.CharField()
    outcome = serializers.ChoiceField(ComplaintOutcome.choices, allow_null=True)
    outcome_label = serializers.CharField(allow_blank=True)
    filed_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="when we decide at the latest")
    reversed_at = serializers.DateTimeField(
        allow_null=True, help_text="its author appealed and was right"
    )


class ComplaintPage(serializers.Serializer[Any]):
    """One page of complaints, newest first."""

    data = ComplaintLine(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class ComplaintQuote(serializers.Serializer[Any]):
    """A message a complaint rests on, as it stood, masked."""

    conversation = serializers.CharField()
    seq = serializers.IntegerField()
    author = serializers.CharField(help_text="member, agent or bot")
    said_at = serializers.DateTimeField()
    body = serializers.CharField(allow_blank=True)


class SentComplaintFile(serializers.Serializer[Any]):
    """A file that was sent and belongs to no complaint yet."""

    id = serializers.CharField()
    kind = serializers.CharField(help_text="image or file")
    name = serializers.CharField()
    size = serializers.IntegerField()
    content_type = serializers.CharField()


class ComplaintFile(SentComplaintFile):
    """A file of a complaint."""

    url = serializers.CharField()


class ComplaintDecision(serializers.Serializer[Any]):
    """One decision about a complaint."""

    stage = serializers.ChoiceField(Stage.choices)
    outcome = serializers.ChoiceField(ComplaintOutcome.choices)
    outcome_label = serializers.CharField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class Complaint(ComplaintLine):
    """A complaint whole."""

    order_no = serializers.CharField()
    text = serializers.CharField()
    more_text = serializers.CharField(allow_blank=True)
    quotes = ComplaintQuote(many=True)
    files = ComplaintFile(many=True)
    decisions = ComplaintDecision(many=True)
    reapply_until = serializers.DateTimeField(
        allow_null=True, help_text="until when it may be asked once more"
    )


class QuoteSent(Sent):
    """Messages of one talk about the order, by number."""

    conversation = serializers.CharField(max_length=40)
    seqs = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=100
    )


class ComplaintSent(Sent):
    """What a shop complains of, and the evidence: messages, files, or both."""

    # Which kinds there are is for the action to say.
    type = serializers.CharField(max_length=40)
    text = serializers.CharField(trim_whitespace=False, max_length=10_000)
    quotes = QuoteSent(many=True, required=False, default=list)
    files = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, default=list, max_length=100
    )


class ReapplicationSent(Sent):
    """What a shop adds when it asks once more."""

    text = serializers.CharField(trim_whitespace=False, max_length=10_000)
    files = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, default=list, max_length=100
    )


class DecisionSent(Sent):
    """How a complaint is decided; ``words`` are those masked, when that is what follows."""

    outcome = serializers.CharField(max_length=20)
    reason = serializers.CharField(trim_whitespace=False, max_length=5_000, allow_blank=True)
    words = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, default=list, max_length=100
    )


class AppealSent(Sent):
    """What a member says against an upheld complaint or a flag."""

    text = serializers.CharField(trim_whitespace=False, max_length=10_000)


class AppealAnswerSent(Sent):
    """The answer to a member's appeal."""

    granted = serializers.BooleanField()
    answer = serializers.CharField(trim_whitespace=False, max_length=5_000, allow_blank=True)


class MyReviewAppeal(serializers.Serializer[Any]):
    """One's own appeal."""

    id = serializers.CharField()
    state = serializers.ChoiceField(ReviewerAppealState.choices)
    state_label = serializers.CharField()
    text = serializers.CharField()
    filed_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class MyUpheldComplaint(serializers.Serializer[Any]):
    """A complaint about one's own review that was upheld."""

    id = serializers.CharField()
    order_no = serializers.CharField()
    shop = serializers.CharField()
    type = serializers.ChoiceField(ComplaintType.choices)
    type_label = serializers.CharField()
    upheld_at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)
    reversed_at = serializers.DateTimeField(allow_null=True)
    appeal_until = serializers.DateTimeField(allow_null=True)
    appeal = MyReviewAppeal(allow_null=True)


class FlagSign(serializers.Serializer[Any]):
    """One independent sign a flag rests on."""

    kind = serializers.ChoiceField(SignalKind.choices)
    words = serializers.CharField()


class MyReviewFlag(serializers.Serializer[Any]):
    """One's own flag."""

    id = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    is_running = serializers.BooleanField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_why_label = serializers.CharField(allow_blank=True)
    signs = FlagSign(many=True)
    appeal_until = serializers.DateTimeField(allow_null=True)
    appeal = MyReviewAppeal(allow_null=True)


class MyReviewMatters(serializers.Serializer[Any]):
    """All that stands against one's reviews."""

    complaints = MyUpheldComplaint(many=True)
    flags = MyReviewFlag(many=True)


class AnsweredAppeal(serializers.Serializer[Any]):
    """An appeal of a member after it was answered."""

    id = serializers.CharField()
    state = serializers.ChoiceField(ReviewerAppealState.choices)
    answer = serializers.CharField()
    decided_at = serializers.DateTimeField()


class WeightsAsked(Sent):
    """The member who searches, and the shops that could be shown."""

    member_no = serializers.CharField(max_length=40)
    shop_nos = serializers.ListField(
        child=serializers.CharField(max_length=32), min_length=1, max_length=1000
    )


class ShopWeight(serializers.Serializer[Any]):
    """The weight of one shop in what the member is shown; 1 changes nothing, 0 does not occur."""

    shop_no = serializers.CharField()
    weight = serializers.DecimalField(4, 2)


class ShopWeights(serializers.Serializer[Any]):
    """Weights of the shops that were asked about and are known, in the order they were asked."""

    weights = ShopWeight(many=True)


class FlagSide(serializers.Serializer[Any]):
    """One side of the measurement."""

    members = serializers.IntegerField()
    exposures = serializers.IntegerField()


class FlagRate(serializers.Serializer[Any]):
    """A figure of one side, per 10,000 exposures, with its 95 % interval."""

    total = serializers.FloatField()
    per_10k = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class FlagDifference(serializers.Serializer[Any]):
    """Shown less minus left alone, per 10,000 exposures."""

    per_10k = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    too_small = serializers.BooleanField(help_text="the sample is too small: read nothing from it")


class FlagOutcome(serializers.Serializer[Any]):
    """One figure, both sides and their difference."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    is_money = serializers.BooleanField()
    treated = FlagRate()
    holdout = FlagRate()
    difference = FlagDifference()


class FlagMeasurement(serializers.Serializer[Any]):
    """What reduced exposure brought, against the members who were left alone."""

    treated = FlagSide()
    holdout = FlagSide()
    outcomes = FlagOutcome(many=True)
