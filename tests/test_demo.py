"""The demo world: the same for the same day, true to its own rules, and only in an empty house."""

import json
import stat
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.models import Member
from apass.entitlements import catalogue
from apass.entitlements.defaults import make_default_packages
from config.demo import talks, world
from config.demo.build import build
from radio.models import Case
from tests.conftest import make_new_house
from tickets.models import Message
from trade.models import Order

NOW = datetime(2026, 11, 20, 10, 38, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def small(settings, monkeypatch, tmp_path, db):
    settings.DATA_DIR = tmp_path
    make_small(monkeypatch)
    open_house()
    yield tmp_path
    catalogue.forget()


def make_small(patched: pytest.MonkeyPatch) -> None:
    """Let the world be a tenth of what it is, so that it is built in seconds."""
    for name, module, size in (
        ("MEMBERS", "market", 40),
        ("ORDERS", "market", 300),
        ("TALKS", "conversations", 120),
        ("DAYS", "world", 12),
        ("DAYS", "market", 12),
        ("DAYS", "airing", 12),
    ):
        patched.setattr(f"config.demo.{module}.{name}", size)


def open_house() -> None:
    """Put into the database what migrations put into a new house."""
    make_new_house()
    make_default_packages(apps)
    catalogue.forget()


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


def test_the_same_day_gives_the_same_world(small):
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


def test_every_subject_with_a_place_is_talked_about():
    assert set(talks.SPOKEN_WHEN) <= {subject for subject, _categories, _turns in talks.TALKS}
