"""What leaves the house: letters, browsers, phones; and what becomes of each when it goes wrong."""

import smtplib
import time as clock
from datetime import time, timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.db import connections
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from py_vapid import Vapid02

from accounts import tasks
from accounts.actions import (
    end_device,
    mark_read,
    sign_in_device,
)
from accounts.actions.deliveries import (
    LEASE,
    claim_deliveries,
    give_back,
    retry_delivery,
    settle_delivery,
)
from accounts.actions.notice_choices import set_quiet_hours
from accounts.actions.notice_targets import register_device
from accounts.models import (
    Notification,
    NotificationDelivery,
)
from accounts.notifications import mail, mobile
from accounts.notifications.outcomes import AGAIN, SENT, Outcome
from accounts.tasks import deliver_notifications, prune_old_notifications
from common.deadlines import reconcile, sweep
from common.errors import DomainError, Forbidden
from common.parameters import forget, set_value
from config.embedded import vapid_key
from tests.notifications.conftest import NOW
from tests.notifications.telling import delivery, later, refusing, tell

pytestmark = pytest.mark.usefixtures("ten_oclock")


# --- The way of a delivery ------------------------------------------------------------------------


def test_what_was_read_meanwhile_need_not_go(mei, letters_to):
    letters_to(mei)
    tell(mei)
    mark_read(mei)
    deliver_notifications()
    assert (delivery().state, delivery().why) == ("skipped", "read")
    assert outbox.outbox == []


def test_a_closed_account_gets_nothing(mei, letters_to):
    letters_to(mei)
    tell(mei)
    mei.is_active = False
    mei.save()
    deliver_notifications()
    assert (delivery().state, delivery().why) == ("skipped", "closed")


def test_a_second_try_in_quiet_hours_is_held(mei, letters_to, monkeypatch):
    letters_to(mei)
    set_quiet_hours(mei, start=time(10, 1), until=time(12), by=mei)
    refusing(monkeypatch, smtplib.SMTPServerDisconnected("gone"))
    tell(mei)
    deliver_notifications()
    with later(minutes=3):
        deliver_notifications()
    assert (delivery().state, delivery().due_at) == ("held", NOW + timedelta(hours=2))


def test_nobody_takes_what_somebody_is_sending(mei, letters_to):
    letters_to(mei)
    tell(mei)
    (errand,) = claim_deliveries(now=NOW, limit=10).errands
    assert claim_deliveries(now=NOW, limit=10).errands == []
    # A worker that died in the middle is followed by another one.
    (again,) = claim_deliveries(now=NOW + timedelta(minutes=3), limit=10).errands
    assert again.message.key == errand.message.key
    # The first one wakes up after all: what it says is about an older try.
    assert settle_delivery(errand.delivery, Outcome(AGAIN), now=NOW) == "queued"
    assert settle_delivery(again.delivery, Outcome(SENT), now=NOW) == "sent"


class Clumsy(mobile.PushProvider):
    """A vendor whose code breaks at one phone, and asks the database on the way."""

    name = "simulated"

    def __init__(self):
        self.lines, self.sent = [], []

    def send(self, device, message):
        connections["default"].ensure_connection()
        self.lines.append(connections["default"])
        if device.token == "cursed":
            raise KeyError("status")
        self.sent.append(device.token)
        return Outcome(SENT)


@pytest.fixture
def clumsy(monkeypatch):
    vendor = Clumsy()
    monkeypatch.setitem(mobile._providers, "simulated", vendor)
    return vendor


def test_one_that_breaks_takes_no_neighbour_along(mei, chen, ada, clumsy, phone_of):
    for who, token in ((mei, "one"), (chen, "cursed"), (ada, "two")):
        phone_of(who, token)
        tell(who)
    assert deliver_notifications() == 3
    with later(minutes=3):
        deliver_notifications()
    assert sorted(clumsy.sent) == ["one", "two"]
    states = dict(NotificationDelivery.objects.values_list("person__username", "state"))
    assert states == {"mei": "sent", "chen": "queued", "ada": "sent"}
    assert NotificationDelivery.objects.get(person=chen).answer == "KeyError"


def test_one_letter_that_cannot_be_written_takes_no_other_along(mei, chen, letters_to, monkeypatch):
    for who in (mei, chen):
        letters_to(who)
        tell(who)
    write = mail.letter

    def broken(address, message):
        if address.person_id == mei.pk:
            raise LookupError("no template")
        return write(address, message)

    monkeypatch.setattr(mail, "letter", broken)
    assert deliver_notifications() == 2
    assert [letter.to for letter in outbox.outbox] == [["chen@example.com"]]
    assert NotificationDelivery.objects.get(person=mei).why == "again"


def test_the_threads_of_pushes_leave_no_connection_behind(mei, clumsy, phone_of):
    for number in range(4):
        phone_of(mei, f"token {number}")
    tell(mei)
    deliver_notifications()
    assert len(clumsy.lines) == 4
    assert all(line.connection is None for line in clumsy.lines)


def test_what_nobody_comes_back_from_is_given_up(mei, letters_to):
    """The worker dies with every try, before it can say what came of it."""
    letters_to(mei)
    tell(mei)
    tries = [claim_deliveries(now=NOW + n * LEASE, limit=9).errands for n in range(9)]
    assert [len(errands) for errands in tries] == [1] * 6 + [0] * 3
    assert (delivery().state, delivery().why) == ("failed", "gave_up")


def test_what_was_forgotten_meanwhile_is_settled_by_nobody(mei, letters_to):
    letters_to(mei)
    tell(mei)
    (errand,) = claim_deliveries(now=NOW, limit=9).errands
    Notification.objects.all().delete()
    assert settle_delivery(errand.delivery, Outcome(SENT), now=NOW) == ""


def test_letters_there_is_no_time_for_are_given_back_before_anybody_is_called(
    mei, letters_to, monkeypatch
):
    def dial(self):
        raise AssertionError("a connection was begun")

    letters_to(mei)
    tell(mei)
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.open", dial)
    monkeypatch.setattr(tasks, "SECONDS", 0.0)
    deliver_notifications()
    assert (delivery().state, delivery().attempts, delivery().due_at) == ("queued", 0, NOW)


def test_what_was_given_back_is_taken_at_once(mei, letters_to):
    letters_to(mei)
    tell(mei)
    errands = claim_deliveries(now=NOW, limit=10).errands
    give_back(errands, now=NOW)
    assert [it.delivery.attempts for it in claim_deliveries(now=NOW, limit=10).errands] == [1]


def test_operations_try_again_what_failed(mei, ops, bo, phone_of):
    phone_of(mei)
    set_value("notification.simulated_push", "dance", by=None, reason="演练")
    forget()
    tell(mei)
    deliver_notifications()
    with pytest.raises(Forbidden):
        retry_delivery(delivery(), by=bo, reason="试试")
    retry_delivery(delivery(), by=ops, reason="服务商恢复了")
    with pytest.raises(DomainError) as refusal:
        retry_delivery(delivery(), by=ops, reason="再试")
    assert refusal.value.code == "delivery.not_over"


def test_an_edition_for_five_hundred_is_out_in_time(db, letters_to):
    from accounts.actions import notify_many
    from accounts.models import Role, User
    from tests.conftest import person

    for number in range(500):
        letters_to(person(f"he{number}", "贺兰", Role.BUSINESS))
    with time_machine.travel(timezone.now(), tick=True):
        started = clock.monotonic()
        notify_many(User.objects.all(), "test.plain", title="出来了", url="/radio/", dedupe="1")
        sent = 0
        while done := deliver_notifications():
            sent += done
        assert sent == 500
        assert clock.monotonic() - started < 60
    assert len(outbox.outbox) == 500


# --- What the house itself tells --------------------------------------------------------------------


def test_a_sign_in_from_an_unknown_device_is_told_even_in_quiet_hours(lin, client, letters_to):
    letters_to(lin)
    set_quiet_hours(lin, start=time(9), until=time(12), by=lin)
    knock = {"account": "lin", "password": "open-sesame-88"}
    client.post("/", knock)
    assert not Notification.objects.filter(kind="sign_in.new_device").exists()  # the very first one
    client.post("/sign-out/")
    client.post("/", knock)
    assert not Notification.objects.filter(
        kind="sign_in.new_device"
    ).exists()  # known by its cookie
    Client().post("/", knock, HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/130.0")
    row = Notification.objects.get(person=lin, kind="sign_in.new_device")
    assert "Firefox" in row.body
    deliver_notifications()
    assert [letter.subject for letter in outbox.outbox] == ["有新设备登录了您的账号"]
    assert "List-Unsubscribe" not in outbox.outbox[0].extra_headers


def test_the_summary_names_what_was_held(mei, service, subscribed):
    browser = subscribed(mei)
    set_quiet_hours(mei, start=time(9), until=time(11), by=mei)
    for number in range(3):
        tell(mei, title=f"第 {number} 件", now=NOW + timedelta(minutes=number))
    deliver_notifications()
    assert service.got == []
    with later(hours=1):
        sweep(NOW + timedelta(hours=1))
        deliver_notifications()
    (got,) = service.got
    said = browser.opened(got[2])
    assert said["title"] == "安静时段里有3件事"
    assert said["body"].splitlines() == ["· 第 2 件", "· 第 1 件", "· 第 0 件"]
    assert said["url"] == "/notifications/"


def test_letters_are_files_one_can_read_without_a_mail_server(mei, letters_to, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    letters_to(mei)
    tell(mei)
    deliver_notifications()
    (kept,) = (tmp_path / "mail").iterdir()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in kept.read_text()


def test_the_key_is_made_once_and_nobody_else_reads_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XIAOER_DATA", str(tmp_path / "data"))
    first = vapid_key()
    assert vapid_key() == first
    kept = tmp_path / "data" / "vapid.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert Vapid02.from_string(first).public_key is not None


def test_nothing_is_kept_for_ever(mei, letters_to):
    letters_to(mei)
    tell(mei)
    with later(days=89):
        assert prune_old_notifications() == 0
    with later(days=91):
        assert prune_old_notifications() > 0
    assert not Notification.objects.exists()
    assert not NotificationDelivery.objects.exists()


def test_the_clock_asks_the_worker_for_what_somebody_forgot(mei, letters_to):
    letters_to(mei)
    tell(mei)
    OrmQ.objects.all().delete()  # the task was lost
    reconcile(NOW)
    sweep(NOW)
    assert OrmQ.objects.count() == 1
    # While the worker is away it is not asked again and again.
    for seconds in range(5, 60, 5):
        sweep(NOW + timedelta(seconds=seconds))
    assert OrmQ.objects.count() == 1
    sweep(NOW + timedelta(seconds=65))
    assert OrmQ.objects.count() == 2


def test_the_self_test_says_what_did_not_go(mei, letters_to):
    from accounts.notifications.health import notifications as finding

    letters_to(mei)
    assert finding(NOW)[0].state == "good"
    tell(mei)
    assert finding(NOW + timedelta(minutes=3))[0].state == "bad"
    NotificationDelivery.objects.update(state="failed")
    assert finding(NOW + timedelta(minutes=3))[0].state == "warn"


def test_the_self_test_says_that_nobody_ended_the_quiet(mei, letters_to):
    from accounts.notifications.health import notifications as finding

    letters_to(mei)
    set_quiet_hours(mei, start=time(9), until=time(12), by=mei, now=NOW)
    tell(mei)
    assert finding(NOW + timedelta(hours=2, minutes=1))[0].state == "good"
    assert finding(NOW + timedelta(hours=2, minutes=3))[0].state == "bad"


def test_a_phone_whose_app_was_signed_out_gets_nothing(mei):
    first, second = (
        sign_in_device(
            mei,
            method="password",
            name=name,
            platform="ios",
            app_version="1",
            address="",
            now=NOW,
        ).device
        for name in ("手机", "平板")
    )
    for number, app in enumerate((first, second)):
        register_device(mei, platform="ios", token=f"token {number}", device=app)
    tell(mei)
    end_device(first, by=mei, now=NOW)
    deliver_notifications()
    told = set(NotificationDelivery.objects.values_list("state", "why"))
    assert told == {("sent", ""), ("skipped", "no_target")}
    tell(mei, title="再来")
    assert NotificationDelivery.objects.filter(notification__title="再来").count() == 1
