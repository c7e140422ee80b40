"""The cast. Mei and Ada are members, Bo an agent, Lin leads Bo's team, Sen is the senior who screens,
Qiao works for a merchant, Wen is an account manager, He reads the radio for a business team, Ops runs
the house, Dora answers in another team, and Chen is a member who must never see anything of the others.
"""

import copy
import gc
import os
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from unittest import mock

import pytest
from asgiref.sync import SyncToAsync
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client, TransactionTestCase, override_settings
from django.test.utils import ContextList

from accounts.models import Member, Role, Tier, User
from accounts.standing import numbers
from apass.entitlements import catalogue
from apass.rollouts import snapshot
from apass.rollouts.exposures import notebook
from common import calendars, parameters
from common.rest import rates
from merchants.models import Merchant, Shop
from tests.emptying import empty_database
from tests.template import template_of
from trade.models import Order, OrderStatus, Product
from workforce.models import AgentStatus, Presence, Team, TeamMembership

PASSWORD = "open-sesame-88"


WALKS = {"rights", "hostile"}
"""Folders whose files walk the whole house."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin the long walks before the thousands of short tests, each where its house is built once.

    Workers are handed the groups first; no worker is to come upon a long one when the others are done.
    """
    for item in items:
        if item.path.parent.name in WALKS and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, not again and again among all that was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Let every process begin with a copy of one migrated database."""
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template_of(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let the test runner empty the history between transactional tests; nothing else may."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%no_truncate%'"
        )
        for name, table in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}" ON {table}')
        # Rows that migrations make would be there for the first tests only.
        empty_database()
    yield
    # The thread of ``sync_to_async`` keeps its connections; a database in use cannot be dropped.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(scope="session")
def _servers(django_db_setup, django_db_blocker, tmp_path_factory):
    """One running house for all tests of this process: its end cuts every connection to the database."""
    from tests.browser.house import House

    with django_db_blocker.unblock():
        running = House(tmp_path_factory.mktemp("house"))
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture(autouse=True, scope="session")
def quick_emptying():
    """Empty the database after a committed test the quick way."""
    with mock.patch.object(TransactionTestCase, "_fixture_teardown", empty_database):
        yield


@pytest.fixture(autouse=True)
def fresh_parameters(monkeypatch):
    """No test inherits what another one's process remembers, nor asks again because it is slow."""
    rates.forget_reads()
    for module in (parameters, calendars, snapshot, catalogue, numbers):
        monkeypatch.setattr(module, "_RECHECK_SECONDS", 3600.0)
        module.forget()
    # What was met is written when a test says so, never by a thread behind it.
    monkeypatch.setattr(notebook, "starts_thread", False)
    yield
    for module in (parameters, calendars, snapshot, catalogue, numbers, notebook):
        module.forget()
    cache.clear()


@pytest.fixture
def new_house(db):
    """What migrations put into a new house: a default team, and the words for done talks."""
    make_new_house()


def make_new_house() -> None:
    """Make what the migrations make, in a database that was emptied since."""
    for module, make in (
        ("workforce.migrations.0002_default_team", "make_default_team"),
        ("tickets.migrations.0003_dispositions", "make_dispositions"),
    ):
        getattr(import_module(module), make)(apps, None)


def person(username: str, display_name: str, *roles: str, **fields) -> User:
    """Make someone who can sign in with :data:`PASSWORD`."""
    user = User(username=username, display_name=display_name, roles=list(roles), **fields)

    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def team(db) -> Team:
    # The house begins with a default team of its own.
    Team.objects.filter(is_default=True).update(is_default=False)
    return Team.objects.create(code="fresh", name="生鲜组", is_default=True)


@pytest.fixture
def other_team(db) -> Team:
    return Team.objects.create(code="jewelry", name="珠宝组")


def at_the_desk(user: User, team: Team, *, is_lead: bool = False) -> User:
    """Put someone into a team, taking chats."""
    TeamMembership.objects.create(team=team, user=user, is_lead=is_lead)
    AgentStatus.objects.create(user=user, presence=Presence.ONLINE, level=5)
    return user


@pytest.fixture
def bo(team) -> User:
    return at_the_desk(person("bo", "许青禾", Role.AGENT), team)


@pytest.fixture
def dora(other_team) -> User:
    return at_the_desk(person("dora", "顾晨", Role.AGENT), other_team)


@pytest.fixture
def lin(team) -> User:
    return at_the_desk(person("lin", "陆遥", Role.LEAD), team, is_lead=True)


@pytest.fixture
def sen(team) -> User:
    return at_the_desk(person("sen", "姜半夏", Role.SENIOR), team)


@pytest.fixture
def he(db) -> User:
    return person("he", "贺兰", Role.BUSINESS)


@pytest.fixture
def wen(db) -> User:
    return person("wen", "方舟", Role.ACCOUNT_MANAGER)


@pytest.fixture
def qiao(db) -> User:
    return person("qiao", "乔木", Role.MERCHANT_STAFF)


@pytest.fixture
def ops(db) -> User:
    return person("ops", "白露", Role.OPERATIONS)


def member(user: User, member_no: str, tier: str, phone: str) -> Member:
    """Make the buyer behind a person."""
    return Member.objects.create(
        member_no=member_no,
        user=user,
        display_name=user.display_name,
        phone=phone,
        region="上海",
        tier=tier,
        registered_at=datetime(2024, 3, 1, tzinfo=UTC),
    )


@pytest.fixture
def mei(db) -> User:
    user = person("mei", "周小宁", Role.MEMBER)
    member(user, "M10000001", Tier.NORMAL, "13800002071")
    return user


@pytest.fixture
def ada(db) -> User:
    user = person("ada", "艾达", Role.MEMBER)
    member(user, "M10000002", Tier.APASS, "13900008813")
    return user


@pytest.fixture
def chen(db) -> User:
    user = person("chen", "陈外人", Role.MEMBER)
    member(user, "M10000003", Tier.NORMAL, "13700001234")
    return user


@pytest.fixture
def shop(db) -> Shop:
    merchant = Merchant.objects.create(merchant_no="B2001", name="岭上农业有限公司")
    return Shop.objects.create(
        shop_no="S3001", name="岭上鲜果旗舰店", merchant=merchant, category="生鲜"
    )


def make_order(user: User, shop: Shop, order_no: str, paid_at: datetime, **fields) -> Order:
    """Make an order of a member."""
    return Order.objects.create(
        id=Order.id_for(order_no, paid_at),
        order_no=order_no,
        member=user.member,
        shop=shop,
        paid_at=paid_at,
        **{
            "product": "智利车厘子 JJ 级 2.5kg 礼盒",
            "paid_amount": Decimal("168.00"),
            "status": OrderStatus.SIGNED,
            "category": "生鲜",
        }
        | fields,
    )


@pytest.fixture
def order(mei, shop) -> Order:
    return make_order(mei, shop, "2611200341700001", datetime(2026, 11, 19, 2, 0, tzinfo=UTC))


def make_product(shop: Shop, product_no: str, title: str, **fields) -> Product:
    """Put a product on a shop's shelf."""
    price = {"price": Decimal("168.00"), "category": shop.category}
    return Product.objects.create(product_no=product_no, shop=shop, title=title, **price | fields)


@pytest.fixture
def product(shop) -> Product:
    """What Mei's ``order`` is about."""
    return make_product(shop, "G300101", "智利车厘子 JJ 级 2.5kg 礼盒")


@pytest.fixture
def browser_of(db):
    """Give a function that returns a signed-in test client of a person."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture(autouse=True, scope="session")
def plain_files(tmp_path_factory):
    """Name static files as they are written, and keep uploads out of the data folder."""
    kept = tmp_path_factory.mktemp("kept")
    storages = copy.deepcopy(settings.STORAGES)
    storages["default"]["OPTIONS"]["location"] = str(kept / "media")
    storages["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    (kept / "static").mkdir()
    with override_settings(STORAGES=storages, STATIC_ROOT=kept / "static"):
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_pages():
    """Keep of an answer the names of its templates and the context of its page alone.

    The test client copies a context for each part that is included: two hundred for a page of lists.
    """

    def store(kept, signal, sender, template, context, **_given):
        kept.setdefault("templates", []).append(template)
        if "context" not in kept:
            kept["context"] = ContextList([copy.copy(context)])

    with mock.patch("django.test.client.store_rendered_templates", store):
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_passwords():
    """Hash in a microsecond: the cast has a dozen passwords, and no test measures hashing."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
