"""Who lives in the demo world and what they buy."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password

from accounts.models import Member, Role, Tier, User
from config.demo import goods
from config.demo.merchanthood import staff_accounts
from config.demo.world import (
    DAYS,
    FACES,
    MEMBERS,
    NEWCOMER_DAYS,
    ORDERS,
    PARTNER_PEOPLE,
    SEED,
    STAFF,
    TEAMS,
    World,
    demo_password,
)
from merchants.models import Merchant, Shop
from trade.models import Order, OrderStatus, Product
from workforce.models import AgentStatus, Presence, Team, TeamMembership

PRESENCES = {"qinlang": Presence.BREAK, "shenye": Presence.OFFLINE}
ALWAYS_BUYS = 450
"""Days for which those with a tier above the ordinary have been members at least."""


def people(world: World) -> None:
    """Make staff, teams and the members' faces."""
    password = make_password(demo_password())
    joined = world.now - timedelta(days=900)

    def account(name: str, shown: str, *roles: str, **fields: Any) -> User:
        return User(
            username=name,
            display_name=shown,
            roles=list(roles),
            password=password,
            date_joined=joined,
            **fields,
        )

    for name, shown, roles, _team, _level in (*STAFF, *staff_accounts()):
        world.people[name] = account(name, shown, *roles)
    for name, shown, _level in PARTNER_PEOPLE:
        world.people[name] = account(name, shown, Role.PARTNER_AGENT)
    world.people["root"] = account("root", "掌柜", is_superuser=True)
    faces = [
        account(name, shown, Role.MEMBER, phone=f"1380000{2071 + n}")
        for n, (name, shown, _tier, _region) in enumerate(FACES)
    ]
    world.people |= {face.username: face for face in faces}
    members(world, faces)
    # Whoever is invited to APASS has to be able to say yes.
    for member in world.members[len(faces) :]:
        if world.meant[member.member_no] == Tier.APASS:
            member.user = account(
                member.member_no.lower(), member.display_name, Role.MEMBER, phone=member.phone
            )
            world.people[member.user.username] = member.user
    User.objects.bulk_create(world.people.values())
    teams(world)


def teams(world: World) -> None:
    """Make the house's own teams and put its people at their desks."""
    world.teams["general"] = Team.objects.get(code="general")
    for code, name in TEAMS:
        world.teams[code] = Team.objects.create(code=code, name=name)
    for account, _name, roles, team, level in STAFF:
        if not team:
            continue
        user = world.people[account]
        TeamMembership.objects.create(team=world.teams[team], user=user, is_lead=Role.LEAD in roles)
        AgentStatus.objects.create(
            user=user,
            presence=PRESENCES.get(account, Presence.ONLINE),
            since=world.now - timedelta(minutes=40),
            level=level,
        )


def members(world: World, faces: list[User]) -> None:
    """Think of the members; the first few have a sign-in. They are written when they register."""
    dice = world.dice
    tiers = [Tier.NEW, Tier.NORMAL, Tier.SUPER, Tier.VIP88, Tier.APASS]
    for n in range(MEMBERS):
        if n < len(faces):
            face, (_account, name, tier, region) = faces[n], FACES[n]
        else:
            face, name = None, dice.choice(goods.SURNAMES) + dice.choice(goods.GIVEN)
            tier = dice.choices(tiers, (12, 62, 18, 6, 2))[0]
            region = dice.choice(goods.REGIONS)
        member = Member(
            member_no=f"M{10_000_001 + n * 37}",
            user=face,
            display_name=name,
            phone=face.phone if face else f"1{dice.choice('3578')}{dice.randint(10**8, 10**9 - 1)}",
            region=region,
            tier=Tier.NORMAL,
            real_name_verified=dice.random() < 0.8 or tier == Tier.APASS,
            registered_at=world.now
            - timedelta(days=_age(tier, n, dice), minutes=dice.randint(0, 1400)),
        )
        world.members.append(member)
        world.meant[member.member_no] = tier


def _age(tier: Tier, n: int, dice: random.Random) -> int:
    """Return for how many days somebody has been a member."""
    match tier:
        case Tier.NEW:
            days = dice.randint(3, 80)
            return NEWCOMER_DAYS if n < len(FACES) else days
        case Tier.NORMAL:
            return dice.randint(120, 2600)
    return dice.randint(ALWAYS_BUYS, 2600)


def shops(world: World) -> None:
    """Make shops and the companies behind them."""
    for n, (category, name, company) in enumerate(goods.SHOPS):
        merchant = Merchant.objects.create(merchant_no=f"B{2001 + n}", name=company)
        world.shops.append(
            Shop(
                shop_no=f"S{3001 + n}",
                name=name,
                merchant=merchant,
                category=category,
                opened_at=world.now - timedelta(days=world.dice.randint(200, 3000)),
                greeting_word="老友" if name == "木里茶器" else "",
            )
        )
    Shop.objects.bulk_create(world.shops)


def products(world: World) -> None:
    """Put on every shop's shelf what its trade sells, at one price each; a few things are off it."""
    dice = random.Random(f"{SEED} products")  # of its own: orders and talk stay as they were
    for shop in world.shops:
        for n, (title, low, high) in enumerate(goods.GOODS[shop.category], start=1):
            world.products.append(
                Product(
                    product_no=f"G{shop.shop_no[1:]}{n:02d}",
                    shop=shop,
                    title=title,
                    category=shop.category,
                    price=Decimal(f"{dice.randint(low, high)}.00"),
                    is_listed=dice.random() > 0.08,
                    added_at=world.now - timedelta(days=dice.randint(70, 400)),
                )
            )
    Product.objects.bulk_create(world.products)


def orders(world: World) -> None:
    """Think of the orders of the last days: a few members buy often, newcomers once or twice."""
    dice = world.dice
    regulars = [one for one in world.members if world.meant[one.member_no] != Tier.NEW]
    faces = [one for one in regulars if one.user and one.user.username in _PLAYED]
    # A few buy often, most now and then.
    weights = [1 / (4 + n % 97) for n in range(len(regulars))]
    buyers = dice.choices(regulars, weights, k=ORDERS)
    for n, member in enumerate(buyers):
        paid_at = world.now - timedelta(days=dice.uniform(0.2, DAYS), seconds=dice.randint(0, 3600))
        buyer = faces[n % len(faces)] if n < 30 else member
        world.orders.append(_order(world, buyer, paid_at, dice))
    for member in world.members:
        if world.meant[member.member_no] == Tier.NEW and member.registered_at:
            young = (world.now - member.registered_at).total_seconds() / 86400
            # The one who is played has received the first order; the second one is on its way.
            played = member.user is not None
            ages = (young * 0.8, 1.6) if played else _ages(young, dice)
            for age in ages:
                bought = world.now - timedelta(days=age)
                world.orders.append(_order(world, member, bought, dice))


_PLAYED = frozenset(account for account, *_rest in FACES)


def _ages(young: float, dice: random.Random) -> list[float]:
    return [dice.uniform(0.2, young * 0.95) for _ in range(dice.randint(0, 2))]


def _order(world: World, member: Member, paid_at: datetime, dice: random.Random) -> Order:
    """Think of one order, as far on its way as it is now."""
    shop = dice.choice(world.shops)
    product, low, high = dice.choice(goods.GOODS[shop.category])
    return order_of(
        world, member, shop, product, amount=dice.randint(low, high), paid_at=paid_at, dice=dice
    )


def order_of(
    world: World,
    member: Member,
    shop: Shop,
    product: str,
    *,
    amount: int,
    paid_at: datetime,
    dice: random.Random,
    quantity: int = 1,
) -> Order:
    """Make (and do not write) an order that was paid at ``paid_at``."""
    age = (world.now - paid_at).total_seconds() / 86400
    shipped = paid_at + timedelta(hours=dice.uniform(3, 46))
    signed = shipped + timedelta(days=dice.uniform(1, 4))
    status, closed = OrderStatus.PAID, None
    if signed < world.now:
        status = OrderStatus.FINISHED if age > 15 else OrderStatus.SIGNED
        closed = signed + timedelta(days=10) if status == OrderStatus.FINISHED else None
    elif shipped < world.now:
        status = OrderStatus.SHIPPED
    order_no = f"{paid_at:%y%m%d%H%M}{dice.randint(10**6, 10**7 - 1)}"
    return Order(
        id=Order.id_for(order_no, paid_at),
        order_no=order_no,
        member=member,
        shop=shop,
        product=product,
        category=shop.category,
        quantity=quantity,
        paid_amount=Decimal(amount),
        region=member.region,
        status=status,
        paid_at=paid_at,
        promised_ship_at=paid_at + timedelta(hours=48),
        shipped_at=shipped if shipped < world.now else None,
        promised_deliver_at=paid_at + timedelta(days=6),
        signed_at=signed if signed < world.now else None,
        closed_at=closed,
    )
