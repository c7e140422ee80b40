"""Who judges harassment, on which words, and who goes on in writing: never oneself, never the marker."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actions import merge_identities
from accounts.models import Notification, Role
from common.errors import DomainError
from tests.conftest import at_the_desk, person
from tests.tickets.blocks import blocked, marked, said
from tests.tickets.casts import answered
from tickets.actions import harassment
from tickets.actions.blocks import confirm_case, lift_block
from tickets.actions.conversations import reopen_conversation
from tickets.actions.harassment import dismiss_case, mark_harassment, take_rest
from tickets.actions.limits import may_keep
from tickets.actions.ownership import transfer_conversation
from tickets.models import ContactBlock, Conversation, HarassmentCase, State
from tickets.queries.desk import panel
from tickets.queries.harassment import case_card
from workforce.actions import add_partner, give_team, join_partner
from workforce.models import Team

pytestmark = pytest.mark.django_db


def refused(code):
    return pytest.raises(DomainError, match=f"^{code}:")


def told_of_it() -> list[str]:
    told = Notification.objects.filter(kind="harassment.case").order_by("pk")
    return [one.person.username for one in told.select_related("person")]


@pytest.fixture
def helpers(ops) -> Team:
    """A team of a service partner."""
    partner = add_partner("helpers", "好帮手服务", by=ops)
    made = Team.objects.create(code="helpers", name="好帮手一组")
    return give_team(made, partner, by=ops, reason="入驻")


@pytest.fixture
def pat(helpers, ops):
    """Pat answers for the partner."""
    user = person("pat", "派特", Role.PARTNER_AGENT)
    join_partner(helpers.partner, user, by=ops, reason="入驻")
    return at_the_desk(user, helpers)


# --- Who is told, and decides ---------------------------------------------------------------------


def test_who_leads_by_role_hears_of_the_worst(conversation, bo, lin, sen, ops):
    conversation.team.memberships.filter(user=sen).update(is_lead=True)  # stands in for Lin
    marked(conversation, bo)
    assert told_of_it() == ["lin"]


def test_when_the_lead_marked_it_operations_hear_of_it(mei, team, lin, bo, ops):
    marked(answered(mei.member, team, lin), lin)
    assert told_of_it() == ["ops"]
    (told,) = Notification.objects.filter(kind="harassment.case")
    assert "/admin/tickets/harassmentcase/" in told.url


def test_a_second_lead_hears_of_what_the_first_one_marked(mei, team, lin, ops):
    second = at_the_desk(person("lu", "卢桥", Role.LEAD), team)
    marked(answered(mei.member, team, lin), lin)
    assert told_of_it() == [second.username]


def test_a_lead_who_is_the_member_hears_nothing_and_decides_nothing(
    conversation, mei, bo, lin, ops
):
    merge_identities(mei.member, lin, by=ops, reason="同一个人")
    case = marked(conversation, bo)
    assert told_of_it() == ["ops"]
    for decide in (
        lambda: confirm_case(case, has_request=False, reason="属实", by=lin),
        lambda: dismiss_case(case, reason="不属实", by=lin),
    ):
        with refused("conflict.own_case"):
            decide()
    assert not HarassmentCase.objects.visible_to(lin).exists()
    block = confirm_case(case, has_request=False, reason="属实", by=ops)
    with refused("conflict.own_case"):
        lift_block(block, reason="算了", by=lin)
    assert not ContactBlock.objects.visible_to(lin).exists()
    assert ContactBlock.objects.visible_to(mei).get() == block


def test_an_agent_marks_nothing_of_their_own(mei, team, bo, ops):
    talk = answered(mei.member, team, bo)
    seq = said(talk, mei)
    merge_identities(mei.member, bo, by=ops, reason="同一个人")
    with refused("conflict.own_case"):
        mark_harassment(talk, grade=1, ground="insult", reason="骂", quotes=[seq], by=bo)


# --- On which words -------------------------------------------------------------------------------


def insulted(talk, by, grade, quotes):
    return mark_harassment(
        talk, grade=grade, ground="insult", reason="骂人", quotes=quotes, by=by
    ).case


def test_what_follows_a_warning_quotes_what_was_said_after_it(conversation, mei, bo):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = said(conversation, mei)
        clock.shift(timedelta(seconds=1))
        insulted(conversation, bo, 1, [first])
        for grade in (2, 3):
            same_moment = said(conversation, mei)
            for early in ([first], [same_moment], [first, same_moment]):
                with refused("harassment.old_quote"):
                    insulted(conversation, bo, grade, early)
            clock.shift(timedelta(seconds=1))
            later = said(conversation, mei)
            with refused("harassment.old_quote"):
                insulted(conversation, bo, grade, [first, later])
            insulted(conversation, bo, grade, [later])


def test_a_threat_is_a_threat_whenever_it_was_said(conversation, mei, bo):
    threat = said(conversation, mei)
    insulted(conversation, bo, 1, [threat])
    case = mark_harassment(
        conversation, grade=3, ground="threat", reason="威胁", quotes=[threat], by=bo
    ).case
    assert case.waits_for_confirmation


@pytest.mark.parametrize("verb", ["confirm", "dismiss", "rest"])
def test_the_clock_is_read_after_the_wait(verb, conversation, bo, lin, monkeypatch):
    """Who waited for the rows an hour decides an hour later."""
    begun = timezone.now()
    case = (
        blocked(conversation, bo, lin, now=begun).case
        if verb == "rest"
        else marked(conversation, bo)
    )
    with time_machine.travel(begun, tick=False) as clock:

        def slow(*args, **kwargs):
            clock.move_to(begun + timedelta(hours=1))
            return held(*args, **kwargs)

        if verb == "rest":
            held = HarassmentCase.objects.select_for_update
            monkeypatch.setattr(HarassmentCase.objects, "select_for_update", slow)
            at = take_rest(case, by=bo).rest_taken_at
        elif verb == "dismiss":
            held = harassment.locked
            monkeypatch.setattr("tickets.actions.harassment.locked", slow)
            at = dismiss_case(case, reason="不是", by=lin).decided_at
        else:
            held = harassment.locked
            monkeypatch.setattr("tickets.actions.blocks.locked", slow)
            at = confirm_case(case, has_request=False, reason="属实", by=lin).since
    assert at == begun + timedelta(hours=1)


# --- Who goes on in writing -----------------------------------------------------------------------


def test_who_may_keep_a_limited_member(mei, bo, lin, ops, chen, pat):
    merge_identities(mei.member, lin, by=ops, reason="同一个人")
    may = {one.username: may_keep(one, mei.member.pk) for one in (bo, lin, ops, chen, pat)}
    assert may == {"bo": True, "lin": False, "ops": False, "chen": False, "pat": False}


@pytest.mark.parametrize("owner", ["pat", "sen"])
def test_no_partner_nor_the_member_is_chosen_to_go_on(
    owner, conversation, mei, bo, lin, sen, ops, pat, request
):
    merge_identities(mei.member, sen, by=ops, reason="同一个人")
    case = marked(conversation, bo)
    chosen = request.getfixturevalue(owner)
    with refused("harassment.no_owner"):
        confirm_case(case, has_request=True, reason="属实", owner=chosen, by=lin)
    confirm_case(case, has_request=True, reason="属实", owner=bo, by=lin)
    conversation.refresh_from_db()
    assert conversation.owner == bo


def test_a_limited_talk_is_handed_to_no_partner(conversation, bo, lin, pat):
    blocked(conversation, bo, lin, has_request=True)
    with refused("transfer.not_free"):
        transfer_conversation(conversation, note="请接", by=lin, person=pat)


@pytest.mark.parametrize("who", ["bo", "lin", "ops"])
def test_what_is_taken_up_again_goes_to_the_restricted_team(
    who, conversation, mei, team, bo, lin, ops, request
):
    done = answered(mei.member, team, bo, state=State.RESOLVED, resolved_at=timezone.now())
    blocked(conversation, bo, lin)
    by = request.getfixturevalue(who)
    back = reopen_conversation(done, reason="还没完", by=by)
    mine = ("open", by) if who != "ops" else ("waiting", None)
    assert (back.team.code, back.state, back.owner) == ("written", *mine)
    assert not Conversation.objects.filter(team=team, state=State.WAITING).exists()


def test_nobody_takes_up_again_what_they_asked_themselves(mei, team, bo, lin, ops):
    done = answered(mei.member, team, bo, state=State.RESOLVED, resolved_at=timezone.now())
    merge_identities(mei.member, lin, by=ops, reason="同一个人")
    with refused("conflict.own_case"):
        reopen_conversation(done, reason="还没完", by=lin)


def test_a_partner_reads_neither_why_the_tier_nor_who_decided(mei, helpers, pat, lin):
    talk = answered(mei.member, helpers, pat)
    case = mark_harassment(
        talk, grade=1, ground="insult", reason="骂", quotes=[said(talk, mei)], by=pat
    ).case
    helpers.memberships.create(user=lin)
    dismiss_case(case, reason="只是急", by=lin)
    shown = panel(talk, pat, timezone.now())
    assert shown["member"]["tier_why"] == ""
    (card,) = shown["harassment"]
    assert (card["state"], card["decided_by"]) == ("dismissed", None)
    assert case_card(case, lin)["decided_by"]["name"] == "陆遥"
