"""Harassment: marked, warned, confirmed by a second person, limited for a time, appealed, over."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Notification, Role, ScoreEntry
from common.deadlines import sweep
from common.errors import DomainError
from common.history import history_of
from common.models import Deadline
from tests.conftest import person
from tests.tickets.blocks import blocked, marked, said
from tests.tickets.casts import answered, waiting
from tickets.actions.blocks import confirm_case, end_expired, lift_block
from tickets.actions.harassment import dismiss_case, mark_harassment, take_rest
from tickets.models import ContactBlock, HarassmentCase, Message
from workforce.models import AgentStatus, Presence

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def refused(code):
    return pytest.raises(DomainError, match=f"^{code}:")


def lines_of(subject):
    return [event.action for event in history_of(subject)][::-1]


def house_says(talk):
    return list(
        Message.objects.filter(conversation=talk, author_kind="system")
        .order_by("seq")
        .values_list("body", flat=True)
    )


def mark(talk, by, grade, ground="insult", *, now=None, quotes=None):
    seq = said(talk, talk.member.user, "骂人的话")
    return mark_harassment(
        talk, grade=grade, ground=ground, reason="骂人", by=by, now=now,
        quotes=[seq] if quotes is None else quotes,
    ).case  # fmt: skip


def test_anger_is_a_note_and_nobody_is_warned(conversation, bo):
    case = mark(conversation, bo, 0, "angry", quotes=[])
    assert (case.state, case.quoted_seqs) == ("marked", [])
    assert house_says(conversation) == []
    assert lines_of(case) == ["harassment.marked"]


def test_the_first_warning_is_said_to_the_member(conversation, bo, lin):
    mark(conversation, bo, 1)
    (words,) = house_says(conversation)
    assert "第一次提醒" in words
    assert not Notification.objects.filter(person=lin).exists()


def test_the_second_warning_tells_the_lead(conversation, bo, lin, dora):
    mark(conversation, bo, 1)
    mark(conversation, bo, 2)
    assert "第二次提醒" in house_says(conversation)[-1]
    assert Notification.objects.filter(person=lin, kind="harassment.case").count() == 1
    assert not Notification.objects.filter(person__in=[dora, bo], kind="harassment.case").exists()


def test_the_grades_follow_one_another(conversation, bo):
    with refused("harassment.grade"):
        mark(conversation, bo, 2)
    with refused("harassment.grade"):
        mark(conversation, bo, 3)
    mark(conversation, bo, 1)
    with refused("harassment.grade") as refusal:
        mark(conversation, bo, 1)
    assert refusal.value.details["possible"] == [0, 2]
    mark(conversation, bo, 2)
    assert mark(conversation, bo, 3).waits_for_confirmation


def test_a_warning_counts_for_thirty_days(conversation, bo):
    now = timezone.now()
    mark(conversation, bo, 1, now=now - 30 * DAY)
    with refused("harassment.grade"):
        mark(conversation, bo, 2, now=now)
    mark(conversation, bo, 2, now=now - timedelta(seconds=1))


def test_a_dismissed_warning_counts_no_more_and_is_taken_back(conversation, bo, lin):
    case = mark(conversation, bo, 1)
    dismiss_case(case, reason="只是着急", by=lin)
    assert "收回" in house_says(conversation)[-1]
    with refused("harassment.grade"):
        mark(conversation, bo, 2)


def test_what_is_quoted_are_lines_of_the_member(conversation, bo):
    with refused("harassment.no_quote"):
        mark(conversation, bo, 1, quotes=[])
    with refused("harassment.bad_quote"):
        mark(conversation, bo, 1, quotes=[99])


@pytest.mark.parametrize("who", ["dora", "sen", "ops", "mei", "chen"])
def test_who_has_not_the_talk_does_not_mark(conversation, who, request):
    by = request.getfixturevalue(who)
    code = "not_owner" if who == "sen" else "forbidden"
    with refused(code):
        mark(conversation, by, 1)
    assert not HarassmentCase.objects.exists()


def test_marking_the_worst_again_returns_the_first(conversation, bo):
    first = marked(conversation, bo)
    again = mark_harassment(
        conversation, grade=3, ground="threat", reason="又来", quotes=first.quoted_seqs, by=bo
    )
    assert (again.case, again.made) == (first, False)


def test_nothing_follows_before_a_second_person_confirms(conversation, bo, lin):
    marked(conversation, bo)
    said(conversation, conversation.member.user, "还在说")
    assert not ContactBlock.objects.exists()
    assert Notification.objects.filter(person=lin, kind="harassment.case").count() == 1


@pytest.mark.parametrize("who", ["bo", "sen", "dora", "mei"])
def test_who_lacks_the_right_does_not_confirm(conversation, bo, who, request):
    case = marked(conversation, bo)
    with refused("forbidden"):
        confirm_case(case, has_request=False, reason="属实", by=request.getfixturevalue(who))


def test_a_lead_of_another_team_does_not_confirm(conversation, bo, other_team):
    foreign = person("lu", "卢桥", Role.LEAD)
    other_team.memberships.create(user=foreign, is_lead=True)
    with refused("forbidden"):
        confirm_case(marked(conversation, bo), has_request=False, reason="属实", by=foreign)


def test_who_marked_does_not_confirm(mei, team, lin):
    case = marked(answered(mei.member, team, lin), lin)
    with refused("harassment.same_person"):
        confirm_case(case, has_request=False, reason="属实", by=lin)
    with refused("harassment.same_person"):
        dismiss_case(case, reason="不属实", by=lin)


def test_confirming_limits_costs_credit_and_ends_contact(conversation, mei, bo, lin):
    block = blocked(conversation, bo, lin)
    assert block.until - block.since == DAY
    assert (block.text_only, block.slow_seconds, block.no_new) == (True, 30, True)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.queued_at) == ("closed", None)
    entry = ScoreEntry.objects.get(member=mei.member)
    assert (entry.score, entry.points, entry.cause) == ("credit", -50, "harassment")
    assert entry.cause_key == block.case.public_key
    block.case.refresh_from_db()
    assert (block.case.state, block.case.decided_by) == ("confirmed", lin)
    assert lines_of(block.case) == ["harassment.marked", "harassment.confirmed"]
    assert Notification.objects.filter(person=mei, kind="harassment.limits").count() == 1
    assert "书面" in house_says(conversation)[-1]


def test_a_real_request_inside_goes_on_in_writing_with_an_owner(conversation, bo, lin):
    blocked(conversation, bo, lin, has_request=True)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.owner) == ("open", lin)
    assert conversation.team.code == "written"
    assert conversation.is_limited(timezone.now())
    assert "conversation.set_apart" in lines_of(conversation)


def test_operations_choose_an_owner_or_the_restricted_team_has_one(conversation, bo, lin, ops):
    case = marked(conversation, bo)
    with refused("harassment.no_owner"):
        confirm_case(case, has_request=True, reason="属实", by=ops, owner=ops)
    confirm_case(case, has_request=True, reason="属实", by=ops)
    conversation.refresh_from_db()
    assert conversation.owner == lin  # who leads the default team leads the restricted one


def test_blocks_grow_from_a_day_to_a_week_to_ninety_days(mei, team, bo, lin):
    start, lengths = timezone.now() - 30 * DAY, []
    for turn in range(3):
        now = start + turn * 8 * DAY
        block = blocked(answered(mei.member, team, bo), bo, lin, now=now)
        end_expired(block.pk, now=block.until)
        lengths.append(block.until - block.since)
    assert lengths == [DAY, 7 * DAY, 90 * DAY]


def test_the_worst_is_confirmed_once(conversation, bo, lin, ops):
    case = marked(conversation, bo)
    confirm_case(case, has_request=False, reason="属实", by=lin)
    with refused("harassment.decided"):
        confirm_case(case, has_request=False, reason="属实", by=ops)
    with refused("harassment.decided"):
        dismiss_case(case, reason="不属实", by=ops)


def test_a_warning_is_never_confirmed(conversation, bo, lin):
    with refused("harassment.decided"):
        confirm_case(mark(conversation, bo, 1), has_request=False, reason="属实", by=lin)


def test_the_agent_takes_the_rest_that_is_offered(conversation, bo, lin, sen):
    case = blocked(conversation, bo, lin).case
    assert Notification.objects.filter(person=bo, kind="harassment.rest").count() == 1
    with refused("not_found"):
        take_rest(case, by=sen)
    take_rest(case, by=bo)
    assert AgentStatus.objects.get(user=bo).presence == Presence.BREAK
    AgentStatus.objects.filter(user=bo).update(presence=Presence.ONLINE)
    take_rest(case, by=bo)  # again changes nothing
    assert AgentStatus.objects.get(user=bo).presence == Presence.ONLINE


def test_the_rest_is_offered_for_a_day(conversation, bo, lin):
    now = timezone.now()
    case = blocked(conversation, bo, lin, now=now).case
    with refused("harassment.no_rest"):
        take_rest(case, by=bo, now=now + DAY)


def test_the_clock_ends_a_block_once(conversation, mei, bo, lin):
    other = waiting(mei.member, conversation.team)
    block = blocked(conversation, bo, lin)
    other.refresh_from_db()
    assert other.limited_until == block.until
    assert sweep(block.until - timedelta(seconds=1)).failed == 0
    assert end_expired(block.pk, now=block.until - timedelta(seconds=1)) is False
    assert sweep(block.until).failed == 0
    block.refresh_from_db()
    other.refresh_from_db()
    assert (block.ended_why, block.case.state, other.limited_until) == ("expired", "ended", None)
    assert lines_of(block.case).count("harassment.expired") == 1
    assert end_expired(block.pk, now=block.until) is False
    assert ScoreEntry.objects.filter(member=mei.member).count() == 1  # what was lost stays lost


def test_lifting_ends_it_early_and_the_timer_with_it(conversation, bo, lin, sen):
    block = blocked(conversation, bo, lin)
    with refused("forbidden"):
        lift_block(block, reason="够了", by=sen)
    lift_block(block, reason="已道歉", by=lin)
    block.refresh_from_db()
    assert (block.ended_why, block.ended_by, block.case.state) == ("lifted", lin, "ended")
    assert not Deadline.objects.filter(kind="harassment.block_end").exists()
    with refused("harassment.ended"):
        lift_block(block, reason="再来", by=lin)


def test_of_two_blocks_the_longer_one_stays(mei, team, bo, lin):
    first = blocked(answered(mei.member, team, bo), bo, lin)
    talk = answered(mei.member, team, lin, limited_until=None)
    second = blocked(talk, lin, person("o2", "白二", Role.OPERATIONS), has_request=True)
    end_expired(first.pk, now=first.until)
    talk.refresh_from_db()
    assert talk.limited_until == second.until


def at_once(*calls):
    """Run ``calls`` in threads of their own; return what each answered or the code it was refused with."""
    answers, start = [None] * len(calls), threading.Barrier(len(calls))

    def run(place, call):
        start.wait(10)
        try:
            answers[place] = call()
        except DomainError as error:
            answers[place] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_does(conversation, mei, bo, lin, ops):
    case = marked(conversation, bo)
    answers = at_once(
        lambda: confirm_case(case, has_request=False, reason="属实", by=lin).pk,
        lambda: confirm_case(case, has_request=True, reason="属实", by=ops).pk,
    )
    assert answers.count("harassment.decided") == 1
    assert ContactBlock.objects.count() == 1
    assert ScoreEntry.objects.filter(member=mei.member).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clocks_one_ends_it(conversation, bo, lin):
    block = blocked(conversation, bo, lin)
    answers = at_once(*[lambda: end_expired(block.pk, now=block.until)] * 2)
    assert sorted(answers) == [False, True]
    assert lines_of(block.case).count("harassment.expired") == 1


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_warn_at_once_give_one_first_warning(mei, team, bo, sen):
    talks = answered(mei.member, team, bo), answered(mei.member, team, sen)
    seqs = [said(talk, mei) for talk in talks]

    def warn(place, by):
        return mark_harassment(
            talks[place], grade=1, ground="insult", reason="骂人", quotes=[seqs[place]], by=by
        ).case.grade

    answers = at_once(lambda: warn(0, bo), lambda: warn(1, sen))
    assert sorted(map(str, answers)) == ["1", "harassment.grade"]
