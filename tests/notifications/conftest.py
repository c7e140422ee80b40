from datetime import UTC, datetime

import pytest
import time_machine

from accounts.actions.notice_targets import subscribe_browser
from accounts.models import EmailAddress, PushDevice, PushSubscription, User
from accounts.models.notifications import secret_hash
from accounts.notifications import Kind, declare_kind, kinds
from tests.notifications.push_service import FakeBrowser, PushService

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)  # Friday, ten in the morning in Shanghai


@pytest.fixture(autouse=True)
def kinds_of_the_tests(monkeypatch):
    """Kinds of our own, so that no test depends on what an app chooses for its."""
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    every = frozenset({"email", "web", "mobile"})
    declare_kind(Kind("test.plain", "plain", "something plain", media=every))
    declare_kind(Kind("test.merged", "merged", "something merged", media=every, merges=True))
    declare_kind(Kind("test.urgent", "urgent", "something urgent", media=every, urgent=True))


@pytest.fixture
def letters_to():
    """Give somebody a confirmed address."""

    def give(person: User, address: str = "") -> EmailAddress:
        return EmailAddress.objects.create(
            person=person, address=address or f"{person.username}@example.com", confirmed_at=NOW
        )

    return give


@pytest.fixture
def phone_of():
    """Give somebody a phone with the app."""

    def give(person: User, token: str = "") -> PushDevice:
        token = token or f"token of {person.username}"
        return PushDevice.objects.create(
            person=person,
            platform="ios",
            provider="simulated",
            token=token,
            token_hash=secret_hash(token),
            label="iPhone",
        )

    return give


@pytest.fixture
def browser_sub_of():
    """Give somebody a browser that was subscribed; nothing is sent to it."""

    def give(person: User, endpoint: str = "") -> PushSubscription:
        endpoint = endpoint or f"https://fcm.googleapis.com/{person.username}"
        return PushSubscription.objects.create(
            person=person,
            endpoint=endpoint,
            endpoint_hash=secret_hash(endpoint),
            p256dh="x",
            auth="y",
            label="Chromium",
        )

    return give


@pytest.fixture
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
