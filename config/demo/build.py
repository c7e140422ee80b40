"""Builds the demo world: sixty days of a marketplace that end at a given moment, the same every time.

People, shops, orders and talk are written in bulk. Tiers, memberships, services that are tried, those who
serve and the radio come about through their actions, moment by moment, so that what the pages tell is
what really happened.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import User
from common.parameters import set_value
from common.partitions import PARTITIONED, ensure_partitions
from config.demo import talks
from config.demo.airing import radio
from config.demo.conversations import past_talks, todays_talks, write_talks
from config.demo.layers import live_through, year
from config.demo.market import orders, people, products, shops
from config.demo.merchanthood import merchants
from config.demo.serving import serving
from config.demo.trials import mark_threat, trials
from config.demo.world import DAYS, World
from radio.models import Edition
from tickets.models import CannedReply


@transaction.atomic
def build(now: datetime) -> dict[str, int]:
    """Build the world that ends at ``now``; return how many of each thing there are."""
    logging.getLogger("django-q").setLevel(logging.WARNING)
    world = World(now)
    first = (world.today - timedelta(days=DAYS + 400)).replace(day=1)
    for table in PARTITIONED:
        ensure_partitions(table, first, world.today)
    people(world)
    shops(world)
    products(world)
    orders(world)
    year(world)
    serving(world)
    live_through(world)
    past_talks(world)
    todays_talks(world)
    write_talks(world)
    mark_threat(world)
    canned(world)
    radio(world)
    merchants(world)
    trials(world)
    changes(world)
    # All of it is told already: nothing is left for the worker to do.
    OrmQ.objects.all().delete()
    return {
        "people": User.objects.count(),
        "members": len(world.members),
        "shops": len(world.shops),
        "products": len(world.products),
        "orders": len(world.orders) + len(world.earlier),
        "conversations": len(world.conversations),
        "messages": len(world.messages),
        "editions": Edition.objects.count(),
    }


def canned(world: World) -> None:
    """Write the house's ready sentences."""
    CannedReply.objects.bulk_create(
        CannedReply(shortcut=shortcut, title=title, body=body, folder=folder)
        for shortcut, title, body, folder in talks.CANNED
    )


def changes(world: World) -> None:
    """Let operations have changed three numbers, with a reason."""
    ops = world.people["bailu"]
    # Its people are played by whoever looks around; operations switch it on like anywhere.
    set_value(
        "second_step.required_roles",
        "",
        by=ops,
        reason="演示世界人人都能进来看看，不要求第二步；改成 operations lead 就要求",
        effective_from=timezone.now(),
    )
    set_value(
        "queue.usual_wait",
        45,
        by=ops,
        reason="双 11 之后人手回来了，平时一位大约四十五秒",
        effective_from=timezone.now(),
    )
    set_value(
        "chat.recall_window",
        120,
        by=ops,
        reason="和规则页写的两分钟一致",
        effective_from=timezone.now() + timedelta(minutes=1),
    )
