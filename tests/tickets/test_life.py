"""Opened, noted, resolved, reopened, closed."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from django.utils import timezone

from common import parameters
from common.deadlines import sweep
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import Deadline
from common.text import TextRefused
from tests.tickets.casts import answered, waiting
from tickets.actions.conversations import (
    CLOSE,
    add_note,
    close_resolved,
    open_conversation,
    reopen_conversation,
    resolve_conversation,
)
from tickets.actions.posting import post_message
from tickets.models import Conversation, Disposition, Message, Note, State
from workforce.models import Team

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def solved(db) -> Disposition:
    return Disposition.objects.get_or_create(code="solved", defaults={"name": "已解决"})[0]


def opened(user, **fields):
    return open_conversation(user.member, **{"medium": "app", "body": "在吗", "by": user} | fields)


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code
    return refusal.value


def pushed(monkeypatch, *modules):
    """Collect what would go to the browsers."""
    heard = []
    for module in modules:
        monkeypatch.setattr(
            module, "push", lambda topic, event, **ids: heard.append((topic, event))
        )
    return heard


# --- opening


def test_it_waits_in_the_default_teams_queue(mei, team):
    result = opened(mei)
    conversation = result.conversation
    assert (result.made, conversation.state, conversation.team) == (True, State.WAITING, team)
    assert conversation.queued_at == conversation.opened_at
    assert (conversation.last_seq, conversation.last_preview) == (1, "在吗")


def test_the_tier_gives_the_place(mei, ada, team):
    assert (opened(mei).conversation.priority, opened(ada).conversation.priority) == (4, 1)


def test_the_named_team_gets_it(mei, team, other_team):
    assert opened(mei, team=other_team).conversation.team == other_team


def test_without_any_team_it_is_refused_and_nothing_stays(mei):
    Team.objects.update(is_default=False)
    refused("team.none", opened, mei)
    assert not Conversation.objects.exists()


def test_it_leaves_one_history_line_and_tells_the_team(mei, team, monkeypatch):
    from tickets.actions import conversations

    heard = pushed(monkeypatch, conversations)
    conversation = opened(mei).conversation
    assert [e.action for e in history_of(conversation)] == ["conversation.opened"]
    assert heard == [(team.topic, "conversation.queued")]


def test_the_live_one_of_the_same_order_and_shop_is_continued(mei, order, shop, team):
    first = opened(mei, order=order)
    again = opened(mei, order=order, body="还在吗")
    assert (again.made, again.conversation, again.posted.seq) == (False, first.conversation, 2)
    assert opened(mei, shop=shop).conversation != first.conversation


def test_a_resolved_one_is_not_continued_by_opening(mei, bo, team):
    first = answered(mei.member, team, bo)
    resolve_conversation(first, disposition="solved", by=bo)
    assert opened(mei).conversation != first


def test_nobody_opens_in_anothers_name(mei, chen, bo, team):
    for who in (chen, bo):
        with pytest.raises(Forbidden):
            open_conversation(mei.member, medium="app", body="在吗", by=who)


def test_the_order_must_be_the_members(mei, chen, order, team):
    refused("order.unknown", opened, chen, order=order)


def test_the_medium_must_be_one(mei, team):
    refused("conversation.bad_medium", opened, mei, medium="pigeon")


@pytest.mark.parametrize("body", ["a\x00b", "\ud800", "好" * 5000])
def test_text_that_cannot_be_stored_leaves_no_conversation(mei, team, body):
    with pytest.raises(TextRefused):
        opened(mei, body=body)
    assert not Conversation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_make_one_conversation(mei, order, team):
    barrier, results = threading.Barrier(4), []

    def tap():
        barrier.wait(5)
        results.append(opened(mei, order=order, client_id=uuid.uuid4()))
        connections.close_all()

    threads = [threading.Thread(target=tap) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert Conversation.objects.count() == 1
    assert Message.objects.count() == 4
    assert sum(one.made for one in results) == 1


def test_open_without_an_owner_cannot_be_stored(mei, team):
    with pytest.raises(IntegrityError), transaction.atomic():
        waiting(mei.member, team, state=State.OPEN, queued_at=None)


# --- notes


def test_a_note_stands_after_the_last_message_and_no_message_is_made(mei, bo, lin, team):
    conversation = answered(mei.member, team, bo)
    post_message(conversation, by=mei, author_kind="member", body="在吗")
    note = add_note(conversation, body=" 本周第 7 单 ", by=lin)
    assert (note.after_seq, note.body, note.author) == (1, "本周第 7 单", lin)
    assert Message.objects.filter(conversation=conversation).count() == 1


def test_a_note_goes_to_the_staff_topic_alone(mei, bo, team, monkeypatch):
    from tickets.actions import conversations

    conversation = answered(mei.member, team, bo)
    heard = pushed(monkeypatch, conversations)
    add_note(conversation, body="难缠", by=bo)
    assert heard == [(conversation.notes_topic, "note.added")]
    assert "难缠" not in str(history_of(conversation).values_list("before", "after", "reason"))


def test_members_and_other_teams_write_no_notes(mei, bo, dora, ops, team):
    conversation = answered(mei.member, team, bo)
    for who in (mei, dora, ops):
        with pytest.raises(Forbidden):
            add_note(conversation, body="x", by=who)
    assert not Note.objects.exists()


# --- resolving


def test_resolving_says_what_came_of_it_and_sets_the_timer(mei, bo, team, solved):
    conversation = answered(mei.member, team, bo)
    done = resolve_conversation(conversation, disposition="solved", note="已补发", by=bo)
    assert (done.state, done.disposition, done.waiting_since) == (State.RESOLVED, solved, None)
    timer = Deadline.objects.get(kind=CLOSE, subject_id=str(done.pk))
    assert timer.due_at == done.resolved_at + timedelta(days=7)
    line = history_of(done).get(action="conversation.resolved")
    assert (line.after["disposition"], line.reason) == ("solved", "已补发")
    assert Note.objects.get(conversation=done).body == "已补发"
    last = Message.objects.filter(conversation=done).latest("seq")
    assert last.author_kind == "system"


def test_the_second_time_changes_nothing(mei, bo, team):
    conversation = answered(mei.member, team, bo)
    for _ in range(2):
        resolve_conversation(conversation, disposition="solved", by=bo)
    assert history_of(conversation).filter(action="conversation.resolved").count() == 1


def test_only_the_owner_or_a_lead_resolves(mei, bo, lin, sen, dora, team):
    conversation = answered(mei.member, team, bo)
    assert refused("not_owner", resolve_conversation, conversation, disposition="solved", by=sen)
    for who in (dora, mei):
        with pytest.raises(Forbidden):
            resolve_conversation(conversation, disposition="solved", by=who)
    assert resolve_conversation(conversation, disposition="solved", by=lin).state == State.RESOLVED


def test_it_needs_a_disposition_in_use(mei, bo, team):
    conversation = answered(mei.member, team, bo)
    Disposition.objects.create(code="old", name="旧", is_active=False)
    for code in ("", "old", "nope"):
        refused("disposition.unknown", resolve_conversation, conversation, disposition=code, by=bo)


def test_who_waits_must_be_accepted_first(mei, lin, team):
    refusal = refused(
        "conversation.not_open",
        resolve_conversation,
        waiting(mei.member, team),
        disposition="solved",
        by=lin,
    )
    assert refusal.details == {"state": "waiting", "possible": ["open"]}


# --- coming back, and closing


def resolved(mei, bo, team) -> Conversation:
    return resolve_conversation(answered(mei.member, team, bo), disposition="solved", by=bo)


def test_a_message_within_the_window_brings_it_back_to_the_queue(mei, bo, team):
    conversation = resolved(mei, bo, team)
    post_message(conversation, by=mei, author_kind="member", body="又坏了")
    conversation.refresh_from_db()
    assert (conversation.state, conversation.reopened_count) == (State.WAITING, 1)
    assert not Deadline.objects.filter(kind=CLOSE, done_at=None).exists()


def test_staff_take_it_up_again_for_themselves(mei, bo, team):
    again = reopen_conversation(resolved(mei, bo, team), reason="客人来电说没好", by=bo)
    assert (again.state, again.owner, again.disposition) == (State.OPEN, bo, None)
    assert (again.reopened_count, again.resolved_at) == (1, None)
    assert not Deadline.objects.filter(kind=CLOSE, done_at=None).exists()
    assert history_of(again).get(action="conversation.reopened").reason == "客人来电说没好"


def test_operations_put_it_back_into_the_queue(mei, bo, ops, team):
    again = reopen_conversation(resolved(mei, bo, team), reason="抽查", by=ops)
    assert (again.state, again.owner) == (State.WAITING, None)


def test_taking_it_up_needs_a_reason_a_right_and_a_resolved_one(mei, bo, dora, team):
    conversation = resolved(mei, bo, team)
    refused("reason.missing", reopen_conversation, conversation, reason=" ", by=bo)
    for who in (mei, dora):
        with pytest.raises(Forbidden):
            reopen_conversation(conversation, reason="x", by=who)
    live = answered(mei.member, team, bo)
    refused("conversation.not_resolved", reopen_conversation, live, reason="x", by=bo)


def test_the_clock_closes_it_when_the_window_is_over(mei, bo, team):
    conversation = resolved(mei, bo, team)
    due = conversation.resolved_at + timedelta(days=7)
    assert sweep(conversation.resolved_at + timedelta(minutes=5)).ran == 1  # the last words
    assert sweep(due - timedelta(microseconds=1)).ran == 0
    assert sweep(due).ran == 1
    conversation.refresh_from_db()
    assert (conversation.state, conversation.closed_at) == (State.CLOSED, due)
    assert history_of(conversation).first().action == "conversation.closed"
    refused("closed", post_message, conversation, by=mei, author_kind="member", body="在吗")


def test_the_window_is_a_parameter_and_said_to_the_member(mei, bo, ops, team):
    parameters.set_value("chat.reopen_window", timedelta(days=3), by=ops, reason="试行")
    parameters.forget()
    conversation = resolved(mei, bo, team)
    timer = Deadline.objects.get(kind=CLOSE)
    assert timer.due_at == conversation.resolved_at + timedelta(days=3)
    assert "3" in Message.objects.filter(conversation=conversation).latest("seq").body


def test_closing_is_left_alone_when_it_moved_on(mei, bo, team):
    conversation = resolved(mei, bo, team)
    then = conversation.resolved_at
    reopen_conversation(conversation, reason="x", by=bo)
    assert close_resolved(conversation.pk, resolved_at=then, now=timezone.now()) is False
    later = resolve_conversation(conversation, disposition="solved", by=bo)
    assert close_resolved(conversation.pk, resolved_at=then, now=timezone.now()) is False
    assert (
        close_resolved(conversation.pk, resolved_at=later.resolved_at, now=timezone.now()) is True
    )


@pytest.mark.django_db(transaction=True)
def test_closing_does_not_wait_for_who_holds_the_conversation(mei, bo, team):
    conversation = resolved(mei, bo, team)
    outcome = []

    def close():
        try:
            close_resolved(
                conversation.pk, resolved_at=conversation.resolved_at, now=timezone.now()
            )
        except OperationalError as error:
            outcome.append(type(error))
        finally:
            connections.close_all()

    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        thread = threading.Thread(target=close)
        thread.start()
        thread.join(10)
    assert outcome == [OperationalError]
