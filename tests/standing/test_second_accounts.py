"""A second account of one person, seen by browser, app, payer or address, is promised nothing twice."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from accounts import tasks
from accounts.actions import begin_guide, begin_guides, note_marks
from accounts.models import Guide, Member, MemberMark, OneTimeCode, SentText, User
from accounts.tasks import send_code
from apass.entitlements import catalogue
from apass.entitlements.defaults import make_default_packages
from apass.entitlements.queries import entitlements_of
from common.loading import load_file
from tests.conftest import PASSWORD
from tests.standing.casts import NOW
from trade.loading import OrderLoader

pytestmark = pytest.mark.django_db
FIRST, SECOND = "13811112222", "13811113333"
GUIDED = {"first-order", "worry-free-return"}
HEAD = "order_no,member_no,shop_no,paid_amount,paid_at,payer,address\n"


@pytest.fixture(autouse=True)
def house(settings, monkeypatch):
    settings.CODE_SENDER = "simulated"
    make_default_packages(apps)
    monkeypatch.setattr(catalogue, "_RECHECK_SECONDS", -1.0)


def join(client: Client, phone: str) -> Member:
    """Sign up in a browser, through its pages."""
    sent = {"phone": phone, "name": "小夏", "password": "green-lantern-8", "consent": "on"}
    client.post("/join/", sent)
    send_code(str(OneTimeCode.objects.filter(phone=phone).latest("made_at").pk))
    code = re.search(r"\d{6}", SentText.objects.filter(phone=phone).latest("at").text)
    assert code
    client.post("/join/code/", {"code": code[0]})
    return User.objects.get(phone=phone).member


def note_all() -> int:
    """Do what the queue holds about marks, as the worker would; return how many were flagged."""
    flagged = 0
    for row in OrmQ.objects.order_by("pk"):
        if row.task["func"] == "accounts.tasks.note_member_marks":
            flagged += tasks.note_member_marks(*row.task["args"])
        row.delete()
    return flagged


def promised(member: Member) -> set[str]:
    return {one.code for one in entitlements_of(member)} & GUIDED


def test_a_second_account_in_one_browser_is_promised_nothing_twice(client):
    first = join(client, FIRST)
    assert promised(first) == GUIDED
    note_all()
    client.post("/sign-out/")
    second = join(client, SECOND)
    # At once, not when the worker comes to it.
    assert Guide.objects.get(member=second).doubled_with == first
    assert promised(second) == set()
    assert promised(first) == GUIDED
    stranger = join(Client(), "13811114444")
    assert promised(stranger) == GUIDED


def test_who_signs_in_where_somebody_else_joined_is_seen_as_well(client):
    first = join(client, FIRST)
    second = join(Client(), SECOND)
    note_all()
    assert promised(second) == GUIDED
    client.post("/sign-out/")
    client.post("/", {"account": SECOND, "password": "green-lantern-8"})
    assert note_all() == 1
    assert Guide.objects.get(member=second).doubled_with == first
    assert promised(second) == set()


def test_the_same_browser_again_is_no_work(client):
    join(client, FIRST)
    note_all()
    client.post("/sign-out/")
    client.post("/", {"account": FIRST, "password": "green-lantern-8"})
    assert note_all() == 0
    assert MemberMark.objects.count() == 1


def test_two_accounts_in_one_app_are_one_person(mei, chen):
    lead(mei, chen)
    for user in (mei, chen):
        body = {
            "account": user.username,
            "password": PASSWORD,
            "device": {"name": "手机", "platform": "ios", "device_id": "8C1E-77"},
        }
        answer = Client().post("/api/v1/sign-ins/", body, content_type="application/json")
        assert answer.status_code == 201, answer.content
    assert note_all() == 1
    assert Guide.objects.get(member=chen.member).doubled_by == "device"
    assert not MemberMark.objects.filter(digest=b"8C1E-77").exists()


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (
            "A1,M10000001,S3001,1.00,2026-11-01,P-88,\nA2,M10000003,S3001,1.00,2026-11-02,p-88 ,\n",
            "payer",
        ),
        (
            "A1,M10000001,S3001,1.00,2026-11-01,,杭州市西湖区1号\n"
            "A2,M10000003,S3001,1.00,2026-11-02,,杭州市 西湖区 1号\n",
            "address",
        ),
    ],
)
def test_one_payer_or_address_in_a_file_of_orders_is_one_person(
    lines, kind, mei, chen, shop, tmp_path
):
    lead(mei, chen)
    path = tmp_path / "orders.csv"
    path.write_text(HEAD + lines)
    load_file(OrderLoader(), path, dry_run=True)
    assert not OrmQ.objects.exists()
    load_file(OrderLoader(), path)
    assert note_all() == 1
    assert Guide.objects.get(member=chen.member).doubled_by == kind
    load_file(OrderLoader(), path)
    assert note_all() == 0


def test_a_guide_that_begins_later_sees_what_was_noted_before(mei, chen):
    Member.objects.filter(pk=mei.member.pk).update(registered_at=NOW - timedelta(days=400))
    Member.objects.filter(pk=chen.member.pk).update(registered_at=NOW - timedelta(days=3))
    marks = [(one.member.pk, "payer", "p") for one in (mei, chen)]
    assert note_marks(marks, now=NOW) == 0
    begin_guides(NOW)
    assert Guide.objects.get(member=chen.member).doubled_with == mei.member


def test_nobody_is_noted_whose_data_was_erased(mei):
    Member.objects.update(erased_at=timezone.now())
    note_marks([(mei.member.pk, "payer", "p")], now=NOW)
    assert not MemberMark.objects.exists()


def lead(mei, chen) -> None:
    """Have both registered lately, Mei first, and led by the hand."""
    for days, one in ((9, mei), (3, chen)):
        Member.objects.filter(pk=one.member.pk).update(
            registered_at=timezone.now() - timedelta(days=days)
        )
        one.member.refresh_from_db()
        begin_guide(one.member, now=timezone.now())
