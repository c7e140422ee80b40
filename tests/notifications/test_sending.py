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
    notice_targets,
    notify,
    set_language,
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
from accounts.actions.notice_targets import register_device, subscribe_browser
from accounts.models import (
    EmailAddress,
    Notification,
    NotificationDelivery,
    PushDevice,
    PushSubscription,
    SimulatedPush,
)
from accounts.notifications import mail, mobile, webpush, wire
from accounts.notifications.outcomes import AGAIN, SENT, Outcome
from accounts.tasks import deliver_notifications, prune_old_notifications
from common.deadlines import reconcile, sweep
from common.errors import DomainError, Forbidden
from common.outgoing import AddressRefused
from common.parameters import forget, set_value
from config.embedded import vapid_key
from tests.notifications.conftest import NOW
from tests.notifications.push_service import FakeBrowser, PushService, claims_of

URL = "/me/"


@pytest.fixture(autouse=True)
def ten_oclock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def service(settings):
    running = PushService().start()
    settings.PUSH_OWN_HOSTS = [running.host]
    yield running
    running.stop()


@pytest.fixture
def subscribed(service):
    def subscribe(person, path="/box"):
        browser = FakeBrowser()
        subscribe_browser(
            person, endpoint=service.url + path, **browser.keys, label="Chrome, Linux"
        )
        return browser

    return subscribe


def tell(who, kind="test.plain", **more):
    return notify(who, kind, **({"title": "有新回复", "body": "您的退款到了", "url": URL} | more))


def delivery():
    return NotificationDelivery.objects.get()


def later(**span):
    return time_machine.travel(NOW + timedelta(**span), tick=False)


# --- Letters --------------------------------------------------------------------------------------


def test_a_letter_has_text_and_html_and_a_way_to_end_it(mei, letters_to):
    letters_to(mei)
    tell(mei)
    assert deliver_notifications() == 1
    (letter,) = outbox.outbox
    assert (letter.subject, letter.to) == ("有新回复", ["mei@example.com"])
    assert "您的退款到了" in letter.body
    assert "http://localhost" in letter.body
    html = letter.alternatives[0].content
    assert "您的退款到了" in html
    assert "<img" not in html
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert delivery().state == "sent"


def test_a_letter_speaks_the_language_of_its_reader(bo, letters_to):
    letters_to(bo)
    set_language(bo, "en", by=bo)
    tell(bo, title="Something")
    deliver_notifications()
    assert "Choose what we write to you" in outbox.outbox[0].body


def test_html_in_a_title_stays_text(mei, letters_to):
    letters_to(mei)
    tell(mei, title="<b>有</b>\r\nBcc: x@example.com")
    deliver_notifications()
    (letter,) = outbox.outbox
    assert "&lt;b&gt;" in letter.alternatives[0].content
    assert "\n" not in letter.subject
    assert letter.recipients() == ["mei@example.com"]


def refusing(monkeypatch, error):
    def send(self, *args, **kwargs):
        raise error

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", send)


def test_a_bounce_ends_letters_and_is_said_in_the_page(mei, letters_to, monkeypatch):
    letters_to(mei)
    refused = {"mei@example.com": (550, b"no such user here")}
    refusing(monkeypatch, smtplib.SMTPRecipientsRefused(refused))
    tell(mei)
    deliver_notifications()
    assert (delivery().state, delivery().why) == ("skipped", "bounced")
    address = EmailAddress.objects.get()
    assert address.bounced_at == NOW
    assert "no such user" in address.bounce
    assert Notification.objects.filter(person=mei, kind="email.bounced").count() == 1


def test_trouble_that_may_pass_is_tried_again_with_growing_pauses(mei, letters_to, monkeypatch):
    letters_to(mei)
    refusing(monkeypatch, smtplib.SMTPServerDisconnected("gone"))
    tell(mei)
    moments = [0, 2, 10, 60, 300, 1000]
    for number, minutes in enumerate(moments, 1):
        with later(minutes=minutes):
            assert deliver_notifications() == 1
            assert deliver_notifications() == 0
        assert delivery().attempts == number
    assert (delivery().state, delivery().why) == ("failed", "gave_up")


def test_a_refused_sender_is_our_trouble_and_no_bounce(mei, letters_to, monkeypatch):
    letters_to(mei)
    refusing(monkeypatch, smtplib.SMTPSenderRefused(553, b"who are you", "xiaoer@localhost"))
    tell(mei)
    deliver_notifications()
    assert (delivery().state, delivery().why) == ("failed", "refused")
    assert EmailAddress.objects.get().bounced_at is None


# --- Browsers -------------------------------------------------------------------------------------


def test_only_the_browser_can_read_it_and_we_signed_it(mei, service, subscribed):
    browser = subscribed(mei)
    tell(mei)
    assert deliver_notifications() == 1
    ((path, head, body),) = service.got
    assert path == "/box"
    assert "退款".encode() not in body
    said = browser.opened(body)
    assert (said["title"], said["body"], said["url"]) == ("有新回复", "您的退款到了", URL)
    claims = claims_of(head["authorization"], webpush.public_key())
    assert claims["aud"] == service.url
    assert claims["sub"].startswith("mailto:")
    assert NOW.timestamp() < claims["exp"] <= NOW.timestamp() + 24 * 3600
    assert head["content-encoding"] == "aes128gcm"
    assert head["ttl"] == "86400"
    assert len(body) <= 4096
    assert PushSubscription.objects.get().last_sent_at == NOW


def test_a_discreet_screen_says_only_that_there_is_something(mei, service, subscribed):
    browser = subscribed(mei)
    set_quiet_hours(mei, start=None, until=None, days=[], is_discreet=True, by=mei)
    tell(mei)
    deliver_notifications()
    said = browser.opened(service.got[0][2])
    assert said["title"] == "something plain"
    assert "退款" not in said["body"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(status, mei, service, subscribed):
    subscribed(mei)
    service.status = status
    tell(mei)
    deliver_notifications()
    assert (delivery().state, delivery().why) == ("skipped", "gone")
    assert not PushSubscription.objects.exists()


def test_too_many_waits_as_long_as_they_say(mei, service, subscribed):
    subscribed(mei)
    service.status, service.answer_headers = 429, {"Retry-After": "7200"}
    tell(mei)
    deliver_notifications()
    assert (delivery().state, delivery().due_at) == ("queued", NOW + timedelta(hours=2))


def test_a_redirect_is_not_followed(mei, service, subscribed):
    subscribed(mei)
    service.status, service.answer_headers = 302, {"Location": f"{service.url}/elsewhere"}
    tell(mei)
    deliver_notifications()
    assert [path for path, _head, _body in service.got] == ["/box"]
    assert (delivery().state, delivery().why) == ("failed", "refused")


def test_a_service_that_does_not_answer_is_tried_again(mei, service, subscribed, monkeypatch):
    subscribed(mei)
    service.stop()
    tell(mei)
    deliver_notifications()
    service.start()
    assert (delivery().state, delivery().why) == ("queued", "again")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",  # not by https
        "https://fcm.googleapis.com:8443/x",
        "https://evil.example/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://xpush.apple.com/x",
        "http://127.0.0.1:9/x",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::1]/x",
        "file:///etc/passwd",
        "https://fcm.googleapis.com:99999999/x",
        "",
    ],
)
def test_no_other_address_is_ever_asked(endpoint, mei):
    with pytest.raises(DomainError) as refusal:
        subscribe_browser(mei, endpoint=endpoint, **FakeBrowser().keys)
    assert refusal.value.code == "push.unknown_service"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "::ffff:10.0.0.8"])
def test_a_known_name_that_leads_inside_is_not_asked(address, monkeypatch, mei, browser_sub_of):
    found = [(0, 0, 0, "", (address, 443))]
    monkeypatch.setattr("common.outgoing.addresses.socket.getaddrinfo", lambda *a, **k: found)
    keys = FakeBrowser().keys
    PushSubscription.objects.filter(pk=browser_sub_of(mei).pk).update(**keys)
    tell(mei)
    deliver_notifications()
    assert (delivery().state, delivery().why) == ("failed", "refused")


def test_names_below_a_known_one_are_known(db):
    for url in (
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/x",
    ):
        assert wire.target_of(url).url == url
    with pytest.raises(AddressRefused):
        wire.target_of("https://push.services.mozilla.com.evil.example/x")


@pytest.mark.parametrize("keys", [{"p256dh": "AAAA", "auth": "AAAA"}, {"p256dh": "#", "auth": "%"}])
def test_keys_that_are_none_are_refused(keys, mei, service):
    with pytest.raises(DomainError) as refusal:
        subscribe_browser(mei, endpoint=service.url, **keys)
    assert refusal.value.code == "push.bad_keys"


def test_whoever_has_all_places_may_still_renew_one(mei, service, monkeypatch):
    monkeypatch.setattr(notice_targets, "MOST_PLACES", 1)
    for _again in range(2):
        subscribe_browser(mei, endpoint=service.url, **FakeBrowser().keys)
        register_device(mei, platform="ios", token="the same")
    with pytest.raises(DomainError) as refusal:
        subscribe_browser(mei, endpoint=f"{service.url}/other", **FakeBrowser().keys)
    assert refusal.value.code == "push.too_many"
    with pytest.raises(DomainError) as refusal:
        register_device(mei, platform="ios", token="another")
    assert refusal.value.code == "push.too_many"


def test_a_shared_browser_shows_only_who_used_it_last(mei, chen, service):
    browser = FakeBrowser()
    for who in (mei, chen):
        subscribe_browser(who, endpoint=service.url, **browser.keys)
    tell(mei)
    deliver_notifications()
    assert service.got == []
    tell(chen)
    deliver_notifications()
    assert len(service.got) == 1


def test_signing_out_ends_the_notices_of_that_browser(mei, browser_of, service):
    client = browser_of(mei)
    subscribe_browser(
        mei,
        endpoint=service.url,
        **FakeBrowser().keys,
        session_key=client.session.session_key,
    )
    subscribe_browser(mei, endpoint=f"{service.url}/other", **FakeBrowser().keys)
    client.post("/sign-out/")
    assert [row.endpoint for row in PushSubscription.objects.all()] == [f"{service.url}/other"]


# --- Phones ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "state", "why"),
    [
        ("deliver", "sent", ""),
        ("fail", "queued", "again"),
        ("time_out", "queued", "again"),
        ("gone", "skipped", "gone"),
        ("dance", "failed", "refused"),
    ],
)
def test_the_simulated_provider_does_as_it_is_told(behaviour, state, why, mei, phone_of):
    phone_of(mei)
    set_value("notification.simulated_push", behaviour, by=None, reason="演练")
    forget()
    tell(mei)
    deliver_notifications()
    assert (delivery().state, delivery().why) == (state, why)
    pushed = SimulatedPush.objects.get()
    assert (pushed.title, pushed.body, pushed.behaviour) == ("有新回复", "您的退款到了", behaviour)
    assert PushDevice.objects.exists() is (behaviour != "gone")


def test_a_token_of_another_provider_is_not_used(mei, phone_of):
    phone = phone_of(mei)
    phone.provider = "elsewhere"
    phone.save()
    tell(mei)
    deliver_notifications()
    assert delivery().state == "failed"
    assert not SimulatedPush.objects.exists()


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
