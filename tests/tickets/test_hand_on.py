"""Transfer and take-over: always one owner or one queue."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from accounts.actions import close_account
from accounts.models import Role
from common.errors import DomainError, Forbidden
from common.history import history_of
from tests.conftest import at_the_desk, person
from tests.tickets.casts import answered, waiting
from tests.tickets.test_accept import carry_all
from tickets.actions import conversations as life
from tickets.actions import ownership
from tickets.actions.ownership import take_over_conversation, transfer_conversation
from tickets.actions.posting import post_message
from tickets.models import Conversation, Disposition, Message, Note, State
from workforce.actions import set_presence
from workforce.models import AgentStatus, Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    topics = []
    for module in (life, ownership):
        monkeypatch.setattr(
            module, "push", lambda topic, event, **ids: topics.append((topic, event))
        )
    return topics


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code


# --- to a person


def test_a_colleague_gets_it_with_the_note_and_the_history(conversation, bo, sen, heard, team):
    post_message(conversation, by=bo, author_kind="agent", body="您好")
    moved = transfer_conversation(conversation, person=sen, note="要看珠宝鉴定", by=bo)
    assert (moved.state, moved.owner, moved.first_owner_id) == (State.OPEN, sen, bo.pk)
    assert Note.objects.get(conversation=moved).body == "要看珠宝鉴定"
    line = history_of(moved).get(action="conversation.transferred")
    assert (line.before["owner"], line.after["owner"]) == (str(bo.pk), str(sen.pk))
    assert line.reason == "要看珠宝鉴定"
    assert Message.objects.get(conversation=moved, seq=1).body == "您好"
    told = {topic for topic, event in heard if event == "conversation.transferred"}
    assert told == {moved.topic, team.topic, f"user.{bo.pk}", f"user.{sen.pk}"}


def test_the_member_is_told_and_the_note_is_not(conversation, bo, sen):
    transfer_conversation(conversation, person=sen, note="小心这位客人", by=bo)
    said = Message.objects.filter(conversation=conversation)
    assert [m.author_kind for m in said] == ["system"]
    assert "姜半夏" in said[0].body
    assert "小心" not in said[0].body


def test_a_person_of_another_team_takes_it_into_that_team(conversation, bo, dora, other_team):
    moved = transfer_conversation(conversation, person=dora, note="请看", by=bo)
    assert (moved.team, moved.owner) == (other_team, dora)
    assert not Conversation.objects.visible_to(dora).exclude(pk=moved.pk).exists()


def test_the_former_first_owner_still_sees_it(conversation, bo, dora):
    transfer_conversation(conversation, person=dora, note="请看", by=bo)
    assert Conversation.objects.visible_to(bo).filter(pk=conversation.pk).exists()


def test_who_can_take_it(conversation, bo, sen, dora, mei, ops, team):
    def hand_to(who, **more):
        return transfer_conversation(conversation, person=who, note="请看", by=bo, **more)

    refused("transfer.same_owner", hand_to, bo)
    refused("transfer.not_agent", hand_to, mei)
    refused("transfer.not_agent", hand_to, ops)
    refused("transfer.not_in_team", hand_to, dora, team=team)
    refused("transfer.not_in_team", hand_to, person("solo", "无队", Role.AGENT))
    set_presence(sen, "break", by=sen)
    refused("transfer.not_online", hand_to, sen)
    close_account(sen, by=None, reason="离职")
    sen.refresh_from_db()
    refused("transfer.not_agent", hand_to, sen)


def test_the_limit_holds_unless_a_lead_decides(mei, chen, conversation, bo, sen, lin, team):
    AgentStatus.objects.filter(user=sen).update(capacity=1)
    answered(chen.member, team, sen)
    refused(
        "transfer.at_capacity", transfer_conversation, conversation, person=sen, note="请看", by=bo
    )
    assert transfer_conversation(conversation, person=sen, note="急", by=lin).owner == sen


# --- to a queue


def test_a_queue_gets_it_at_the_place_of_the_wait(conversation, bo, other_team, heard):
    since = timezone.now() - timedelta(minutes=9)
    Conversation.objects.filter(pk=conversation.pk).update(waiting_since=since)
    moved = transfer_conversation(conversation, team=other_team, note="珠宝的事", by=bo)
    assert (moved.state, moved.owner, moved.team) == (State.WAITING, None, other_team)
    assert (moved.queued_at, moved.accepted_at) == (since, None)
    assert (other_team.topic, "conversation.queued") in heard


def test_the_agent_may_put_it_back_into_the_own_queue(conversation, bo, team):
    moved = transfer_conversation(conversation, team=team, note="下班了", by=bo)
    assert (moved.state, moved.team) == (State.WAITING, team)
    refused("transfer.same_team", transfer_conversation, conversation, team=team, note="x", by=bo)


def test_what_waits_may_be_sent_to_the_right_queue(mei, bo, team, other_team):
    queued = waiting(mei.member, team, minutes=5)
    since = queued.queued_at
    moved = transfer_conversation(queued, team=other_team, note="珠宝的事", by=bo)
    assert (moved.team, moved.queued_at) == (other_team, since)


def test_a_closed_team_a_missing_target_and_a_missing_note_are_refused(
    conversation, bo, other_team
):
    Team.objects.filter(pk=other_team.pk).update(is_active=False)
    other_team.refresh_from_db()
    refused(
        "transfer.team_closed",
        transfer_conversation,
        conversation,
        team=other_team,
        note="x",
        by=bo,
    )
    refused("transfer.no_target", transfer_conversation, conversation, note="x", by=bo)
    refused(
        "transfer.no_note", transfer_conversation, conversation, team=other_team, note=" ", by=bo
    )


def test_who_may_hand_on(conversation, sen, lin, dora, mei, ops, other_team):
    refused("not_owner", transfer_conversation, conversation, team=other_team, note="x", by=sen)
    for who in (dora, mei):
        with pytest.raises(Forbidden):
            transfer_conversation(conversation, team=other_team, note="x", by=who)
    assert transfer_conversation(conversation, team=other_team, note="x", by=ops).team == other_team


def test_a_lead_of_another_team_does_not_reach_in(conversation, other_team):
    stranger = at_the_desk(person("zoe", "外组长", Role.LEAD), other_team, is_lead=True)
    with pytest.raises(Forbidden):
        transfer_conversation(conversation, team=other_team, note="x", by=stranger)


def test_what_is_done_is_not_handed_on(conversation, bo, other_team):
    Conversation.objects.filter(pk=conversation.pk).update(
        state=State.RESOLVED, resolved_at=timezone.now()
    )
    refused(
        "conversation.not_live",
        transfer_conversation,
        conversation,
        team=other_team,
        note="x",
        by=bo,
    )


# --- taking over


def test_a_colleague_takes_over_and_the_former_owner_is_told(conversation, bo, sen, heard):
    moved = take_over_conversation(conversation, by=sen, reason="许青禾开会")
    assert (moved.owner, moved.first_owner_id) == (sen, bo.pk)
    assert (f"user.{bo.pk}", "conversation.taken_over") in heard
    line = history_of(moved).get(action="conversation.taken_over")
    assert (line.before["owner"], line.after["owner"], line.reason) == (
        str(bo.pk),
        str(sen.pk),
        "许青禾开会",
    )
    assert Message.objects.get(conversation=moved).body.startswith("姜半夏")


def test_the_former_owner_can_no_longer_reply(conversation, bo, sen):
    take_over_conversation(conversation, by=sen)
    refused("not_owner", post_message, conversation, by=bo, author_kind="agent", body="在")


def test_the_owner_takes_over_nothing(conversation, bo):
    take_over_conversation(conversation, by=bo)
    assert not history_of(conversation).exists()


def test_who_may_not_take_over(conversation, dora, mei, ops, mei_waiting, bo):
    for who in (dora, mei, ops):
        with pytest.raises(Forbidden):
            take_over_conversation(conversation, by=who)
    refused("conversation.not_open", take_over_conversation, mei_waiting, by=bo)


@pytest.fixture
def mei_waiting(mei, team) -> Conversation:
    return waiting(mei.member, team)


# --- at once


@pytest.mark.django_db(transaction=True)
def test_handing_on_taking_over_and_resolving_at_once_leave_one_owner_or_queue(
    mei, bo, sen, lin, team, other_team
):
    Disposition.objects.get_or_create(code="solved", defaults={"name": "已解决"})
    carry_all()
    for _round in range(15):
        conversation = answered(mei.member, team, bo)
        barrier = threading.Barrier(4)
        refusals = []

        def run(verb, barrier=barrier, refusals=refusals):
            try:
                barrier.wait(5)
                verb()
            except DomainError as error:
                refusals.append(error.code)
            finally:
                connections.close_all()

        verbs = [
            lambda c=conversation: transfer_conversation(c, person=lin, note="x", by=bo),
            lambda c=conversation: transfer_conversation(c, team=other_team, note="x", by=bo),
            lambda c=conversation: take_over_conversation(c, by=sen),
            lambda c=conversation: life.resolve_conversation(c, disposition="solved", by=bo),
        ]
        threads = [threading.Thread(target=run, args=[verb]) for verb in verbs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        conversation.refresh_from_db()
        assert (conversation.state == State.OPEN) == (
            conversation.owner_id is not None and conversation.resolved_at is None
        )
        assert set(refusals) <= {
            "not_owner",
            "conversation.not_live",
            "conversation.not_open",
            "forbidden",
        }
        moves = history_of(conversation).exclude(action="note.added").count()
        assert moves + len(refusals) == 4
