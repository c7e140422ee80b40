"""The demo world: the same for the same day, true to its own rules, and only in an empty house."""

import json
import stat
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Max
from django_q.models import OrmQ

from accounts.models import Member, User
from config.demo import talks, world
from config.demo.build import build
from radio.models import Case, Edition
from tickets.models import Conversation, Message, State
from trade.models import Order, Product
from trade.queries import product_facts

NOW = datetime(2026, 11, 20, 10, 38, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def small(settings, monkeypatch, tmp_path, new_house):
    settings.DATA_DIR = tmp_path
    for name, module, size in (
        ("MEMBERS", "market", 40),
        ("ORDERS", "market", 300),
        ("TALKS", "conversations", 120),
        ("DAYS", "world", 12),
        ("DAYS", "market", 12),
        ("DAYS", "airing", 12),
    ):
        monkeypatch.setattr(f"config.demo.{module}.{name}", size)
    return tmp_path


def fingerprint() -> list:
    return [
        list(Order.objects.order_by("id").values_list("id", "paid_amount")[:50]),
        list(
            Message.objects.order_by("conversation_id", "seq").values_list(
                "conversation_id", "seq", "body"
            )
        ),
        list(Case.objects.order_by("pushed_at", "headline").values_list("headline", "state")),
    ]


def test_the_world_holds_together(small):
    build(NOW)
    assert Conversation.objects.filter(state=State.WAITING).count() == 6
    assert Conversation.objects.filter(state=State.OPEN, owner__username="xuqinghe").count() == 4
    counted = Conversation.objects.annotate(
        said=Count("messages__seq"), top=Max("messages__seq")
    ).exclude(said=F("last_seq"), top=F("last_seq"))
    assert not counted.exists()
    assert Edition.objects.filter(publish_at__lte=NOW, aired_at=None).count() == 0
    assert Edition.objects.filter(publish_at__gt=NOW).exists()
    for message in Message.objects.filter(kind="product_card"):
        product = Product.objects.get(product_no=message.payload["product_no"])
        assert message.payload == product_facts(product)
        assert message.conversation.order.product == product.title
    assert not OrmQ.objects.exists()
    assert Member.objects.get(user__username="ada").tier == "apass"
    assert User.objects.get(username="bailu").check_password(world.demo_password())


def test_the_same_day_gives_the_same_world(small, django_db_blocker):
    from django.db import transaction

    prints = []
    for _ in range(2):
        with transaction.atomic():
            build(NOW)
            prints.append(fingerprint())
            transaction.set_rollback(True)
    assert prints[0] == prints[1]


def test_it_is_built_in_an_empty_house_only(small, mei):
    with pytest.raises(CommandError):
        call_command("seed_demo")
    call_command("seed_demo", "--if-empty")
    assert Member.objects.count() == 1


def test_the_password_is_this_installations_own_and_nobody_elses(small):
    password = world.demo_password()
    file = small / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["password"] == password == world.demo_password()


def test_the_sign_ins_are_printed(small):
    build(NOW)
    out = StringIO()
    call_command("demo_signins", stdout=out)
    assert "xuqinghe" in out.getvalue()
    assert world.demo_password() in out.getvalue()


def test_what_is_said_is_true_of_the_order(small):
    build(NOW)
    for talk in Conversation.objects.filter(order__isnull=False).select_related("order"):
        shipped, signed = talk.order.shipped_at, talk.order.signed_at
        match talks.SPOKEN_WHEN.get(talk.subject):
            case talks.UNSHIPPED:
                assert shipped is None or shipped > talk.opened_at
            case talks.UNDERWAY:
                assert shipped <= talk.opened_at
                assert signed is None or signed > talk.opened_at
            case talks.RECEIVED:
                assert signed <= talk.opened_at


def test_every_subject_with_a_place_is_talked_about():
    assert set(talks.SPOKEN_WHEN) <= {subject for subject, _categories, _turns in talks.TALKS}
