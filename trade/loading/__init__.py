"""Loading orders from a file, as fast as rows can be written with all their indexes and checks."""

from trade.loading.orders import OrderLoader

__all__ = ["OrderLoader"]
