"""Appeals against contact blocks: once, in time, decided by a third person."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actions import merge_identities
from accounts.models import Notification, Role, ScoreEntry
from common.errors import DomainError
from common.history import history_of
from tests.conftest import person
from tests.tickets.blocks import blocked
from tests.tickets.casts import answered
from tickets.actions.appeals import decide_appeal, file_appeal
from tickets.actions.blocks import end_expired, hold_block

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def refused(code):
    return pytest.raises(DomainError, match=f"^{code}:")


def lines_of(subject):
    return [event.action for event in history_of(subject)][::-1]


def test_an_appeal_is_decided_by_a_third_person(conversation, mei, bo, lin, ops, sen):
    block = blocked(conversation, bo, lin)
    file_appeal(block, text="那句话不是我说的", by=mei)
    assert Notification.objects.filter(person=ops, kind="harassment.case").exists()
    for who, code in ((bo, "forbidden"), (sen, "forbidden"), (lin, "appeal.same_person")):
        with refused(code):
            decide_appeal(block, upheld=True, answer="查过了", by=who)
    decide_appeal(block, upheld=True, answer="账号被盗，已核实", by=ops)
    block.refresh_from_db()
    assert (block.appeal, block.ended_why, block.case.state) == ("upheld", "appeal", "ended")
    points = ScoreEntry.objects.filter(member=mei.member).values_list("points", flat=True)
    assert sum(points) == 0
    assert len(points) == 2
    # The last two are of one moment.
    assert sorted(lines_of(block.case)[-3:]) == [
        "harassment.appeal_upheld", "harassment.appealed", "harassment.overturned",
    ]  # fmt: skip
    assert Notification.objects.filter(person=mei, body="账号被盗，已核实").exists()


def test_the_marker_with_every_right_does_not_decide_the_appeal(mei, team, bo, lin, ops):
    both = person("duo", "双岗", Role.LEAD)
    team.memberships.create(user=both, is_lead=True)
    block = blocked(answered(mei.member, team, both), both, lin)
    file_appeal(block, text="冤枉", by=mei)
    with refused("appeal.same_person"):
        decide_appeal(block, upheld=False, answer="不成立", by=both)


def test_a_rejected_appeal_changes_nothing_and_is_the_last(conversation, mei, bo, lin, ops):
    block = blocked(conversation, bo, lin)
    file_appeal(block, text="冤枉", by=mei)
    decide_appeal(block, upheld=False, answer="录音属实", by=ops)
    block.refresh_from_db()
    assert (block.appeal, block.is_running) == ("rejected", True)
    with refused("appeal.already"):
        file_appeal(block, text="还是冤枉", by=mei)
    with refused("appeal.not_filed"):
        decide_appeal(block, upheld=True, answer="又查了", by=ops)


def test_an_appeal_comes_in_time_from_the_member_alone(conversation, mei, chen, bo, lin):
    now = timezone.now()
    block = blocked(conversation, bo, lin, now=now)
    for who in (chen, bo, lin):
        with refused("forbidden"):
            file_appeal(block, text="冤枉", by=who)
    with refused("appeal.too_late"):
        file_appeal(block, text="冤枉", by=mei, now=now + 7 * DAY)
    end_expired(block.pk, now=now + DAY)
    file_appeal(block, text="冤枉", by=mei, now=now + 7 * DAY - timedelta(seconds=1))


def test_a_block_that_was_taken_back_makes_the_next_one_no_longer(mei, team, bo, lin, ops):
    block = blocked(answered(mei.member, team, bo), bo, lin)
    file_appeal(block, text="冤枉", by=mei)
    end_expired(block.pk, now=block.until)
    decide_appeal(block, upheld=True, answer="属实", by=ops)
    again = blocked(answered(mei.member, team, bo), bo, lin, now=timezone.now() + timedelta(days=2))
    assert again.until - again.since == DAY


def test_nobody_decides_their_own_appeal_under_whatever_account(conversation, mei, bo, lin, ops):
    """Ops is Mei at home, as has turned out since."""
    block = blocked(conversation, bo, lin)
    file_appeal(block, text="冤枉", by=mei)
    other = person("o2", "霜降", Role.OPERATIONS)
    merge_identities(mei.member, ops, by=other, reason="同一个人")
    with refused("conflict.own_case"):
        decide_appeal(block, upheld=True, answer="查过了", by=ops)
    decide_appeal(block, upheld=False, answer="属实", by=other)


def test_who_is_told_of_an_appeal_may_decide_it(conversation, mei, bo, ops, lin):
    confirmer = person("o2", "霜降", Role.OPERATIONS)
    at_home = person("o3", "小满", Role.OPERATIONS)
    merge_identities(mei.member, at_home, by=ops, reason="同一个人")
    file_appeal(blocked(conversation, bo, confirmer), text="冤枉", by=mei)
    told = Notification.objects.filter(title="有会员对联系限制提出申诉")
    assert [one.person for one in told] == [ops]


@pytest.mark.parametrize("verb", ["file", "decide"])
def test_the_moment_of_an_appeal_is_read_after_the_wait(
    verb, conversation, mei, bo, lin, ops, monkeypatch
):
    """Who waited an hour for the rows appeals, or answers, an hour later."""
    begun = timezone.now()
    block = blocked(conversation, bo, lin, now=begun)
    if verb == "decide":
        file_appeal(block, text="冤枉", by=mei, now=begun)
    with time_machine.travel(begun, tick=False) as clock:

        def slow(one):
            clock.move_to(begun + timedelta(hours=1))
            return hold_block(one)

        monkeypatch.setattr("tickets.actions.appeals.hold_block", slow)
        if verb == "file":
            at = file_appeal(block, text="冤枉", by=mei).appealed_at
        else:
            at = decide_appeal(block, upheld=False, answer="属实", by=ops).appeal_decided_at
    assert at == begun + timedelta(hours=1)
