"""What is read of merchants: shops, their reviews, their scores."""

from merchants.queries.shops import shop_card, shop_page

__all__ = ["shop_card", "shop_page"]
