"""What the testbed knows of shops: who they are, and which of them get new things first."""

from apass.rollouts.populations import Population, declare_pilots, declare_population
from merchants.models import PilotShop, Shop

declare_population(
    Population(
        "shop",
        Shop.objects.all,
        key="shop_no",
        number="shop_no",
        tier="",
        registered="opened_at",
    )
)


def pilot_keys() -> frozenset[str]:
    """Return the keys of the shops that get new things first (蜂王店铺)."""
    numbers = PilotShop.objects.current().values_list("shop__shop_no", flat=True)
    return frozenset(f"shop:{number}" for number in numbers)


declare_pilots("shop", pilot_keys)
