"""The shapes of what the REST of shops answers."""

from typing import Any

from rest_framework import serializers


class Shop(serializers.Serializer[Any]):
    """A seller's storefront."""

    shop_no = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField(allow_blank=True)
    opened_at = serializers.DateTimeField(allow_null=True)


class ShopPage(serializers.Serializer[Any]):
    """One page of shops, by number."""

    data = Shop(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
