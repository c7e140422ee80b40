"""Webhooks: what is said inside an action arrives signed, to who may see it."""

import ast
import json
import threading
import time
from importlib import util
from pathlib import Path

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.actions import (
    add_endpoint,
    close_account,
    emit,
    send_test,
)
from accounts.models import (
    DeliveryState,
    WebhookDelivery,
    WebhookEvent,
)
from accounts.webhooks import telling
from accounts.webhooks.events import heard_events
from accounts.webhooks.signing import signature_header
from accounts.webhooks.telling import tell_ripe
from radio.actions import reject_case, submit_case
from tests.outgoing.rounds import committed_hook, deliver, later, opened
from tickets.actions.conversations import resolve_conversation
from tickets.actions.ownership import accept_conversation
from tickets.actions.posting import announce_reopened, post_message
from tickets.models import AuthorKind, Disposition
from tickets.webhooks import MESSAGES, REOPENED, reopened_unsaid
from trade.actions import take_down_product

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


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
