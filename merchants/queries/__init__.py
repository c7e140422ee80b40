from merchants.queries.shops import shop_card, shop_page

__all__ = ["shop_card", "shop_page"]
