"""Webhooks: what is said inside an action arrives signed, to who may see it, until it is given up."""

import ast
import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from importlib import util
from pathlib import Path

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.actions import (
    add_endpoint,
    change_endpoint,
    close_account,
    emit,
    pause_endpoint,
    remove_endpoint,
    replay_dead,
    replay_delivery,
    resume_endpoint,
    rotate_secret,
    send_test,
)
from accounts.actions.webhooks import secrets_of
from accounts.models import (
    DeliveryState,
    Notification,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookHost,
    WebhookState,
)
from accounts.webhooks import clock, telling
from accounts.webhooks.events import heard_events
from accounts.webhooks.health import webhooks as health_of_webhooks
from accounts.webhooks.pauses import breaker_pause, is_given_up, wait_before
from accounts.webhooks.sending import LEASE, claim, send
from accounts.webhooks.signing import signature_header
from accounts.webhooks.telling import tell_ripe
from common.errors import DomainError, Forbidden
from common.health import BAD, GOOD, WARN
from common.history import history_of
from radio.actions import reject_case, submit_case
from tests.outgoing.conftest import turn
from tests.outgoing.receivers import receiving, say
from tickets.actions.conversations import open_conversation, resolve_conversation
from tickets.actions.ownership import accept_conversation
from tickets.actions.posting import announce_reopened, post_message
from tickets.models import AuthorKind, Disposition
from tickets.webhooks import MESSAGES, REOPENED, reopened_unsaid
from trade.actions import take_down_product

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


def opened(mei, order, body="坏了"):
    return open_conversation(mei.member, by=mei, medium="web", order=order, body=body).conversation


def deliver(now=None) -> list[DeliveryState | None]:
    """Do what a clock does in one round."""
    moment = now or timezone.now()
    tell_ripe(moment)
    return [send(key, now=now) for key, _host in claim(moment, limit=50, per_host=50, full=[])]


def later(**span):
    return timezone.now() + timedelta(**span)


# --- What arrives ---------------------------------------------------------------------------------


def test_what_was_said_arrives_signed(hook, receiver, mei, order, team):
    conversation = opened(mei, order)
    assert deliver() == [DeliveryState.DELIVERED]
    headers, body = receiver.heard[0]
    said = json.loads(body)
    delivery = WebhookDelivery.objects.get()
    assert said["id"] == headers["Xiaoer-Delivery"] == f"whd_{delivery.pk.hex}"
    assert said["event"] == headers["Xiaoer-Event"] == "conversation.opened"
    assert said["data"]["conversation"] == f"cnv_{conversation.pk.hex}"
    assert said["data"]["state"] == "waiting"
    assert said["at"].endswith("+08:00")
    moment = headers["Xiaoer-Signature"].split(",")[0].removeprefix("t=")
    assert abs(int(moment) - time.time()) < 60
    assert headers["Xiaoer-Signature"] == signature_header([hook.plain_secret], int(moment), body)


def test_nothing_personal_is_in_it(hook, receiver, mei, order, team):
    opened(mei, order, body="我叫周小宁，电话13800002071")
    deliver()
    words = receiver.heard[0][1].decode()
    assert not any(part in words for part in ("周小宁", "13800002071", "M10000001"))


def test_it_is_part_of_the_change(hook, mei, order, team):
    with transaction.atomic():
        opened(mei, order)
        assert WebhookEvent.objects.count() == 1
        transaction.set_rollback(True)
    assert not WebhookEvent.objects.exists()


def test_nothing_is_written_while_nobody_listens(mei, order, team):
    opened(mei, order)
    assert not WebhookEvent.objects.exists()


def test_every_move_of_a_conversation_is_heard(hook, mei, order, bo, team):
    Disposition.objects.create(code="solved", name="解决了")
    conversation = opened(mei, order)
    accept_conversation(conversation, by=bo)
    resolve_conversation(conversation, disposition="solved", by=bo)
    assert list(WebhookEvent.objects.order_by("at").values_list("event", "data__state")) == [
        ("conversation.opened", "waiting"),
        ("conversation.accepted", "open"),
        ("conversation.resolved", "resolved"),
    ]


def test_radio_and_shelf_are_heard_too(receiver, allow, ops, sen, bo, mei, order, product):
    allow(receiver)
    add_endpoint(
        url=receiver.url, by=ops,
        events=["case.submitted", "case.rejected", "product.taken_down"],
    )  # fmt: skip
    conversation = accept_conversation(opened(mei, order), by=bo)
    case, _made = submit_case(conversation, reason="压坏的太多", by=bo)
    reject_case(case, reason="已经有了", by=sen)
    take_down_product(product, by=ops, reason="有问题")
    assert deliver() == [DeliveryState.DELIVERED] * 3
    assert {json.loads(body)["event"] for _headers, body in receiver.heard} == {
        "case.submitted",
        "case.rejected",
        "product.taken_down",
    }


# --- Who hears ------------------------------------------------------------------------------------


def test_only_who_may_see_it_hears(receiver, allow, lin, he, qiao, mei, order, team):
    allow(receiver)
    for person in (lin, he, qiao):
        add_endpoint(url=receiver.url, events=["conversation.opened"], by=person)
    opened(mei, order)
    deliver()
    # Lin leads the team that it waits for; a business team and a merchant have no part in it.
    assert [one.endpoint.owner for one in WebhookDelivery.objects.all()] == [lin]


def test_who_may_see_it_no_more_hears_nothing(hook, receiver, mei, order, team, ops):
    opened(mei, order)
    tell_ripe(timezone.now())
    close_account(ops, by=None, reason="离职")
    assert deliver() == [DeliveryState.DROPPED]
    assert receiver.heard == []


def test_a_right_may_be_needed_besides(hook, receiver, ops, lin, team, mei, order, allow):
    add_endpoint(url=receiver.url, events=["conversation.opened"], by=lin)
    conversation = opened(mei, order)
    WebhookEvent.objects.all().delete()
    emit("conversation.opened", subject=conversation, data={}, visible="people.manage")
    deliver()
    assert [one.endpoint.owner for one in WebhookDelivery.objects.all()] == [ops]


SAYERS = {"emit", "emit_gathered", "tell", "tell_case", "tell_product", "_tell", "_move"}


def said_in(app: str) -> set[str]:
    """Return the events that the code of ``app`` says, by the words in its calls."""
    named = {"REOPENED": REOPENED, "MESSAGES": MESSAGES}
    return {
        event
        for file in (ROOT / app).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in SAYERS
        for word in call.args[:2]
        if (event := named.get(getattr(word, "id", ""), getattr(word, "value", None)))
        and isinstance(event, str)
    }


def test_what_is_said_is_declared_and_what_is_declared_is_said():
    said = said_in("tickets") | said_in("radio") | said_in("trade")
    assert said == {one.code for one in heard_events()}


def test_an_undeclared_event_is_a_mistake_of_ours(hook):
    with pytest.raises(KeyError):
        emit("conversation.exploded", subject=hook, data={})


def test_one_event_that_cannot_be_told_keeps_no_other_one(hook, receiver, mei, order, team, caplog):
    """Said by a release that knew more; it waits until this one does too."""
    unknown = WebhookEvent.objects.create(
        event="conversation.exploded", at=later(days=-1), subject_type="tickets.conversation",
        subject_id=str(hook.pk), ripe_at=later(days=-1),
    )  # fmt: skip
    opened(mei, order)
    assert deliver() == [DeliveryState.DELIVERED]
    unknown.refresh_from_db()
    assert unknown.told_at is None
    assert timezone.now() < unknown.ripe_at <= later(minutes=1)
    assert f"webhook event {unknown.pk} cannot be told" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_what_was_told_is_told_whatever_becomes_of_the_next_one(receiver, ops, monkeypatch):
    """A clock that dies half-way through has told what it told."""
    committed_hook(receiver, ops)
    for number in range(2):
        WebhookEvent.objects.create(
            event="webhook.test", at=later(), subject_type="accounts.user", subject_id=str(ops.pk),
            ripe_at=later(seconds=-9 + number),
        )  # fmt: skip
    tell, told = telling._tell, []

    def dies(event, now):
        if told:
            raise SystemExit
        told.append(event)
        tell(event, now)

    monkeypatch.setattr(telling, "_tell", dies)
    with pytest.raises(SystemExit):
        tell_ripe(timezone.now())
    assert WebhookEvent.objects.exclude(told_at=None).get() == told[0]


# --- Messages are gathered ------------------------------------------------------------------------


@pytest.fixture
def listener(receiver, allow, ops):
    allow(receiver)
    return add_endpoint(url=receiver.url, events=["conversation.messages_posted"], by=ops)[0]


def test_messages_of_a_few_seconds_are_told_once(listener, receiver, mei, order, team):
    conversation = opened(mei, order)
    for body in ("在吗", "坏了一半", "要退"):
        post_message(conversation, by=mei, author_kind=AuthorKind.MEMBER, body=body)
    assert deliver() == []  # still gathering
    assert deliver(later(seconds=6)) == [DeliveryState.DELIVERED]
    assert json.loads(receiver.heard[0][1])["data"]["last_seq"] == 4
    post_message(conversation, by=mei, author_kind=AuthorKind.MEMBER, body="喂")
    assert deliver(later(seconds=12)) == [DeliveryState.DELIVERED]
    assert json.loads(receiver.heard[1][1])["data"]["last_seq"] == 5


@pytest.mark.django_db(transaction=True)
def test_a_message_not_committed_yet_is_told_afterwards(listener, mei, order, team):
    conversation = opened(mei, order)
    said, may_commit = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            post_message(conversation, by=mei, author_kind=AuthorKind.MEMBER, body="慢")
            said.set()
            may_commit.wait(10)
        connections.close_all()

    writer = threading.Thread(target=slow)
    writer.start()
    said.wait(10)
    # The first message's row is held by the second one's transaction: the teller leaves it.
    assert tell_ripe(later(seconds=10)) == 0
    may_commit.set()
    writer.join()
    assert tell_ripe(later(seconds=10)) == 1
    assert WebhookEvent.objects.get().data["last_seq"] == 2


def test_a_reopening_that_nobody_said_is_made_good_once(receiver, allow, ops, mei, bo, order, team):
    allow(receiver)
    add_endpoint(url=receiver.url, events=["conversation.reopened"], by=ops)
    Disposition.objects.create(code="solved", name="解决了")
    conversation = accept_conversation(opened(mei, order), by=bo)
    resolve_conversation(conversation, disposition="solved", by=bo)
    post_message(conversation, by=mei, author_kind=AuthorKind.MEMBER, body="还是坏的")
    assert WebhookEvent.objects.count() == 1
    announce_reopened(conversation.pk)  # a live process says it again
    assert reopened_unsaid() == 0
    WebhookEvent.objects.all().delete()  # it died before it could
    assert (reopened_unsaid(), reopened_unsaid()) == (1, 0)


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


# --- The process ----------------------------------------------------------------------------------


def committed_hook(receiver, ops):
    turn("webhooks.allowed_inside", receiver.authority)
    return add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)[0]


@pytest.mark.django_db(transaction=True)
def test_two_clocks_send_each_once(receiver, ops, mei, order, team):
    endpoint = committed_hook(receiver, ops)
    for _ in range(20):
        send_test(endpoint, by=ops)

    def work():
        sender = clock.Sender()
        deadline = time.monotonic() + 20
        while (
            WebhookDelivery.objects.filter(state=DeliveryState.WAITING).exists()
            and time.monotonic() < deadline
        ):
            sender.round()
            time.sleep(0.01)
        sender.stop()
        connections.close_all()

    clocks = [threading.Thread(target=work) for _ in range(2)]
    for one in clocks:
        one.start()
    for one in clocks:
        one.join()
    numbers = Counter(headers["Xiaoer-Delivery"] for headers, _body in receiver.heard)
    assert len(numbers) == 20
    assert set(numbers.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_clock_killed_while_sending_is_made_good_under_the_same_number(ops, mei, order, team):
    """The receiver has heard it, the clock dies before it can say so: heard twice, one number."""
    hold = threading.Event()

    def slow(handler):
        hold.wait(20)
        say(200)(handler)

    with receiving(slow, say(200)) as receiver:
        endpoint = committed_hook(receiver, ops)
        opened(mei, order)
        tell_ripe(timezone.now())
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import django; django.setup(); from django.utils import timezone;"
                "from accounts.webhooks.sending import claim, send;"
                "[send(k) for k, _h in claim(timezone.now(), limit=9, per_host=9, full=[])]",
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_URL": _database(),
            },
        )
        deadline = time.monotonic() + 30
        while not receiver.heard and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        hold.set()
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.attempts) == (DeliveryState.WAITING, 1)
        assert deliver() == []  # its lease runs
        assert deliver(timezone.now() + LEASE) == [DeliveryState.DELIVERED]
    assert endpoint.deliveries.count() == 1
    first, second = (headers["Xiaoer-Delivery"] for headers, _body in receiver.heard)
    assert first == second


def _database() -> str:
    from tests.tickets.live import database_url

    return database_url()


# --- The example of the documents -----------------------------------------------------------------


def test_the_receiver_of_the_documents_believes_us_and_nobody_else(hook, receiver, ops, tmp_path):
    text = (ROOT / "docs" / "webhooks.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    (tmp_path / "example_receiver.py").write_text(code)
    spec = util.spec_from_file_location("example_receiver", tmp_path / "example_receiver.py")
    example = util.module_from_spec(spec)
    spec.loader.exec_module(example)
    send_test(hook, by=ops)
    deliver()
    headers, body = receiver.heard[0]
    said, secret = headers["Xiaoer-Signature"], hook.plain_secret
    moment = int(said.split(",")[0][2:])
    assert example.is_from_xiaoer(secret, said, body, now=moment)
    assert example.is_from_xiaoer(secret, said, body, now=moment + 299)
    assert not example.is_from_xiaoer(secret, said, body, now=moment + 301)  # replayed later
    assert not example.is_from_xiaoer(secret, said, body, now=moment - 301)
    assert not example.is_from_xiaoer(secret, said, body + b" ", now=moment)
    assert not example.is_from_xiaoer("whsec_other", said, body, now=moment)
    forged = said.replace(f"t={moment}", f"t={moment + 1}")
    assert not example.is_from_xiaoer(secret, forged, body, now=moment)
    for nonsense in ("", "t=", "t=x,v1=y", "v1=" + "0" * 64, "t=1,v1=é", ",,,", "t=1" * 999):
        assert not example.is_from_xiaoer(secret, nonsense, body, now=moment)
    rotated = signature_header(["whsec_new", secret], moment, body)
    assert example.is_from_xiaoer(secret, rotated, body, now=moment)
