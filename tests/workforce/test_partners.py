"""Service partners: their people see the queues of their partner, and nothing beside them."""

import pytest

from accounts.actions import set_roles
from accounts.models import Member, Role
from common.errors import DomainError, Forbidden
from common.ids import public_key
from common.topics import resolve
from radio.actions import submit_case
from radio.models import Case
from tests.conftest import at_the_desk, person
from tests.tickets.casts import answered, waiting
from tickets.actions.ownership import (
    accept_conversation,
    accept_next,
    transfer_conversation,
)
from tickets.models import Conversation, State
from tickets.tasks import return_conversations
from trade.models import Order, Product
from workforce.actions import (
    add_partner,
    close_partner,
    give_team,
    join_partner,
    join_team,
    leave_partner,
    leave_team,
)
from workforce.models import Partner, PartnerStaff, Team, TeamMembership

pytestmark = pytest.mark.django_db


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code


@pytest.fixture
def partner(ops) -> Partner:
    return add_partner("helpers", "好帮手服务", by=ops)


@pytest.fixture
def helpers(partner, ops, db) -> Team:
    """A team of the partner."""
    team = Team.objects.create(code="helpers", name="好帮手一组")
    return give_team(team, partner, by=ops, reason="入驻")


@pytest.fixture
def pat(helpers, partner, ops):
    """Pat answers for the partner."""
    user = person("pat", "派特", Role.PARTNER_AGENT)
    join_partner(partner, user, by=ops, reason="入驻")
    at_the_desk(user, helpers)
    return user


@pytest.fixture
def talk(helpers, mei, order) -> Conversation:
    """Mei waits in the partner's queue, with an order."""
    conversation = waiting(mei.member, helpers)
    Conversation.objects.filter(pk=conversation.pk).update(order=order)
    return conversation


def seen_by(user) -> set:
    return set(Conversation.objects.visible_to(user).values_list("pk", flat=True))


# --- Who may be where -----------------------------------------------------------------------------


def test_a_partners_agent_has_no_role_of_the_house(pat, ops):
    for role in (Role.AGENT, Role.LEAD, Role.OPERATIONS, Role.EXECUTIVE):
        refused("role.partner_only", set_roles, pat, [Role.PARTNER_AGENT, role], by=ops, reason="x")
    both = [Role.MEMBER, Role.MERCHANT_STAFF, Role.PARTNER_AGENT]
    assert set(set_roles(pat, both, by=ops, reason="也买东西").roles) == set(both)


def test_they_have_no_right_to_reveal_search_or_read_the_radio(pat):
    for right in ("personal_data.reveal", "customers.look_up", "radio.read", "tickets.see_all"):
        assert not pat.can(right)


def test_they_work_in_teams_of_their_partner_alone(pat, team, partner, ops):
    refused("team.other_partner", join_team, team, pat, by=ops)
    rivals = add_partner("rivals", "另一家", by=ops)
    theirs = give_team(
        Team.objects.create(code="rivals", name="另一组"), rivals, by=ops, reason="入驻"
    )
    refused("team.other_partner", join_team, theirs, pat, by=ops)
    refused("team.has_partner_people", give_team, Team.objects.get(code="helpers"), rivals,
            by=ops, reason="x")  # fmt: skip


def test_who_belongs_to_nobody_joins_no_team(team, helpers, ops):
    stray = person("stray", "散客服", Role.PARTNER_AGENT)
    for one in (team, helpers):
        refused("team.other_partner", join_team, one, stray, by=ops)


def test_changing_the_partner_leaves_the_old_teams(pat, helpers, ops):
    rivals = add_partner("rivals", "另一家", by=ops)
    join_partner(rivals, pat, by=ops, reason="跳槽")
    assert PartnerStaff.objects.get(user=pat).partner == rivals
    assert not TeamMembership.objects.filter(user=pat).exists()


def test_the_team_that_takes_the_rest_stays_ours(team, partner, ops):
    refused("team.is_default", give_team, team, partner, by=ops, reason="x")


def test_refusals(partner, helpers, bo, pat, ops):
    refused("partner.not_partner_agent", join_partner, partner, bo, by=ops, reason="x")
    refused("partner.code_taken", add_partner, "helpers", "又一家", by=ops)
    refused("partner.has_teams", close_partner, partner, by=ops, reason="x")
    refused("person.no_reason", leave_partner, pat, by=ops, reason=" ")
    for who in (bo, pat):
        with pytest.raises(Forbidden):
            join_partner(partner, pat, by=who, reason="x")
        with pytest.raises(Forbidden):
            give_team(helpers, None, by=who, reason="x")


# --- What they see --------------------------------------------------------------------------------


def test_they_see_their_partners_queue_and_nothing_else(pat, talk, mei, chen, team, bo):
    ours = answered(chen.member, team, bo)
    assert seen_by(pat) == {talk.pk}
    assert ours.pk not in seen_by(pat)
    assert not Member.objects.visible_to(pat).exists()
    assert not Order.objects.visible_to(pat).exists()
    assert Product.objects.visible_to(pat).query.where  # the shelf alone, as everybody


def test_another_team_of_the_partner_is_not_theirs_unless_they_are_in_it(pat, partner, mei, ops):
    second = give_team(
        Team.objects.create(code="helpers2", name="好帮手二组"), partner, by=ops, reason="扩组"
    )
    other = waiting(mei.member, second)
    assert other.pk not in seen_by(pat)
    join_team(second, pat, by=ops)
    assert other.pk in seen_by(pat)


def test_what_goes_back_to_us_is_no_longer_seen_by_whoever_had_it_first(pat, talk, team):
    accept_conversation(talk, by=pat)
    transfer_conversation(talk, team=team, note="要退款", by=pat)
    assert talk.pk not in seen_by(pat)
    assert Conversation.objects.get(pk=talk.pk).first_owner == pat


def test_a_team_that_is_taken_back_is_not_seen_any_more(pat, talk, helpers, ops):
    TeamMembership.objects.filter(user=pat).exists()
    Team.objects.filter(pk=helpers.pk).update(partner=None)
    assert seen_by(pat) == set()
    assert resolve(pat, "team:helpers") is None
    assert accept_next(by=pat) is None


def test_a_closed_partner_sees_nothing(pat, talk, partner):
    Partner.objects.update(is_active=False)
    assert seen_by(pat) == set()
    assert resolve(pat, f"conversation:{public_key('cnv', talk.pk)}") is None


def test_they_hear_their_team_and_no_other(pat, talk, team):
    assert resolve(pat, "team:helpers") == "team.helpers"
    assert resolve(pat, "team:fresh") is None
    assert resolve(pat, "radio") is None


def test_the_desk_shows_the_talk_masked_with_its_one_order(pat, talk, order, mei, team, browser_of):
    accept_conversation(talk, by=pat)
    browser = browser_of(pat)
    panel = browser.get(f"/api/v1/conversations/{public_key('cnv', talk.pk)}/panel/").json()
    assert [row["order_no"] for row in panel["orders"]] == [order.order_no]
    assert panel["member"]["can_reveal"] is False
    assert "周小宁" not in str(panel)
    assert "13800002071" not in str(panel)
    desk = browser.get("/api/v1/desk/").json()
    assert [team["code"] for team in desk["other_teams"]] == ["fresh"]


def test_the_people_of_our_teams_are_not_named_to_them(pat, talk, bo, browser_of):
    browser = browser_of(pat)
    assert browser.get("/api/v1/teams/fresh/").json()["people"] == []
    assert [one["name"] for one in browser.get("/api/v1/teams/helpers/").json()["people"]] == [
        "派特"
    ]


# --- Handing on -----------------------------------------------------------------------------------


def test_they_hand_on_within_their_teams_or_back_to_us(pat, talk, team, other_team, bo):
    accept_conversation(talk, by=pat)
    refused("transfer.out_of_reach", transfer_conversation, talk, team=other_team, note="x", by=pat)
    refused("transfer.out_of_reach", transfer_conversation, talk, person=bo, note="x", by=pat)
    moved = transfer_conversation(talk, team=team, note="要退款", by=pat)
    assert (moved.team, moved.state) == (team, State.WAITING)


def test_a_foreign_team_or_person_is_answered_like_none(pat, talk, other_team, bo, browser_of):
    accept_conversation(talk, by=pat)
    browser, url = browser_of(pat), f"/api/v1/conversations/{public_key('cnv', talk.pk)}/transfers/"
    for target in (
        {"team": "jewelry"},
        {"team": "nowhere"},
        {"person": bo.public_key},
    ):
        sent = {"note": "x"} | target
        assert browser.post(url, sent, content_type="application/json").status_code == 404


# --- Leaving --------------------------------------------------------------------------------------


def test_who_leaves_gives_back_what_they_answer(pat, talk, helpers, ops):
    accept_conversation(talk, by=pat)
    assert return_conversations(pat.pk) == 0
    leave_partner(pat, by=ops, reason="离职")
    assert return_conversations(pat.pk) == 1
    talk.refresh_from_db()
    assert (talk.state, talk.owner, talk.team) == (State.WAITING, None, helpers)
    assert not leave_partner(pat, by=ops, reason="离职")


# --- The radio ------------------------------------------------------------------------------------


def test_they_push_a_case_and_learn_what_became_of_it_and_of_no_other(pat, talk, bo, chen, team):
    ours, _new = submit_case(answered(chen.member, team, bo), reason="坏果", by=bo)
    accept_conversation(talk, by=pat)
    case, _new = submit_case(talk, reason="该听听", by=pat)
    assert list(Case.objects.visible_to(pat)) == [case]
    assert ours not in Case.objects.visible_to(pat)


def asked_to_return(monkeypatch) -> list:
    asked = []
    monkeypatch.setattr("tickets.receivers.async_task", lambda name, pk: asked.append((name, pk)))
    return asked


RETURN = "tickets.tasks.return_conversations"


def test_who_leaves_a_team_of_a_partner_gives_back_what_they_answer_there(
    pat, talk, helpers, ops, monkeypatch
):
    asked = asked_to_return(monkeypatch)
    accept_conversation(talk, by=pat)
    leave_team(helpers, pat, by=ops)
    assert asked == [(RETURN, pat.pk)]
    assert return_conversations(pat.pk) == 1
    talk.refresh_from_db()
    assert (talk.state, talk.owner) == (State.WAITING, None)


def test_our_own_people_go_on_with_what_they_answer_in_a_team_they_left(
    mei, team, bo, ops, monkeypatch
):
    asked = asked_to_return(monkeypatch)
    ours = answered(mei.member, team, bo)
    leave_team(team, bo, by=ops)
    assert asked == []
    assert return_conversations(bo.pk) == 0
    ours.refresh_from_db()
    assert ours.owner == bo


def test_who_joins_a_partner_gives_back_what_they_answered_for_us(
    mei, team, bo, partner, ops, monkeypatch
):
    ours = answered(mei.member, team, bo)
    bo = set_roles(bo, [Role.PARTNER_AGENT], by=ops, reason="转到服务商")
    asked = asked_to_return(monkeypatch)
    join_partner(partner, bo, by=ops, reason="入驻")
    assert asked == [(RETURN, bo.pk)]
    bo.refresh_from_db()
    assert return_conversations(bo.pk) == 1
    ours.refresh_from_db()
    assert (ours.state, ours.owner, ours.team) == (State.WAITING, None, team)
