"""Webhooks: whose endpoints they are, their secrets, and how they are looked after."""

import base64
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.actions import (
    add_endpoint,
    change_endpoint,
    pause_endpoint,
    remove_endpoint,
    replay_dead,
    resume_endpoint,
    rotate_secret,
    send_test,
)
from accounts.actions.webhooks import secrets_of
from accounts.models import (
    DeliveryState,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookHost,
    WebhookState,
)
from accounts.webhooks import clock
from accounts.webhooks.health import webhooks as health_of_webhooks
from accounts.webhooks.signing import signature_header
from accounts.webhooks.telling import tell_ripe
from common.errors import DomainError, Forbidden
from common.health import BAD, GOOD, WARN
from common.history import history_of
from tests.outgoing.conftest import turn
from tests.outgoing.receivers import receiving, say
from tests.outgoing.rounds import deliver, later, opened

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


# --- Endpoints ------------------------------------------------------------------------------------


def test_the_secret_is_sealed_and_shown_once(hook):
    stored = WebhookEndpoint.objects.get().secret
    assert hook.plain_secret.startswith("whsec_")
    assert hook.plain_secret not in stored
    assert base64.urlsafe_b64decode(stored)
    assert not any(hook.plain_secret in str(line.after) for line in history_of(hook))


def test_both_secrets_sign_until_the_overlap_is_over(hook, receiver, ops):
    new = rotate_secret(hook, by=ops, reason="例行更换")
    hook.refresh_from_db()
    assert secrets_of(hook, timezone.now()) == [new, hook.plain_secret]
    send_test(hook, by=ops)
    deliver()
    headers, body = receiver.heard[0]
    moment = int(headers["Xiaoer-Signature"].split(",")[0][2:])
    old = WebhookEndpoint.objects.get()
    assert headers["Xiaoer-Signature"] == signature_header(
        secrets_of(old, timezone.now()), moment, body
    )
    assert headers["Xiaoer-Signature"].count("v1=") == 2
    assert secrets_of(old, later(hours=25)) == [new]


def test_a_paused_one_is_owed_and_hears_it_later(hook, receiver, mei, order, team, ops):
    opened(mei, order)
    tell_ripe(timezone.now())
    pause_endpoint(hook, by=ops)
    assert deliver(later(minutes=1)) == []
    resume_endpoint(hook, by=ops)
    assert deliver(later(minutes=1)) == [DeliveryState.DELIVERED]


def test_a_removed_one_hears_nothing_and_keeps_no_secret(hook, receiver, mei, order, team, ops):
    opened(mei, order)
    tell_ripe(timezone.now())
    remove_endpoint(hook, by=ops)
    assert deliver(later(minutes=1)) == []
    hook.refresh_from_db()
    assert (hook.state, hook.secret) == (WebhookState.REMOVED, "")
    assert WebhookDelivery.objects.get().state == DeliveryState.DROPPED
    with pytest.raises(DomainError) as refusal:
        rotate_secret(hook, by=ops)
    assert refusal.value.code == "webhook.removed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"events": []}, "webhook.no_event"),
        ({"events": ["x.y"]}, "webhook.unknown_event"),
        ({"url": "https://10.0.0.1/"}, "address.internal"),
        ({"url": "nonsense"}, "address.bad"),
        ({"description": "\x00"}, "text.nul"),
    ],
)
def test_what_cannot_be_is_refused(hook, ops, change, code):
    with pytest.raises(DomainError) as refusal:
        change_endpoint(hook, by=ops, **change)
    assert refusal.value.code == code
    with pytest.raises(DomainError):
        add_endpoint(**{"url": "https://a.example/", "events": ["case.merged"]} | change, by=ops)


def test_nobody_has_more_than_enough(ops):
    turn("webhooks.most_per_person", 1)
    add_endpoint(url="https://a.example/", events=["case.merged"], by=ops)
    with pytest.raises(DomainError) as refusal:
        add_endpoint(url="https://b.example/", events=["case.merged"], by=ops)
    assert refusal.value.code == "webhook.too_many"


@pytest.mark.parametrize("who", ["mei", "chen", "bo", "sen"])
def test_who_may_have_none_makes_none(who, request):
    with pytest.raises(Forbidden):
        add_endpoint(
            url="https://a.example/", events=["case.merged"], by=request.getfixturevalue(who)
        )


ACTS = {
    "change": lambda hook, by: change_endpoint(hook, by=by, description="我的"),
    "pause": lambda hook, by: pause_endpoint(hook, by=by),
    "resume": lambda hook, by: resume_endpoint(hook, by=by),
    "remove": lambda hook, by: remove_endpoint(hook, by=by),
    "rotate": lambda hook, by: rotate_secret(hook, by=by),
    "test": lambda hook, by: send_test(hook, by=by),
    "replay": lambda hook, by: replay_dead(hook, by=by),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", ["lin", "he", "qiao", "mei", "bo"])
def test_nobody_touches_another_ones(act, who, hook, request):
    before = WebhookEndpoint.objects.values().get()
    with pytest.raises(Forbidden):
        ACTS[act](hook, request.getfixturevalue(who))
    assert WebhookEndpoint.objects.values().get() == before
    assert not WebhookDelivery.objects.exists()


def test_operations_look_after_everybodys(receiver, allow, he, ops):
    allow(receiver)
    endpoint, _secret = add_endpoint(url=receiver.url, events=["edition.aired"], by=he)
    for act in ("change", "rotate", "test", "replay", "pause", "resume", "remove"):
        ACTS[act](endpoint, ops)


def test_a_self_test_line_says_how_it_is(hook, mei, order, team):
    assert health_of_webhooks(timezone.now())[0].state == GOOD


def test_a_dead_clock_is_seen_though_it_has_told_nothing(hook, mei, order, team):
    opened(mei, order)
    assert health_of_webhooks(later(seconds=50))[0].state == GOOD
    found = health_of_webhooks(later(minutes=5))[0]
    assert (found.state, found.todo) == (BAD, "启动 clock 进程，投递由它发送。")


def test_a_dead_clock_is_seen_beside_a_failing_host_and_after_a_first_try(allow, ops, receiver):
    with receiving(say(503)) as other:
        allow(receiver, other)
        one, _secret = add_endpoint(url=other.url, events=["case.merged"], by=ops)
        WebhookHost.objects.create(host=receiver.authority, failures=9, open_until=later(hours=1))
        send_test(one, by=ops)
        assert deliver() == [DeliveryState.WAITING]
    assert health_of_webhooks(timezone.now())[0].state == WARN
    assert health_of_webhooks(later(minutes=5))[0].state == BAD
    # What waits for its host to be well is nobody's fault here.
    WebhookHost.objects.update(failures=9, open_until=later(hours=1))
    assert health_of_webhooks(later(minutes=5))[0].state == WARN


def test_what_is_done_is_forgotten_in_time(hook, mei, order, team):
    opened(mei, order)
    deliver()
    assert clock.prune(later(days=29)) == 0
    assert clock.prune(later(days=31)) == 1
    assert not WebhookDelivery.objects.exists()


def test_all_of_it_is_forgotten_batch_by_batch(hook, monkeypatch):
    long_ago = later(days=-40)
    WebhookEvent.objects.bulk_create(
        WebhookEvent(event="case.merged", at=long_ago, ripe_at=long_ago, told_at=told_at)
        for told_at in (long_ago, long_ago, long_ago, long_ago, None)
    )
    WebhookEvent.objects.filter(told_at=None).update(ripe_at=later(hours=1))  # put off again
    monkeypatch.setattr(clock, "PRUNED_AT_ONCE", 2)
    sender = clock.Sender()
    left = []
    for _round in range(3):
        sender.round()
        left.append(WebhookEvent.objects.count())
    sender.stop()
    assert left == [3, 1, 0]
