"""The shapes of what the REST of goodwill answers and takes. Amounts are in yuan, as strings."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from common.rest import Sent
from merchants.models import GestureKind, GestureState


def _money(**given: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=12, decimal_places=2, **given)


class GoodwillPlan(serializers.Serializer[Any]):
    """What a shop sets aside."""

    month_budget = _money()
    most_each = _money()
    kinds = serializers.ListField(child=serializers.ChoiceField(GestureKind.choices))
    since = serializers.DateTimeField()


class Goodwill(serializers.Serializer[Any]):
    """A shop's plan and what is left of the month."""

    shop_no = serializers.CharField()
    plan = GoodwillPlan(allow_null=True)
    month = serializers.CharField(help_text="2026-11, by Shanghai's calendar")
    promised = _money(help_text="offered, accepted and given this month")
    left = _money()


class OfferedGesture(serializers.Serializer[Any]):
    """A gesture as its buyer reads it."""

    id = serializers.CharField()
    shop_no = serializers.CharField()
    shop = serializers.CharField()
    order_no = serializers.CharField()
    conversation = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(GestureKind.choices)
    kind_label = serializers.CharField()
    worth = _money(allow_null=True, help_text="what the buyer gets in money; null of things")
    words = serializers.CharField()
    state = serializers.ChoiceField(GestureState.choices)
    state_label = serializers.CharField()
    offered_at = serializers.DateTimeField()
    holds_until = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(
        allow_null=True,
        help_text="when it is given at the latest; of a coupon, until when it is used",
    )
    is_late = serializers.BooleanField()
    coupon_code = serializers.CharField(allow_blank=True)
    proof = serializers.CharField(allow_blank=True)


class Gesture(OfferedGesture):
    """A gesture as its shop reads it."""

    amount = _money(help_text="what it costs the shop")


class GesturePage(serializers.Serializer[Any]):
    """One page of a shop's gestures, newest first."""

    data = Gesture(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class OfferedGesturePage(serializers.Serializer[Any]):
    """One page of what was offered to somebody, newest first."""

    data = OfferedGesture(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Followed(serializers.Serializer[Any]):
    """What followed: ratings of the order after it, and whether the buyer came back."""

    rated = serializers.IntegerField()
    mean_score = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True)
    buyers = serializers.IntegerField(help_text="those for whom the time to come back is over")
    returned = serializers.IntegerField()
    returned_share = serializers.DecimalField(max_digits=5, decimal_places=4, allow_null=True)
    returned_low = serializers.DecimalField(max_digits=5, decimal_places=4, allow_null=True)
    returned_high = serializers.DecimalField(max_digits=5, decimal_places=4, allow_null=True)


class KindEffect(Followed):
    """What one kind of gesture brought."""

    kind = serializers.ChoiceField(GestureKind.choices)
    kind_label = serializers.CharField()
    offered = serializers.IntegerField()
    accepted = serializers.IntegerField()
    given = serializers.IntegerField()
    late = serializers.IntegerField()
    cost = _money(help_text="of what was given")
    is_enough = serializers.BooleanField(
        help_text="whether there are enough offers to say anything"
    )


class GoodwillEffect(serializers.Serializer[Any]):
    """What a shop's gestures brought, beside its other orders."""

    shop_no = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    repeat_days = serializers.IntegerField()
    least_to_judge = serializers.IntegerField()
    kinds = KindEffect(many=True)
    others = Followed()
    note = serializers.CharField()


class PlanSent(Sent):
    """A plan from now on."""

    month_budget = _money(min_value=Decimal(0))
    most_each = _money(min_value=Decimal(0))
    # Which kinds there are is for the action to say.
    kinds = serializers.ListField(child=serializers.CharField(max_length=40), max_length=10)


class GestureSent(Sent):
    """An offer to the buyer of an order."""

    order_no = serializers.CharField(max_length=40)
    conversation_no = serializers.CharField(
        max_length=40, required=False, default="", allow_blank=True
    )
    kind = serializers.CharField(max_length=40)
    amount = _money()
    words = serializers.CharField(trim_whitespace=False, max_length=10_000)


class GestureAnswered(Sent):
    """Whether an offer is taken."""

    accept = serializers.BooleanField()


class ProofSent(Sent):
    """By what it is proved that something was given."""

    proof = serializers.CharField(max_length=10_000)
