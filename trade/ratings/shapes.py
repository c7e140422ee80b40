"""What buyers send about an order, and what they are answered."""

from rest_framework import serializers

from common.rest import Sent
from merchants.models import Grade
from merchants.ratings.shapes import Review

GRADES = [grade.name.lower() for grade in Grade]


class OwnRating(Review):
    """What one said of an order, and until when one may still say more."""

    order_no = serializers.CharField()
    change_until = serializers.DateTimeField(
        allow_null=True, help_text="changed or withdrawn before then, once; null when it may not be"
    )
    followup_until = serializers.DateTimeField(
        allow_null=True, help_text="followed up before then, once; null when it may not be"
    )


class RatingSent(Sent):
    """Three scores from 1 to 5, each may be left out, and a grade; at least one of the four."""

    desc_match = serializers.IntegerField(required=False, allow_null=True, default=None)
    service_attitude = serializers.IntegerField(required=False, allow_null=True, default=None)
    logistics_service = serializers.IntegerField(required=False, allow_null=True, default=None)
    grade = serializers.ChoiceField(GRADES, required=False, allow_null=True, default=None)
    comment = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False, max_length=10_000
    )


class RatingChange(Sent):
    """Another grade for a neutral or negative review, once; words stay when left out."""

    grade = serializers.ChoiceField(GRADES)
    comment = serializers.CharField(
        required=False, allow_null=True, default=None, allow_blank=True, trim_whitespace=False,
        max_length=10_000,
    )  # fmt: skip


class FollowupSent(Sent):
    """What is added to a review, once."""

    text = serializers.CharField(trim_whitespace=False, max_length=10_000)
