"""What trade keeps of a member: which numbers are the house's own."""

from collections.abc import Collection

from common.masking import own_numbers
from trade.models import Order


@own_numbers("order")
def known_orders(numbers: Collection[str]) -> Collection[str]:
    """Return those of ``numbers`` that are order numbers of the house."""
    return list(Order.objects.filter(order_no__in=numbers).values_list("order_no", flat=True))
