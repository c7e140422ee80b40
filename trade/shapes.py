"""The shapes of what the REST of orders and products answers."""

from typing import Any

from rest_framework import serializers

from trade.models import OrderStatus, RefundKind, RefundOutcome


class Product(serializers.Serializer[Any]):
    """What a shop offers."""

    product_no = serializers.CharField()
    title = serializers.CharField()
    shop = serializers.CharField(help_text="the shop's name")
    shop_no = serializers.CharField()
    category = serializers.CharField(allow_blank=True)
    price = serializers.CharField(help_text="CNY, decimal")
    is_on_shelf = serializers.BooleanField()


class ProductPage(serializers.Serializer[Any]):
    """One page of products, newest first."""

    data = Product(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class ReturnWindow(serializers.Serializer[Any]):
    """Until when a thing goes back without a reason."""

    is_open = serializers.BooleanField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="the first moment it no longer does: day 8, 00:00 in Shanghai"
    )
    reason = serializers.ChoiceField(["open", "not_signed", "excluded", "over", "closed"])
    words = serializers.CharField(allow_blank=True, help_text="the same as a sentence")


class Order(serializers.Serializer[Any]):
    """What a member bought in one shop and paid at one moment."""

    order_no = serializers.CharField()
    product = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_blank=True)
    quantity = serializers.IntegerField()
    paid_amount = serializers.CharField(help_text="CNY, decimal")
    refunded_amount = serializers.CharField(
        help_text="CNY, decimal: what was paid back of it so far"
    )
    freight = serializers.CharField(help_text="CNY, decimal")
    status = serializers.ChoiceField(OrderStatus.choices)
    status_label = serializers.CharField(help_text="the state in words")
    paid_at = serializers.DateTimeField()
    promised_ship_at = serializers.DateTimeField(allow_null=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    promised_deliver_at = serializers.DateTimeField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    shop = serializers.CharField(help_text="the shop's name")
    shop_no = serializers.CharField()
    return_window = ReturnWindow()
    offer = Product(allow_null=True, help_text="what the shop offers of it today")


class OrderPage(serializers.Serializer[Any]):
    """One page of orders, newest first."""

    data = Order(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Refund(serializers.Serializer[Any]):
    """What a buyer asked back of one order, and what came of it."""

    refund_no = serializers.CharField()
    order_no = serializers.CharField()
    kind = serializers.ChoiceField(RefundKind.choices)
    kind_label = serializers.CharField(help_text="the kind in words")
    amount = serializers.CharField(help_text="CNY, decimal")
    reason = serializers.CharField(allow_blank=True)
    applied_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(
        RefundOutcome.choices, allow_null=True, help_text="null while it runs"
    )
    outcome_label = serializers.CharField(help_text="the outcome in words")


class RefundPage(serializers.Serializer[Any]):
    """One page of an order's refunds, newest first."""

    data = Refund(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
