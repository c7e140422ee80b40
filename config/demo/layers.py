"""The year in which members came, bought and rose: their tiers follow from it, nobody sets them."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from accounts.actions import grant_title, note_population, upkeep
from accounts.models import Member, Tier, User
from apass.actions import (
    accept_invitation,
    approve,
    assign_manager,
    invite,
    look_for_candidates,
    reject,
)
from apass.models import Membership, MembershipState
from config.demo import goods
from config.demo.market import order_of
from config.demo.world import DAYS, SEED, World
from trade.models import Order
from trade.standing.runs import bring_up_to_date

MONTHS = 13
SEEN_EVERY = 10
"""Days from one look at the population to the next, lately."""

PACE: dict[str, tuple[int, int]] = {
    # tier: orders a month, yuan a month
    Tier.SUPER: (2, 2_800),
    Tier.VIP88: (3, 3_400),
    Tier.APASS: (11, 13_500),
}
CLIMBERS = 6
"""Super members who buy so much that they are candidates for APASS by now."""
CLIMBING = (11, 11_500)


def year(world: World) -> None:
    """Think of what those with a tier have bought month by month before the last days."""
    dice = random.Random(f"{SEED} year")
    climbers = 0
    for member in world.members:
        pace = PACE.get(world.meant[member.member_no])
        if pace is None:
            continue
        if world.meant[member.member_no] == Tier.SUPER and not member.user and climbers < CLIMBERS:
            climbers, pace, member.real_name_verified = climbers + 1, CLIMBING, True
        for back in range(1, MONTHS + 1):
            world.earlier += _month(world, member, pace, DAYS // 2 + back * 30, dice)


def live_through(world: World) -> None:
    """Let everybody register, receive their orders and rise, moment by moment, as the clock would do it."""
    people = sorted(world.members, key=lambda one: one.registered_at or world.now)
    orders = sorted([*world.earlier, *world.orders], key=_received)
    for then in _moments(world):
        last = then == world.now
        come = [one for one in people if last or (one.registered_at or then) <= then]
        people = people[len(come) :]
        Member.objects.bulk_create(come)
        arrived = [one for one in orders if last or _received(one) <= then]
        orders = orders[len(arrived) :]
        Order.objects.bulk_create(arrived, batch_size=1000)
        _sell_titles(world, come, then)
        upkeep(then)
        bring_up_to_date(then)
        _invite_to_apass(world, then)
        note_population(then)
    tiers = dict(Member.objects.values_list("pk", "tier"))
    for member in world.members:
        member.tier = tiers[member.pk]


def _moments(world: World) -> Iterator[datetime]:
    """Yield when the house looks: on every recompute day, then every few days, at last now."""
    days = {world.today - timedelta(days=back) for back in range(SEEN_EVERY, DAYS, SEEN_EVERY)}
    month = world.today.replace(day=9)
    for _ in range(MONTHS):
        days.add(month)
        month = (month.replace(day=1) - timedelta(days=1)).replace(day=9)
    yield from (world.at(day, 4) for day in sorted(days) if day < world.today)
    yield world.now


def _received(order: Order) -> datetime:
    return order.signed_at or datetime.max.replace(tzinfo=order.paid_at.tzinfo)


def _month(
    world: World, member: Member, pace: tuple[int, int], upto: int, dice: random.Random
) -> list[Order]:
    """Think of one month's orders, which ends ``upto - 30`` days ago."""
    count, yuan = pace
    found = []
    for _ in range(count):
        shop = dice.choice(world.shops)
        product, low, high = dice.choice(goods.GOODS[shop.category])
        price = dice.randint(low, high)
        quantity = max(1, round(yuan / count * dice.uniform(0.85, 1.2) / price))
        paid_at = world.now - timedelta(days=upto - dice.uniform(0, 30))
        found.append(
            order_of(
                world,
                member,
                shop,
                product,
                amount=price * quantity,
                quantity=quantity,
                paid_at=paid_at,
                dice=dice,
            )
        )
    return found


def _sell_titles(world: World, come: list[Member], then: datetime) -> None:
    """Let those who are to be 88VIP buy it, when there is less than a year left."""
    for member in come:
        if world.meant[member.member_no] == Tier.VIP88:
            grant_title(
                member,
                Tier.VIP88,
                since=world.now - timedelta(days=90),
                until=world.at(world.today + timedelta(days=276), 0),
                source_key=f"demo {member.member_no}",
                by=None,
                reason="演示世界：九十天前开通",
                now=then,
            )


def _invite_to_apass(world: World, then: datetime) -> None:
    """Find who qualifies, and take them as far as the story says: into APASS, or still on the list."""
    look_for_candidates(then)
    ops, root = world.people["bailu"], world.people["root"]
    waiting = Membership.objects.filter(state=MembershipState.CANDIDATE).select_related(
        "member__user"
    )
    climbers = 0
    for membership in waiting.order_by("member__member_no"):
        if membership.member.user is not None:
            _welcome(world, membership, membership.member.user, then)
            continue
        climbers += 1
        if then != world.now or climbers > 3:
            continue
        if climbers == 1:
            reject(membership, by=ops, reason="多数是单位采购，不是本人在用", now=then)
            continue
        approve(membership, by=ops, reason="消费和诚信都够，退货很少", now=then)
        if climbers == 2:
            invite(membership, by=root, reason="第一批", now=then)


def _welcome(world: World, membership: Membership, user: User, then: datetime) -> None:
    ops, root = world.people["bailu"], world.people["root"]
    approve(membership, by=ops, reason="十二个月的消费、诚信都够，核对过了", now=then)
    invite(membership, by=root, reason="第一批", now=then)
    membership = accept_invitation(membership, by=user, now=then)
    assign_manager(
        membership,
        manager=world.people["xuqinghe"],
        deputy=world.people["jiangbanxia"],
        by=ops,
        reason="生鲜买得多，由生鲜组的老同事照看",
        now=then,
    )
