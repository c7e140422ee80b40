"""The world while it is built: its moment, its dice, and everything made so far."""

import json
import os
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import Member, Role, Tier, User
from common.models import Deadline, Event
from merchants.models import Shop
from tickets.models import Conversation, Disposition, Message
from trade.models import Order, Product
from workforce.models import Team

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS, MEMBERS, ORDERS, TALKS = 60, 400, 4_000, 1_500
SEED = 20_170_512

STAFF: tuple[tuple[str, str, tuple[str, ...], str, int], ...] = (
    # account, name, roles, team ("" none), level of concurrency
    ("xuqinghe", "许青禾", (Role.AGENT,), "fresh", 5),
    ("guchen", "顾晨", (Role.AGENT,), "fresh", 5),
    ("qinlang", "秦朗", (Role.AGENT,), "general", 5),
    ("xiazhi", "夏至", (Role.AGENT,), "general", 4),
    ("yezhiqiu", "叶知秋", (Role.AGENT,), "digital", 4),
    ("chenxiaobei", "陈小北", (Role.AGENT,), "newcomer", 3),
    ("jiangbanxia", "姜半夏", (Role.SENIOR,), "fresh", 4),
    ("wenruyan", "温如言", (Role.SENIOR,), "general", 4),
    ("luyao", "陆遥", (Role.LEAD,), "fresh", 5),
    ("shenye", "沈夜", (Role.AGENT,), "night", 3),
    ("helan", "贺兰", (Role.BUSINESS,), "", 0),
    ("linzhengyang", "林正阳", (Role.BUSINESS,), "", 0),
    ("sumu", "苏木", (Role.BUSINESS,), "", 0),
    ("fangzhou", "方舟", (Role.ACCOUNT_MANAGER,), "", 0),
    ("jiangnan", "江楠", (Role.ACCOUNT_MANAGER,), "", 0),
    ("bailu", "白露", (Role.OPERATIONS,), "", 0),
    ("zhaoshu", "赵舒", (Role.OPERATIONS,), "", 0),
    ("dongming", "董明", (Role.EXECUTIVE,), "", 0),
    ("shenji", "沈霁", (Role.AUDITOR,), "", 0),
)

PARTNER_PEOPLE = (("sunmiao", "孙淼", 4), ("tangguo", "唐果", 2))
"""Who answers for the service partner: account, name, level of concurrency."""

TEAMS = (
    ("fresh", "生鲜组"),
    ("digital", "数码家电组"),
    ("newcomer", "带路党"),
    ("night", "夜班组"),
)
PARTNER_TEAM = "yunfan"
TEAM_OF_CATEGORY = {"生鲜": "fresh", "数码": "digital", "家电": "digital"}

FACES = (
    # the members one can play
    ("zhouxiaoning", "周小宁", Tier.SUPER, "上海"),
    ("ada", "艾达", Tier.APASS, "广东 深圳"),
    ("chenyu", "陈晓雨", Tier.NEW, "四川 成都"),
    ("linxi", "林夕", Tier.VIP88, "浙江 杭州"),
)
NEWCOMER_DAYS = 26
"""How long ago the newcomer among them registered."""


def is_empty() -> bool:
    """Tell whether nobody lives here yet."""
    return not (Member.objects.exists() or Conversation.objects.exists())


def demo_password() -> str:
    """Return this installation's password of all demo accounts; made once, readable by its owner only."""
    path = settings.DATA_DIR / "demo.json"
    if path.exists():
        return str(json.loads(path.read_text())["password"])
    password = f"{secrets.choice(('chunfen', 'guyu', 'mangzhong', 'bailu', 'dongzhi'))}-{secrets.randbelow(9000) + 1000}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"password": password}, file)
    return password


@dataclass
class World:
    """Everything made so far, and the dice."""

    now: datetime
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))
    people: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    shops: list[Shop] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    earlier: list[Order] = field(default_factory=list)
    """Orders of the year before, which earned some members their tier; nobody talks about them."""
    meant: dict[str, Tier] = field(default_factory=dict)
    """The tier a member is on the way to, by number: how much they buy follows from it."""
    conversations: list[Conversation] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    spoken_by: dict[str, list[Conversation]] = field(default_factory=dict)

    def product_of(self, order: Order) -> Product:
        """Return the product an order is about."""
        return next(
            product
            for product in self.products
            if product.shop is order.shop and product.title == order.product
        )

    @cached_property
    def outcomes(self) -> list[Disposition]:
        """How talks end, as often as they do."""
        by_code = {d.code: d for d in Disposition.objects.filter(is_active=True)}
        wanted = ("solved", "solved", "solved", "refund-explained", "passed-to-merchant")
        return [by_code[code] for code in (*wanted, "no-reply")]

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return self.now.astimezone(SHANGHAI).date()

    def at(self, day: date, hour: float) -> datetime:
        """Return a moment of a day in Shanghai; ``hour`` may be broken."""
        return datetime.combine(day, time(), SHANGHAI) + timedelta(hours=hour)

    def days(self) -> Iterator[date]:
        """Yield the days of the world, today included."""
        for back in range(DAYS, -1, -1):
            yield self.today - timedelta(days=back)
