"""Loading orders and products from files.

Orders come as fast as rows can be written with all their indexes and checks.
"""

from trade.loading.orders import OrderLoader
from trade.loading.products import ProductLoader

__all__ = ["OrderLoader", "ProductLoader"]
