"""Who lives in the demo world and what they buy."""

import random
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from accounts.models import Member, Role, Tier, User
from config.demo import goods
from config.demo.world import DAYS, FACES, MEMBERS, ORDERS, SEED, STAFF, TEAMS, World, demo_password
from merchants.models import Merchant, Shop
from trade.models import Order, OrderStatus, Product
from workforce.models import AgentStatus, Presence, Team, TeamMembership


def people(world: World) -> None:
    """Make staff, teams and the members' faces."""
    password = make_password(demo_password())
    joined = world.now - timedelta(days=900)
    for account, name, roles, _team, _level in STAFF:
        world.people[account] = User(
            username=account,
            display_name=name,
            roles=list(roles),
            password=password,
            date_joined=joined,
        )
    root = User(
        username="root",
        display_name="掌柜",
        password=password,
        is_superuser=True,
        date_joined=joined,
    )
    faces = [
        User(
            username=account,
            display_name=name,
            roles=[Role.MEMBER],
            password=password,
            phone=f"1380000{2071 + n}",
            date_joined=joined,
        )
        for n, (account, name, _tier, _region) in enumerate(FACES)
    ]
    User.objects.bulk_create([*world.people.values(), *faces, root])
    world.people |= {face.username: face for face in faces}
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
            presence=Presence.BREAK if account == "qinlang" else Presence.ONLINE,
            since=world.now - timedelta(minutes=40),
            level=level,
        )
    members(world, faces)


def members(world: World, faces: list[User]) -> None:
    """Make the members; the first few have a sign-in."""
    dice = world.dice
    tiers = [Tier.NEW, Tier.NORMAL, Tier.SUPER, Tier.VIP88, Tier.APASS]
    for n in range(MEMBERS):
        if n < len(faces):
            face, (_account, name, tier, region) = faces[n], FACES[n]
        else:
            face, name = None, dice.choice(goods.SURNAMES) + dice.choice(goods.GIVEN)
            tier = dice.choices(tiers, (12, 62, 18, 6, 2))[0]
            region = dice.choice(goods.REGIONS)
        old = dice.randint(3, 80) if tier == Tier.NEW else dice.randint(120, 2600)
        world.members.append(
            Member(
                member_no=f"M{10_000_001 + n * 37}",
                user=face,
                display_name=name,
                phone=face.phone
                if face
                else f"1{dice.choice('3578')}{dice.randint(10**8, 10**9 - 1)}",
                region=region,
                tier=tier,
                real_name_verified=dice.random() < 0.8,
                registered_at=world.now - timedelta(days=old, minutes=dice.randint(0, 1400)),
            )
        )
    Member.objects.bulk_create(world.members)


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
    """Make orders, a few members buying often."""
    dice = world.dice
    # A few buy often, most now and then.
    weights = [1 / (1 + n % 97) for n in range(len(world.members))]
    buyers = dice.choices(world.members, weights, k=ORDERS)
    for n, member in enumerate(buyers):
        if n < 30:
            member = world.members[n % len(FACES)]
        shop = dice.choice(world.shops)
        product, low, high = dice.choice(goods.GOODS[shop.category])
        paid_at = world.now - timedelta(days=dice.uniform(0.2, DAYS), seconds=dice.randint(0, 3600))
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
        world.orders.append(
            Order(
                id=Order.id_for(order_no, paid_at),
                order_no=order_no,
                member=member,
                shop=shop,
                product=product,
                category=shop.category,
                quantity=1,
                paid_amount=Decimal(dice.randint(low, high)),
                region=member.region,
                status=status,
                paid_at=paid_at,
                promised_ship_at=paid_at + timedelta(hours=48),
                shipped_at=shipped if shipped < world.now else None,
                promised_deliver_at=paid_at + timedelta(days=6),
                signed_at=signed if signed < world.now else None,
                closed_at=closed,
            )
        )
    Order.objects.bulk_create(world.orders, batch_size=1000)
