"""Webhooks: what fails is tried again, given up, sent again by hand; a failing host is left alone."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.actions import (
    add_endpoint,
    pause_endpoint,
    replay_dead,
    replay_delivery,
    rotate_secret,
    send_test,
)
from accounts.models import (
    DeliveryState,
    Notification,
    WebhookDelivery,
    WebhookEvent,
    WebhookHost,
)
from accounts.webhooks.health import webhooks as health_of_webhooks
from accounts.webhooks.pauses import breaker_pause, is_given_up, wait_before
from accounts.webhooks.sending import LEASE, claim, send
from accounts.webhooks.signing import signature_header
from common.health import WARN
from common.history import history_of
from tests.outgoing.conftest import turn
from tests.outgoing.receivers import receiving, say
from tests.outgoing.rounds import deliver, later, opened

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


# --- Failing, giving up, sending again ------------------------------------------------------------


def test_it_is_tried_again_under_the_same_number(allow, ops, mei, order, team):
    with receiving(say(500, b"phone 13800002071"), say(200)) as receiver:
        allow(receiver)
        add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)
        opened(mei, order)
        assert deliver() == [DeliveryState.WAITING]
        assert deliver() == []  # not yet
        delivery = WebhookDelivery.objects.get()
        assert timezone.now() < delivery.next_at <= later(seconds=10)
        assert deliver(later(seconds=11)) == [DeliveryState.DELIVERED]
    first, second = receiver.heard
    assert first[0]["Xiaoer-Delivery"] == second[0]["Xiaoer-Delivery"]
    assert first[1] == second[1]
    assert first[0]["Xiaoer-Signature"] != second[0]["Xiaoer-Signature"]
    delivery.refresh_from_db()
    assert [(one["status"], one["answer"]) for one in delivery.log] == [
        (500, "phone 138****2071"),
        (200, "ok"),
    ]


def test_it_is_given_up_and_sent_again_by_hand(allow, ops, mei, order, team):
    turn("webhooks.most_tries", 2)
    turn("webhooks.breaker_after", 1000)
    with receiving(say(503), say(503), say(200)) as receiver:
        allow(receiver)
        endpoint, _secret = add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)
        opened(mei, order)
        deliver()
        assert deliver(later(hours=1)) == [DeliveryState.DEAD]
        assert deliver(later(hours=2)) == []
        assert health_of_webhooks(timezone.now())[0].state == WARN
        assert replay_dead(endpoint, by=ops) == 1
        assert deliver(later(hours=2)) == [DeliveryState.DELIVERED]
    delivery = WebhookDelivery.objects.get()
    assert (len(delivery.log), delivery.attempts) == (3, 1)
    replay_delivery(delivery, by=ops)
    assert delivery.state == DeliveryState.WAITING
    assert history_of(endpoint).filter(action="webhook.replayed").count() == 2


def test_nonsense_with_controls_in_it_is_noted_like_any_failure(allow, ops):
    turn("webhooks.most_tries", 1)

    def nonsense(handler):
        handler.wfile.write(b"HTP\x00\x07 nonsense\r\n\r\n")

    with receiving(nonsense) as receiver:
        allow(receiver)
        endpoint, _secret = add_endpoint(url=receiver.url, events=["edition.aired"], by=ops)
        send_test(endpoint, by=ops)
        assert deliver() == [DeliveryState.DEAD]
    problem = WebhookDelivery.objects.get().last_problem
    assert "nonsense" in problem
    assert problem.isprintable()


@pytest.mark.parametrize("who", ["ops", "wen", "he", "qiao"])
def test_its_owner_is_told_once_what_was_given_up(who, allow, browser_of, request):
    owner = request.getfixturevalue(who)
    with receiving(say(410)) as receiver:
        allow(receiver)
        endpoint, _secret = add_endpoint(
            url=receiver.url, events=["edition.aired"], by=owner, description="客户系统"
        )
        for _ in range(3):
            send_test(endpoint, by=owner)
        assert deliver() == [DeliveryState.DEAD] * 3
    told = Notification.objects.get(person=owner, kind="webhook.dead")
    assert (told.title, told.count) == ("3条外发回调被放弃：客户系统", 3)
    assert "HTTP 410" in told.body
    assert browser_of(owner).get(told.url).status_code == 200
    assert not Notification.objects.exclude(person=owner).exists()


def test_a_receiver_that_is_gone_is_not_asked_again(allow, ops, mei, order, team):
    with receiving(say(410)) as receiver:
        allow(receiver)
        add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)
        opened(mei, order)
        assert deliver() == [DeliveryState.DEAD]


@pytest.mark.parametrize("head", ["Retry-After", "retry-after"])
def test_it_waits_as_long_as_it_is_asked(head, allow, ops, mei, order, team):
    with receiving(say(429, **{head: "1800"})) as receiver:
        allow(receiver)
        add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)
        opened(mei, order)
        deliver()
    assert WebhookDelivery.objects.get().next_at > later(minutes=29)


def test_an_address_that_leads_inside_by_now_is_given_up(hook, receiver, mei, order, team):
    turn("webhooks.allowed_inside", "")
    opened(mei, order)
    assert deliver() == [DeliveryState.DEAD]
    assert receiver.connections == 0


def test_a_secret_that_nobody_can_read_any_more_is_given_up(hook, receiver, ops, settings):
    send_test(hook, by=ops)
    settings.SECRET_KEY = "another key, and the old one is not kept"
    assert deliver() == [DeliveryState.DEAD]
    assert receiver.heard == []
    # Its owner changes it: nobody can read the old one, and the new one signs.
    new = rotate_secret(hook, by=ops, reason="换了钥匙")
    replay_dead(hook, by=ops)
    assert deliver() == [DeliveryState.DELIVERED]
    headers, body = receiver.heard[0]
    moment = int(headers["Xiaoer-Signature"].split(",")[0][2:])
    assert headers["Xiaoer-Signature"] == signature_header([new], moment, body)


def test_what_no_try_comes_back_from_is_given_up(hook, receiver, ops):
    turn("webhooks.most_tries", 2)
    send_test(hook, by=ops)
    now = timezone.now()
    for number in range(2):  # a clock dies with each
        assert claim(now + number * LEASE, limit=9, per_host=9, full=[])
    assert deliver(now + 2 * LEASE) == [DeliveryState.DEAD]
    assert receiver.heard == []
    assert deliver(now + 3 * LEASE) == []


def test_the_pauses_are_jittered_and_bounded():
    first, longest = timedelta(seconds=10), timedelta(hours=1)
    given = {"first": first, "longest": longest}
    assert wait_before(1, dice=1.0, **given) == timedelta(seconds=10)
    assert wait_before(4, dice=1.0, **given) == timedelta(seconds=80)
    assert wait_before(4, dice=0.5, **given) == timedelta(seconds=40)
    assert wait_before(99, dice=1.0, **given) == longest
    assert wait_before(5, dice=0.0, **given) == timedelta(seconds=1)
    assert wait_before(1, dice=0.1, asked=timedelta(minutes=5), **given) == timedelta(minutes=5)
    assert wait_before(1, dice=0.1, asked=timedelta(days=5), **given) == longest


def test_a_day_or_so_many_tries_are_enough():
    now = timezone.now()
    day = {"since": now, "within": timedelta(hours=24)}
    assert not is_given_up(14, most=15, next_at=now + timedelta(hours=24), **day)
    assert is_given_up(14, most=15, next_at=now + timedelta(hours=24, seconds=1), **day)
    assert is_given_up(15, most=15, next_at=now, **day)


# --- The breaker ----------------------------------------------------------------------------------


def test_a_failing_host_is_left_alone_and_probed_once(allow, ops, mei, order, team):
    turn("webhooks.breaker_after", 3)
    with receiving(say(500), say(500), say(500), say(500), say(200)) as receiver:
        allow(receiver)
        endpoint, _secret = add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)
        for _ in range(6):
            send_test(endpoint, by=ops)
        now = timezone.now()
        for _ in range(3):
            (key, _host) = claim(now, limit=1, per_host=1, full=[])[0]
            send(key)
        # Open: nobody calls it, and nobody's tries are counted.
        assert claim(later(seconds=1), limit=9, per_host=9, full=[]) == []
        host = WebhookHost.objects.get()
        assert (host.failures, host.is_open(later(seconds=20))) == (3, True)
        # Half open: of all that are due one goes out.
        probed = later(seconds=31)
        claimed = [key for key, _host in claim(probed, limit=9, per_host=9, full=[])]
        assert len(claimed) > 1
        outcomes = Counter(send(key, now=probed) for key in claimed)
        assert outcomes == {None: len(claimed) - 1, DeliveryState.WAITING: 1}
        assert len(receiver.heard) == 4
        assert WebhookHost.objects.get().failures == 4
        # Its next probe is answered: closed again, and all the others follow.
        assert deliver(later(minutes=5)).count(DeliveryState.DELIVERED) >= 1
        assert not WebhookHost.objects.exists()
        deliver(later(hours=9))
    assert not WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists()


def test_refusals_are_no_failures_of_the_host(allow, ops, mei, order, team):
    turn("webhooks.breaker_after", 1)
    with receiving(say(404)) as receiver:
        allow(receiver)
        add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)
        opened(mei, order)
        deliver()
    assert not WebhookHost.objects.exists()


def test_the_breaker_waits_longer_every_time():
    given = {
        "threshold": 5,
        "first": timedelta(seconds=30),
        "longest": timedelta(minutes=30),
    }
    assert breaker_pause(4, **given) == timedelta(0)
    assert breaker_pause(5, **given) == timedelta(seconds=30)
    assert breaker_pause(8, **given) == timedelta(minutes=4)
    assert breaker_pause(80, **given) == timedelta(minutes=30)


def test_one_host_does_not_take_every_place(allow, ops, receiver):
    with receiving() as other:
        allow(receiver, other)
        slow, _ = add_endpoint(url=receiver.url, events=["case.merged"], by=ops)
        quick, _ = add_endpoint(url=other.url, events=["case.merged"], by=ops)
        for _ in range(9):
            send_test(slow, by=ops)
        send_test(quick, by=ops)
        hosts = Counter(host for _key, host in claim(timezone.now(), limit=8, per_host=3, full=[]))
    assert hosts == {receiver.authority: 3, other.authority: 1}


@pytest.mark.parametrize("why", ["paused", "left alone", "slow"])
def test_what_piles_up_behind_one_keeps_nobody_else_waiting(why, allow, ops, receiver):
    with receiving() as other:
        allow(receiver, other)
        stuck, _ = add_endpoint(url=receiver.url, events=["case.merged"], by=ops)
        quick, _ = add_endpoint(url=other.url, events=["case.merged"], by=ops)
        long_ago = later(hours=-1)
        heap = [
            WebhookEvent(event="case.merged", at=long_ago, ripe_at=long_ago, told_at=long_ago)
            for _ in range(2_001)
        ]
        WebhookDelivery.objects.bulk_create(
            WebhookDelivery(endpoint=stuck, event=event, since=long_ago, next_at=long_ago)
            for event in WebhookEvent.objects.bulk_create(heap)
        )
        send_test(quick, by=ops)
        if why == "paused":
            pause_endpoint(stuck, by=ops)
        elif why == "left alone":
            WebhookHost.objects.create(host=stuck.host, failures=9, open_until=later(hours=1))
        claimed = claim(timezone.now(), limit=8, per_host=3, full=[])
    assert other.authority in {host for _key, host in claimed}
