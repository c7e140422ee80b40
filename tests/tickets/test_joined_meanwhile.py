"""Somebody takes a talk while it turns out that they asked it: whoever joins them waits, and gives it back."""

import pytest
from django.db import transaction

from accounts.actions import merge_identities
from accounts.models import Role
from tests.conftest import person
from tests.tickets.blocks import marked
from tests.tickets.casts import answered
from tests.waiting import Beside, Halt
from tickets.actions import blocks, conversations, ownership
from tickets.actions.blocks import confirm_case
from tickets.actions.conversations import reopen_conversation
from tickets.actions.harassment import take_rest
from tickets.actions.ownership import take_over_conversation
from tickets.models import HarassmentCase, State
from workforce.actions import hold_status
from workforce.models import AgentStatus, TeamMembership

pytestmark = pytest.mark.django_db(transaction=True)


def joined(first, second):
    other = person(f"ops-{first.pk}-{second.pk}", "霜降", Role.OPERATIONS)
    merge_identities(first, second, by=other, reason="工号与会员是同一个人")


@pytest.fixture
def tao(team):
    """Tao answers in Bo's team and has never said how they stand."""
    user = person("tao", "陶然", Role.AGENT)
    TeamMembership.objects.create(team=team, user=user)
    return user


def meanwhile(monkeypatch, module, name, take, join) -> bool:
    """Have ``take`` stand still before its last word, ``module.name``, until ``join`` waits for it; say if it did."""
    halt = Halt()
    monkeypatch.setattr(module, name, halt.before(getattr(module, name)))
    first = Beside(take)
    halt.reached()
    second = Beside(join)
    waited = second.waits()
    halt.go_on()
    first.done()
    second.done()
    return waited


def is_back_in_its_queue(talk) -> bool:
    talk.refresh_from_db()
    return (talk.state, talk.owner, talk.queued_at) == (State.WAITING, None, talk.waiting_since)


def test_what_is_taken_over_by_who_never_said_how_they_stand(
    conversation, mei, tao, team, monkeypatch
):
    assert not AgentStatus.objects.filter(user=tao).exists()
    assert meanwhile(
        monkeypatch, ownership, "tell",
        lambda: take_over_conversation(conversation, by=tao),
        lambda: joined(mei.member, tao),
    )  # fmt: skip
    assert is_back_in_its_queue(conversation)


def test_what_is_taken_up_again(mei, tao, bo, team, monkeypatch):
    talk = answered(mei.member, team, bo, state=State.RESOLVED, resolved_at="2026-11-20T04:00Z")
    assert meanwhile(
        monkeypatch, conversations, "tell_reopened",
        lambda: reopen_conversation(talk, reason="还没好", by=tao),
        lambda: joined(mei.member, tao),
    )  # fmt: skip
    assert is_back_in_its_queue(talk)


def test_what_is_given_to_who_goes_on_in_writing(conversation, mei, bo, lin, tao, monkeypatch):
    """Mei is joined with a second account already, and it is that one which turns out to be Tao's."""
    account = person("mei-2", "周小宁", Role.BUSINESS)
    joined(mei.member, account)
    case = marked(conversation, bo)
    assert meanwhile(
        monkeypatch, blocks, "tell_limited",
        lambda: confirm_case(case, has_request=True, owner=tao, reason="属实", by=lin),
        lambda: joined(account, tao),
    )  # fmt: skip
    assert is_back_in_its_queue(conversation)
    assert conversation.team.code == "written"


def test_a_rest_and_a_second_confirmation_wait_for_each_other_in_one_order(
    conversation, bo, lin, monkeypatch
):
    """Whoever rests may be who goes on in writing: both take their status first, then the case."""
    case = marked(conversation, bo)
    confirm_case(case, has_request=True, owner=bo, reason="属实", by=lin)
    halt = Halt()
    manager = HarassmentCase.objects
    monkeypatch.setattr(manager, "select_for_update", halt.before(manager.select_for_update))
    case.refresh_from_db()
    resting = Beside(lambda: take_rest(case, by=bo))
    halt.reached()
    held = Beside(lambda: _hold(bo))
    assert held.waits()
    halt.go_on()
    assert resting.done().rest_taken_at is not None
    held.done()


def _hold(user) -> None:
    with transaction.atomic():
        hold_status(user)


def test_a_merge_makes_nobody_an_agent(mei, chen):
    joined(mei.member, chen.member)
    assert not AgentStatus.objects.exists()
