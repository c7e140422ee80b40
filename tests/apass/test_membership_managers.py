"""Who looks after a member of APASS: named, handed over, released."""

import pytest
from django.urls import reverse

from apass.actions import (
    advance,
    assign_manager,
)
from apass.membership.queries import managers_of, who_looks_after
from apass.models import ManagerAssignment
from common.errors import Forbidden
from tests.apass.casts import (
    DAY,
    NOW,
    WHY,
    actions_of,
    active,
    candidate,
    in_review,
    refusal,
)
from tests.conftest import member as make_member
from tests.conftest import person

pytestmark = pytest.mark.django_db


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
    agent = person("su", "苏云", "partner_agent")
    buyer = person("bian", "边买边答", "agent", "member")
    make_member(buyer, "M20000078", "normal", "13600000078")
    assert refusal(assign_manager, membership, manager=bo, deputy=agent, **given) == (
        "apass.of_a_partner"
    )
    theirs = active(buyer)
    assert refusal(assign_manager, theirs, manager=buyer, deputy=bo, **given) == "apass.own_manager"
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


def test_each_membership_shows_who_looked_after_the_member_in_its_time(
    mei, bo, lin, sen, ops, browser_of
):
    ended = in_review(mei)
    assign_manager(ended, manager=bo, deputy=lin, by=ops, reason=WHY, now=NOW)
    ended = advance(ended, now=ended.term_ends_at)
    years_later = ended.ended_at + 400 * DAY
    again = active(mei, years_later)
    assign_manager(again, manager=sen, deputy=lin, by=ops, reason=WHY, now=years_later)
    found = managers_of([ended, again], years_later + DAY)
    assert {pk: one.manager for pk, one in found.items()} == {ended.pk: bo, again.pk: sen}
    office = browser_of(ops)
    url = reverse("admin:apass_membership_change", args=[ended.pk])
    assert bo.display_name in office.get(url).content.decode()
    rows = office.get(reverse("admin:apass_membership_changelist")).content.decode()
    assert bo.display_name in rows


def test_nobody_names_their_own_manager(bo, lin):
    both = person("both", "两边都是", "operations", "member")
    make_member(both, "M20000077", "normal", "13600000077")
    given = {"manager": bo, "deputy": lin, "by": both, "reason": WHY, "now": NOW}
    assert refusal(assign_manager, active(both), **given) == "conflict.own_case"
