"""Terms under frozen clocks: begun, reviewed, renewed, ended."""

import pytest

from accounts.models import (
    Notification,
    Tier,
    TierTitle,
)
from apass.actions import (
    accept_invitation,
    advance,
    let_lapse,
    renew,
)
from apass.clock import move_on
from apass.membership import rules
from common.deadlines import sweep
from common.history import history_of
from common.rules import SHANGHAI, midnight
from tests.apass.casts import (
    DAY,
    NOW,
    SECOND,
    WHY,
    actions_of,
    active,
    clock_of,
    give_figures,
    in_review,
    refusal,
)

pytestmark = pytest.mark.django_db


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
    assert membership.term_ends_at.astimezone(SHANGHAI).date().isoformat() == "2029-03-01"
    assert membership.term_ends_at - midnight(leap.date()) == 366 * DAY


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
