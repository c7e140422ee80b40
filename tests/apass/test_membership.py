"""Approved, invited, accepted or declined: every move, its clock, its history."""

from types import SimpleNamespace

import pytest
from django.utils import translation

from accounts.models import (
    Notification,
)
from apass.actions import (
    accept_invitation,
    advance,
    approve,
    codes,
    decline_invitation,
    invite,
    let_lapse,
    look_for_candidates,
    propose,
    reject,
    renew,
)
from apass.membership import rules
from apass.membership.queries import told_membership
from common.errors import Forbidden
from common.parameters import forget, set_value
from tests.apass.casts import (
    DAY,
    NOW,
    SECOND,
    WHY,
    candidate,
    clock_of,
    give_figures,
    invited,
    refusal,
)
from tests.conftest import member as make_member
from tests.conftest import person

pytestmark = pytest.mark.django_db


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


def test_a_member_is_told_of_nothing_before_the_invitation(mei):
    membership = candidate(mei)
    assert told_membership(mei.member) is None
    approve(membership, by=None, reason=WHY, now=NOW)
    assert told_membership(mei.member) is None
    assert not Notification.objects.exists()


def colleague_who_buys(number="M20000077"):
    """Make somebody who decides about memberships and is a member as well."""
    both = person("both", "两边都是", "operations", "member")
    make_member(both, number, "normal", "13600000077")
    give_figures(both)
    return both


def test_nobody_decides_about_their_own_membership(ops):
    both = colleague_who_buys()
    own = {"by": both, "reason": WHY, "now": NOW}
    assert refusal(propose, both.member, **own) == "conflict.own_case"
    membership = candidate(both)
    for verb in (approve, reject, invite, renew, let_lapse):
        assert refusal(verb, membership, **own) == "conflict.own_case"
    assert clock_of(membership) is not None
    assert approve(membership, by=ops, reason=WHY, now=NOW).state == "approved"


@pytest.mark.parametrize(
    ("language", "words"), [("", "邀请您"), ("zh-hans", "邀请您"), ("en", "You are invited")]
)
def test_the_text_is_in_the_language_of_who_reads_it(language, words, mei, monkeypatch):
    mei.language = language
    mei.save(update_fields=["language"])
    sent = []
    monkeypatch.setattr(
        codes, "sender", lambda: SimpleNamespace(send=lambda phone, text: sent.append(text))
    )
    with translation.override("en" if language != "en" else "zh-hans"):
        membership = invited(mei)
    codes.send_invitation(membership.codes.get().pk, now=NOW)
    assert words in sent[0]
