"""Loading orders, ratings, refunds and products from files.

Orders come as fast as rows can be written with all their indexes and checks.
"""

from trade.loading.orders import OrderLoader
from trade.loading.products import ProductLoader
from trade.loading.ratings import RatingLoader
from trade.loading.refunds import RefundLoader

__all__ = ["OrderLoader", "ProductLoader", "RatingLoader", "RefundLoader"]
