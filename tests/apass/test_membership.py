"""The life of a membership under frozen clocks: every move, its clock, its title, its history."""

from datetime import timedelta

import pytest

from accounts.actions import post_entry, reverse_entry
from accounts.models import (
    Cause,
    Guide,
    Member,
    MemberStanding,
    Notification,
    Score,
    Tier,
    TierTitle,
)
from apass.actions import (
    accept_invitation,
    advance,
    approve,
    assign_manager,
    decline_invitation,
    invite,
    let_lapse,
    look_for_candidates,
    propose,
    reject,
    renew,
)
from apass.actions.moves import DUE
from apass.clock import look_if_due, move_on
from apass.membership import rules
from apass.membership.queries import told_membership, who_looks_after, why_not
from apass.models import CandidateRun, ManagerAssignment, Membership
from common.deadlines import sweep
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import Deadline
from common.parameters import forget, set_value
from tests.apass.casts import NOW, WHY, candidate, give_figures, invited
from tests.conftest import person

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def clock_of(membership):
    return Deadline.objects.filter(
        kind=DUE, subject_id=str(membership.pk), done_at=None
    ).values_list("due_at", flat=True).first()  # fmt: skip


def actions_of(membership):
    """Return what was done; lines of one moment stand in any order."""
    return {line.action for line in history_of(membership)}


def refusal(verb, *args, **kwargs) -> str:
    with pytest.raises(DomainError) as refused:
        verb(*args, **kwargs)
    return refused.value.code


# --- The list ---------------------------------------------------------------------------------------


def test_who_meets_every_check_becomes_a_candidate_with_the_figures(mei, chen):
    give_figures(mei)
    give_figures(chen, value=2499)
    run = look_for_candidates(NOW)
    found = Membership.objects.get()
    assert (found.member, found.state) == (mei.member, "candidate")
    assert found.figures == {
        "value": 2600, "credit": 760, "spent": "120000.00", "real_name": True, "honest": True,
    }  # fmt: skip
    assert (run.found, run.dropped, run.looked_at) == (1, 0, 2)
    assert clock_of(found) == found.due_at == NOW + 90 * DAY
    assert actions_of(found) == {"membership.found"}


def test_looking_twice_finds_nobody_twice(mei):
    candidate(mei)
    assert look_for_candidates(NOW + SECOND).found == 0
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(
    "but", [{"value": 2499}, {"credit": 749}, {"spent": "99999.99"}, {"real_name": False}]
)
def test_who_misses_one_thing_is_not_on_the_list_and_operations_see_which(mei, but):
    give_figures(mei, **but)
    assert look_for_candidates(NOW).found == 0
    (name,) = but
    assert [check.name for check in why_not(mei.member, NOW) if not check.met] == [name]


def flag(mei, cause=Cause.RECOUP_OVERDUE, at=NOW):
    entry = post_entry(
        mei.member, Score.CREDIT, -100, cause, "case 1", by=None, reason="逾期", now=at
    )
    give_figures(mei)
    return entry


def test_a_flag_of_fraud_keeps_off_the_list_for_a_year(mei):
    flag(mei, at=NOW)
    assert look_for_candidates(NOW + 364 * DAY).found == 0
    assert look_for_candidates(NOW + 365 * DAY).found == 1


def test_a_flag_that_was_taken_back_is_none(mei):
    reverse_entry(flag(mei), by=None, reason="申诉成立", now=NOW)
    give_figures(mei)
    assert look_for_candidates(NOW + SECOND).found == 1


def test_other_bad_entries_are_no_flag(mei):
    flag(mei, cause=Cause.MALICIOUS_REVIEW)
    assert look_for_candidates(NOW + SECOND).found == 1


def test_a_second_account_of_one_person_is_a_flag(mei, chen):
    give_figures(mei)
    Guide.objects.create(
        member=mei.member,
        began_at=NOW,
        ends_at=NOW + DAY,
        doubled_with=chen.member,
        doubled_by="device",
    )
    assert look_for_candidates(NOW).found == 0
    assert [c.name for c in why_not(mei.member, NOW) if not c.met] == ["honest"]


def test_a_candidate_who_qualifies_no_more_drops_out_at_the_next_look(mei):
    membership = candidate(mei)
    give_figures(mei, credit=700)
    assert look_for_candidates(NOW + DAY).dropped == 1
    membership.refresh_from_db()
    assert (membership.state, membership.due_at, clock_of(membership)) == ("dropped", None, None)
    give_figures(mei)
    assert look_for_candidates(NOW + 2 * DAY).found == 1


def test_an_approved_one_stays_whatever_the_list_says(mei):
    membership = approve(candidate(mei), by=None, reason=WHY, now=NOW)
    give_figures(mei, value=0)
    assert look_for_candidates(NOW + DAY).dropped == 0
    membership.refresh_from_db()
    assert membership.state == "approved"


def test_after_a_no_the_list_waits_half_a_year(mei):
    reject(candidate(mei), by=None, reason=WHY, now=NOW)
    assert look_for_candidates(NOW + 180 * DAY - SECOND).found == 0
    assert look_for_candidates(NOW + 180 * DAY).found == 1


def test_the_clock_looks_once_a_day_after_its_hour(mei):
    give_figures(mei)
    early = NOW.replace(hour=19, minute=29)  # 3:29 in Shanghai
    assert look_if_due(early) is None
    assert look_if_due(early + timedelta(minutes=1)).found == 1
    assert look_if_due(early + timedelta(hours=2)) is None
    assert CandidateRun.objects.count() == 1


def test_who_is_hidden_or_nameless_is_not_found(mei):
    give_figures(mei)
    Member.objects.filter(pk=mei.member.pk).update(hidden_at=NOW)
    assert look_for_candidates(NOW).found == 0


# --- Approval and invitation ------------------------------------------------------------------------


def test_who_proposed_does_not_approve(mei, ops):
    give_figures(mei, value=100)
    membership = propose(mei.member, by=ops, reason="老客推荐", now=NOW)
    assert refusal(approve, membership, by=ops, reason=WHY, now=NOW) == "apass.own_proposal"
    other = person("ops2", "同事", "operations")
    assert approve(membership, by=other, reason=WHY, now=NOW).approved_by == other


def test_a_proposal_is_not_dropped_by_the_list_but_by_its_own_clock(mei, ops):
    give_figures(mei, value=100)
    membership = propose(mei.member, by=ops, reason="老客推荐", now=NOW)
    look_for_candidates(NOW + DAY)
    assert advance(membership, now=NOW + 90 * DAY - SECOND).state == "candidate"
    assert advance(membership, now=NOW + 90 * DAY).state == "dropped"


def test_nobody_without_a_real_name_is_proposed_and_nobody_twice(mei, ops):
    give_figures(mei, real_name=False)
    assert refusal(propose, mei.member, by=ops, reason=WHY, now=NOW) == "apass.not_fit"
    give_figures(mei)
    propose(mei.member, by=ops, reason=WHY, now=NOW)
    assert refusal(propose, mei.member, by=ops, reason=WHY, now=NOW) == "apass.already_open"


def test_a_candidate_who_has_slipped_is_not_approved(mei):
    membership = candidate(mei)
    give_figures(mei, spent="99999.00")
    assert refusal(approve, membership, by=None, reason=WHY, now=NOW) == "apass.not_fit"


@pytest.mark.parametrize("verb", [approve, reject, invite, renew, let_lapse])
@pytest.mark.parametrize("who", ["mei", "bo", "lin", "wen"])
def test_operations_alone_move_memberships(verb, who, mei, request):
    by = request.getfixturevalue(who)
    with pytest.raises(Forbidden):
        verb(candidate(mei), by=by, reason=WHY)


@pytest.mark.parametrize("verb", [approve, reject, renew, let_lapse])
def test_every_decision_says_why(verb, mei, ops):
    assert refusal(verb, candidate(mei), by=ops, reason=" ") == "apass.no_reason"


def test_an_approval_nobody_follows_up_drops_out(mei):
    membership = approve(candidate(mei), by=None, reason=WHY, now=NOW)
    assert clock_of(membership) == NOW + 30 * DAY
    assert advance(membership, now=NOW + 30 * DAY).state == "dropped"


def test_an_invitation_is_told_and_expires_after_thirty_days(mei):
    membership = invited(mei)
    ends = rules.end_of_day(NOW, 30)
    assert membership.due_at == clock_of(membership) == ends
    told = Notification.objects.get(person=mei)
    assert (told.kind, told.url) == ("apass.membership", "/me/apass/")
    assert advance(membership, now=ends - SECOND).state == "invited"
    assert advance(membership, now=ends).state == "expired"
    assert refusal(accept_invitation, membership, by=mei, now=ends) == "apass.code_expired"


def test_an_invitation_is_not_accepted_after_its_end_even_before_the_clock_comes(mei):
    membership = invited(mei)
    assert (
        refusal(accept_invitation, membership, by=mei, now=membership.due_at)
        == "apass.code_expired"
    )


def test_a_changed_parameter_leaves_what_was_promised(mei, ops):
    membership = invited(mei)
    before = membership.due_at
    set_value("apass.invitation_valid", DAY, by=ops, reason="试")
    forget()
    membership.refresh_from_db()
    assert membership.due_at == before


def test_declining_ends_it_and_the_list_waits(mei):
    membership = decline_invitation(invited(mei), by=mei, now=NOW)
    assert (membership.state, clock_of(membership)) == ("declined", None)
    assert decline_invitation(membership, by=mei, now=NOW).state == "declined"
    assert look_for_candidates(NOW + DAY).found == 0


@pytest.mark.parametrize("verb", [accept_invitation, decline_invitation])
def test_nobody_answers_for_somebody_else(verb, mei, chen, ops, bo):
    membership = invited(mei)
    for by in (chen, ops, bo):
        with pytest.raises(Forbidden):
            verb(membership, by=by, now=NOW)


# --- Terms ------------------------------------------------------------------------------------------


def active(mei, now=NOW):
    return accept_invitation(invited(mei, now=now), by=mei, now=now)


def test_accepting_begins_a_term_gives_the_title_and_the_tier_follows_at_once(mei):
    membership = active(mei)
    ends = rules.end_of_day(NOW, 365)
    assert (membership.state, membership.term, membership.term_ends_at) == ("active", 1, ends)
    assert clock_of(membership) == ends - 30 * DAY
    title = TierTitle.objects.get()
    assert (title.since, title.until, title.source_key) == (
        NOW,
        ends,
        f"membership:{membership.pk}:1",
    )
    mei.member.refresh_from_db()
    assert mei.member.tier == Tier.APASS
    assert refusal(accept_invitation, membership, by=mei, now=NOW) == "apass.already"


def test_who_still_qualifies_is_renewed_by_the_clock_when_the_review_begins(mei):
    membership = active(mei)
    give_figures(mei)
    first_end = membership.term_ends_at
    begins = first_end - 30 * DAY
    assert advance(membership, now=begins - SECOND).term == 1
    membership = advance(membership, now=begins)
    assert (membership.state, membership.term) == ("active", 2)
    assert membership.term_began_at == first_end
    assert membership.term_ends_at == first_end + 365 * DAY
    assert actions_of(membership) >= {"membership.review_began", "membership.renewed"}
    first, second = TierTitle.objects.order_by("since")
    assert (first.until, second.since, second.until) == (
        first_end, first_end, membership.term_ends_at,
    )  # fmt: skip


def in_review(mei):
    membership = active(mei)
    give_figures(mei, spent="10.00")
    return advance(membership, now=membership.due_at)


def test_who_does_not_qualify_stays_in_review_until_somebody_decides(mei, ops):
    membership = in_review(mei)
    assert (membership.state, clock_of(membership)) == ("review", membership.term_ends_at)
    assert membership.figures["spent"] == "10.00"
    last = membership.term_ends_at - SECOND
    renewed = renew(membership, by=ops, reason="今年住院了", now=last)
    assert (renewed.state, renewed.term) == ("active", 2)
    assert history_of(renewed).first().reason == "今年住院了"


def test_without_a_decision_it_lapses_at_the_end_and_the_tier_falls_at_the_next_recompute(mei):
    membership = in_review(mei)
    ends = membership.term_ends_at
    assert advance(membership, now=ends - SECOND).state == "review"
    membership = advance(membership, now=ends)
    assert (membership.state, membership.due_at, membership.ended_at) == ("lapsed", None, ends)
    mei.member.refresh_from_db()
    assert mei.member.tier == Tier.APASS
    assert TierTitle.objects.get().until == ends
    told = Notification.objects.filter(person=mei).order_by("pk")
    assert told.count() == 4  # invited, active, review, lapsed


def test_who_qualifies_again_by_the_end_is_renewed(mei):
    membership = in_review(mei)
    give_figures(mei)
    assert advance(membership, now=membership.term_ends_at).term == 2


def test_a_decided_lapse_holds_even_for_who_qualifies_again_and_can_be_taken_back(mei, ops):
    membership = in_review(mei)
    now = membership.term_ends_at - DAY
    let_lapse(membership, by=ops, reason=WHY, now=now)
    give_figures(mei)
    membership.refresh_from_db()
    assert (membership.state, membership.lets_lapse) == ("review", True)
    assert renew(membership, by=ops, reason="改主意了", now=now).lets_lapse is False


def test_a_decided_lapse_is_over_at_the_end(mei, ops):
    membership = in_review(mei)
    let_lapse(membership, by=ops, reason=WHY, now=membership.term_ends_at - DAY)
    give_figures(mei)
    assert advance(membership, now=membership.term_ends_at).state == "lapsed"


def test_after_the_end_nobody_decides_any_more(mei, ops):
    membership = in_review(mei)
    for verb in (renew, let_lapse):
        code = refusal(verb, membership, by=ops, reason=WHY, now=membership.term_ends_at)
        assert code == "apass.term_over"


def test_only_what_is_in_review_is_renewed(mei, ops):
    membership = active(mei)
    assert refusal(renew, membership, by=ops, reason=WHY, now=NOW) == "apass.cannot_move"


def test_a_term_that_begins_on_a_leap_day(mei):
    leap = NOW.replace(year=2028, month=2, day=29)
    membership = active(mei, now=leap)
    assert membership.term_ends_at.astimezone(rules.SHANGHAI).date().isoformat() == "2029-03-01"
    assert membership.term_ends_at - rules.midnight(leap.date()) == 366 * DAY


def test_a_clock_that_was_down_makes_up_for_everything(mei):
    membership = active(mei)
    give_figures(mei, spent="10.00")
    late = membership.term_ends_at + 5 * DAY
    while sweep(late).ran:
        pass
    membership.refresh_from_db()
    assert membership.state == "lapsed"


def test_the_clock_of_a_membership_that_is_gone_does_nothing(mei):
    move_on("999999", {}, NOW)
    membership = active(mei)
    move_on(str(membership.pk), {}, NOW)
    membership.refresh_from_db()
    assert membership.state == "active"


def test_a_member_is_told_of_nothing_before_the_invitation(mei):
    membership = candidate(mei)
    assert told_membership(mei.member) is None
    approve(membership, by=None, reason=WHY, now=NOW)
    assert told_membership(mei.member) is None
    assert not Notification.objects.exists()


# --- Who looks after them ---------------------------------------------------------------------------


def test_a_manager_and_a_deputy_are_named_and_handed_over(mei, bo, lin, sen, ops):
    membership = active(mei)
    first = assign_manager(membership, manager=bo, deputy=lin, by=ops, reason=WHY, now=NOW)
    same = assign_manager(membership, manager=bo, deputy=lin, by=ops, reason=WHY, now=NOW + DAY)
    assert same == first
    assign_manager(membership, manager=sen, deputy=lin, by=ops, reason="换班", now=NOW + DAY)
    first.refresh_from_db()
    assert first.until == NOW + DAY
    assert ManagerAssignment.objects.filter(until=None).get().manager == sen
    here = lambda who, at: True  # noqa: E731
    assert who_looks_after(mei.member, NOW, here) == bo
    assert who_looks_after(mei.member, NOW + 2 * DAY, here) == sen
    assert who_looks_after(mei.member, NOW - DAY, here) is None
    assert actions_of(membership) >= {"membership.manager_named", "membership.handed_over"}


def test_the_deputy_takes_over_while_the_manager_is_away(mei, bo, lin, ops):
    membership = active(mei)
    assign_manager(membership, manager=bo, deputy=lin, by=ops, reason=WHY, now=NOW)
    assert who_looks_after(mei.member, NOW, lambda who, at: who != bo.pk) == lin
    assert who_looks_after(mei.member, NOW, lambda who, at: False) == lin


def test_presence_at_the_desk_decides(mei, bo, lin, ops):
    assign_manager(active(mei), manager=bo, deputy=lin, by=ops, reason=WHY, now=NOW)
    assert who_looks_after(mei.member, NOW) == bo
    bo.agent_status.presence = "break"
    bo.agent_status.save()
    assert who_looks_after(mei.member, NOW) == lin


def test_who_has_left_the_desk_looks_after_nobody(mei, bo, lin, ops):
    assign_manager(active(mei), manager=bo, deputy=lin, by=ops, reason=WHY, now=NOW)
    bo.is_active = False
    bo.save()
    assert who_looks_after(mei.member, NOW) == lin
    lin.roles = []
    lin.save()
    assert who_looks_after(mei.member, NOW) is None


def test_bad_pairs_are_refused(mei, chen, bo, lin, wen, ops):
    membership = active(mei)
    given = {"by": ops, "reason": WHY, "now": NOW}
    for manager, deputy, code in (
        (bo, bo, "apass.same_person"),
        (wen, bo, "apass.not_at_the_desk"),
        (bo, mei, "apass.not_at_the_desk"),
    ):
        assert refusal(assign_manager, membership, manager=manager, deputy=deputy, **given) == code
    waiting = candidate(chen)
    assert refusal(assign_manager, waiting, manager=bo, deputy=lin, **given) == "apass.not_running"
    with pytest.raises(Forbidden):
        assign_manager(membership, manager=bo, deputy=lin, by=lin, reason=WHY, now=NOW)


def test_the_manager_is_released_when_it_lapses(mei, bo, lin, ops):
    membership = in_review(mei)
    assign_manager(membership, manager=bo, deputy=lin, by=ops, reason=WHY, now=NOW)
    ends = membership.term_ends_at
    advance(membership, now=ends)
    assert ManagerAssignment.objects.get().until == ends
    assert who_looks_after(mei.member, ends) is None


def test_a_member_without_orders_has_the_figures_of_a_beginner(chen):
    MemberStanding.objects.all().delete()
    found = {check.name: check.has for check in why_not(chen.member, NOW)}
    assert (found["value"], found["credit"], found["spent"]) == (0, 600, 0)
