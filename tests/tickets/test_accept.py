"""Accepting: exactly one owner."""

import threading

import pytest
from django.db import connections
from django.utils import timezone

from common import parameters
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.parameters import set_value
from tests.tickets.casts import waiting
from tickets.actions.ownership import accept_conversation, accept_next
from tickets.models import Conversation, Message, State
from workforce.actions import set_presence
from workforce.models import AgentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(mei, team) -> Conversation:
    return waiting(mei.member, team)


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code
    return refusal.value


def test_the_agent_becomes_owner_and_first_asked(conversation, bo):
    accepted = accept_conversation(conversation, by=bo)
    assert (accepted.state, accepted.owner, accepted.first_owner_id) == (State.OPEN, bo, bo.pk)
    assert accepted.queued_at is None
    assert accepted.accepted_at is not None
    assert accepted.waiting_since is not None  # the clock stops with the first answer, not before


def test_it_leaves_history_and_tells_the_member(conversation, bo):
    accept_conversation(conversation, by=bo)
    line = history_of(conversation).get(action="conversation.accepted")
    assert (line.actor, line.after["owner"]) == (bo, str(bo.pk))
    message = Message.objects.get(conversation=conversation, author_kind="system")
    assert message.body.startswith("许青禾")


def test_the_owner_may_ask_twice(conversation, bo):
    accept_conversation(conversation, by=bo)
    accept_conversation(conversation, by=bo)
    assert history_of(conversation).filter(action="conversation.accepted").count() == 1


def test_the_slower_one_hears_who_was_faster(conversation, bo, lin):
    accept_conversation(conversation, by=bo)
    refusal = refused("conversation.taken", accept_conversation, conversation, by=lin)
    assert refusal.details == {"owner": {"name": "许青禾"}}


def test_who_is_not_taking_chats_is_refused(conversation, bo):
    set_presence(bo, "break", by=bo)
    refused("presence.not_online", accept_conversation, conversation, by=bo)


def test_nobody_carries_more_than_their_limit(mei, ada, team, bo):
    AgentStatus.objects.filter(user=bo).update(capacity=1)
    accept_conversation(waiting(mei.member, team), by=bo)
    refusal = refused(
        "conversation.at_capacity", accept_conversation, waiting(ada.member, team), by=bo
    )
    assert refusal.details == {"load": 1, "capacity": 1}


def test_another_team_and_members_are_refused(conversation, dora, mei, ops):
    for who in (dora, mei, ops):
        with pytest.raises(Forbidden):
            accept_conversation(conversation, by=who)


def test_what_is_done_is_not_accepted(conversation, bo):
    Conversation.objects.filter(pk=conversation.pk).update(
        state=State.RESOLVED, queued_at=None, resolved_at=timezone.now()
    )
    refused("conversation.not_live", accept_conversation, conversation, by=bo)


def test_the_next_one_is_the_highest_tier_then_the_longest_wait(mei, ada, chen, team, bo):
    late, early = waiting(chen.member, team, minutes=1), waiting(mei.member, team, minutes=9)
    first = waiting(ada.member, team, minutes=0, priority=1)
    assert [accept_next(by=bo).pk for _ in range(3)] == [first.pk, early.pk, late.pk]
    assert accept_next(by=bo) is None


def test_the_next_one_comes_from_ones_own_teams(mei, other_team, bo):
    waiting(mei.member, other_team)
    assert accept_next(by=bo) is None


def carry_all() -> None:
    """Let everybody carry as many as come: these tests are about who wins."""
    set_value("agents.capacity_max", 1000, by=None, reason="测试")
    parameters.forget()
    AgentStatus.objects.update(capacity=1000)


def together(*verbs):
    """Run ``verbs`` at the same moment, each on its own connection; return results and refusals."""
    barrier, outcomes = threading.Barrier(len(verbs)), [None] * len(verbs)

    def run(index, verb):
        try:
            barrier.wait(5)
            outcomes[index] = verb()
        except DomainError as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_exactly_one_wins_a_hundred_times(mei, bo, lin, team):
    carry_all()
    for _round in range(100):
        conversation = waiting(mei.member, team)
        outcomes = together(
            lambda c=conversation: accept_conversation(c, by=bo),
            lambda c=conversation: accept_conversation(c, by=lin),
        )
        winners = [one for one in outcomes if isinstance(one, Conversation)]
        losers = [one.code for one in outcomes if isinstance(one, DomainError)]
        assert (len(winners), losers) == (1, ["conversation.taken"])
        conversation.refresh_from_db()
        assert conversation.owner == winners[0].owner
        assert history_of(conversation).filter(action="conversation.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_for_the_next_get_two(mei, bo, lin, team):
    carry_all()
    for _round in range(20):
        pair = {waiting(mei.member, team).pk, waiting(mei.member, team).pk}
        outcomes = together(lambda: accept_next(by=bo), lambda: accept_next(by=lin))
        assert {one.pk for one in outcomes} == pair


@pytest.mark.django_db(transaction=True)
def test_one_agent_in_two_windows_does_not_pass_the_limit(mei, team, bo):
    AgentStatus.objects.filter(user=bo).update(capacity=1)
    pair = [waiting(mei.member, team), waiting(mei.member, team)]
    outcomes = together(*[lambda c=c: accept_conversation(c, by=bo) for c in pair])
    assert [one.code for one in outcomes if isinstance(one, DomainError)] == [
        "conversation.at_capacity"
    ]
    assert Conversation.objects.owned_by(bo).count() == 1
