"""Letters, browsers and phones: what each of them is sent, and what it answers."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail as outbox

from accounts.actions import (
    notice_targets,
    set_language,
)
from accounts.actions.notice_choices import set_quiet_hours
from accounts.actions.notice_targets import register_device, subscribe_browser
from accounts.models import (
    EmailAddress,
    Notification,
    PushDevice,
    PushSubscription,
    SimulatedPush,
)
from accounts.notifications import webpush, wire
from accounts.tasks import deliver_notifications
from common.errors import DomainError
from common.outgoing import AddressRefused
from common.parameters import forget, set_value
from tests.notifications.conftest import NOW
from tests.notifications.push_service import FakeBrowser, claims_of
from tests.notifications.telling import URL, delivery, later, refusing, tell

pytestmark = pytest.mark.usefixtures("ten_oclock")


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
