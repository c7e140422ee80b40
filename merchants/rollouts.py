"""What the testbed knows of shops: who they are."""

from apass.rollouts.populations import Population, declare_population
from merchants.models import Shop

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
