"""Who comes onto the list of candidates, and why the others do not."""

from datetime import timedelta

import pytest

from accounts.actions import post_entry, reverse_entry
from accounts.models import (
    Cause,
    Guide,
    Member,
    MemberStanding,
    Score,
)
from apass.actions import (
    approve,
    look_for_candidates,
    reject,
)
from apass.clock import look_if_due
from apass.membership.queries import why_not
from apass.models import CandidateRun, Membership
from tests.apass.casts import (
    DAY,
    NOW,
    SECOND,
    WHY,
    actions_of,
    candidate,
    clock_of,
    give_figures,
)

pytestmark = pytest.mark.django_db


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


def test_a_member_without_orders_has_the_figures_of_a_beginner(chen):
    MemberStanding.objects.all().delete()
    found = {check.name: check.has for check in why_not(chen.member, NOW)}
    assert (found["value"], found["credit"], found["spent"]) == (0, 600, 0)
