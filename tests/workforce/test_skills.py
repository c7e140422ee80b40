"""Skills: who is certified in what, and which queues that opens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import DomainError, Forbidden
from common.history import history_of
from tests.tickets.casts import waiting
from tickets.actions.ownership import accept_conversation, accept_next
from workforce.actions import drop_skill, give_skill, require_skill
from workforce.models import AgentSkill, Skill

pytestmark = pytest.mark.django_db


@pytest.fixture
def fruit(db) -> Skill:
    return Skill.objects.create(code="fruit", name="生鲜售后")


@pytest.fixture
def asked(team, fruit, ops):
    """Bo's team asks for fruit at level 3."""
    require_skill(team, fruit, 3, by=ops, reason="开线")
    return team


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code


def certify(user, skill, ops, level=3, days=None):
    until = None if days is None else timezone.localdate() + timedelta(days=days)
    return give_skill(user, skill, level, certified_until=until, by=ops, reason="考过了")


@pytest.mark.parametrize(
    ("level", "days", "opens"),
    [
        (3, None, True), (5, None, True), (2, None, False),
        (3, 0, True), (3, 180, True), (3, -1, False),
    ],
)  # fmt: skip
def test_a_queue_opens_to_whom_it_is_certified(asked, bo, mei, ops, fruit, level, days, opens):
    conversation = waiting(mei.member, asked)
    certify(bo, fruit, ops, level, days)
    if opens:
        assert accept_next(by=bo).pk == conversation.pk
    else:
        assert accept_next(by=bo) is None
        refused("conversation.skill_missing", accept_conversation, conversation, by=bo)


def test_without_the_skill_nothing_of_that_queue_is_given(asked, bo, mei):
    conversation = waiting(mei.member, asked)
    assert accept_next(by=bo) is None
    refused("conversation.skill_missing", accept_conversation, conversation, by=bo)


def test_a_team_that_asks_no_more_gives_to_all(asked, bo, mei, fruit, ops):
    require_skill(asked, fruit, None, by=ops, reason="合并")
    assert accept_conversation(waiting(mei.member, asked), by=bo).owner == bo


def test_a_skill_that_is_not_in_use_is_not_asked_for(asked, bo, mei, fruit):
    Skill.objects.update(is_active=False)
    assert accept_conversation(waiting(mei.member, asked), by=bo).owner == bo


def test_a_skill_is_given_changed_and_taken(bo, fruit, ops):
    certify(bo, fruit, ops, 2)
    certify(bo, fruit, ops, 4, 180)
    assert AgentSkill.objects.get().level == 4
    assert drop_skill(bo, fruit, by=ops, reason="过期")
    assert not drop_skill(bo, fruit, by=ops, reason="过期")
    said = history_of(fruit).order_by("pk").values_list("action", flat=True)
    assert list(said) == ["skill.given", "skill.given", "skill.dropped"]


def test_refusals(bo, mei, team, fruit, ops):
    for level in (0, 6):
        refused("skill.bad_level", certify, bo, fruit, ops, level)
        refused("skill.bad_level", require_skill, team, fruit, level, by=ops, reason="x")
    refused("skill.not_agent", certify, mei, fruit, ops)
    refused("person.no_reason", give_skill, bo, fruit, 3, by=ops, reason="")
    for who in (bo, mei):
        with pytest.raises(Forbidden):
            certify(bo, fruit, who)
        with pytest.raises(Forbidden):
            require_skill(team, fruit, 1, by=who, reason="x")
