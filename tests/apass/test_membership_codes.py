"""Codes of APASS: used once, by whom they are for; friends; races; guessers."""

import re
from datetime import timedelta
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest
from django.db import connection

from accounts.actions.guards import give_tries_back, take_try
from accounts.models import Tier
from apass import actions
from apass.actions import codes, give_friend_code, redeem_code
from apass.actions.codes import known_code
from apass.membership import rules
from apass.membership.cards import own_card
from apass.models import InvitationCode, Membership
from common.errors import DomainError, NotFound
from common.rules import midnight, shanghai_day
from tests.apass.casts import (
    DAY,
    NOW,
    WHY,
    active,
    candidate,
    friend,
    give_figures,
    invited,
    refusal,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(monkeypatch):
    """What is sent to phones."""
    sent = []

    class Pocket:
        def send(self, phone, text):
            sent.append((phone, text))

    monkeypatch.setattr(codes, "sender", Pocket)
    return sent


def code_in(text: str) -> str:
    """Find the code in the words of a text message."""
    return re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", text)[0]


def sent_code(membership, texts) -> str:
    codes.send_invitation(membership.codes.get(kind="own").pk, now=NOW)
    return code_in(texts[-1][1])


# --- One's own code ---------------------------------------------------------------------------------


def test_the_code_goes_to_the_phone_once_and_is_kept_as_a_digest(mei, texts):
    membership = invited(mei)
    code = sent_code(membership, texts)
    row = membership.codes.get()
    assert texts[0][0] == "13800002071"
    assert row.sealed_text == ""
    assert code.replace("-", "")[6:] not in row.digest
    assert codes.send_invitation(row.pk, now=NOW) is False
    assert len(texts) == 1


@pytest.mark.parametrize("spoil", [str.lower, lambda c: c.replace("-", " "), lambda c: f" {c}　"])
def test_the_code_makes_active_however_it_is_typed(spoil, mei, texts):
    code = sent_code(invited(mei), texts)
    membership = redeem_code(spoil(code), by=mei, now=NOW)
    assert (membership.state, membership.codes.get().used_by) == ("active", mei.member)
    assert refusal(redeem_code, code, by=mei, now=NOW) == "apass.code_used"


def test_a_tap_uses_the_code_up(mei, texts):
    membership = invited(mei)
    code = sent_code(membership, texts)
    actions.accept_invitation(membership, by=mei, now=NOW)
    assert refusal(redeem_code, code, by=mei, now=NOW) == "apass.code_used"


def test_an_expired_code_says_so(mei, texts):
    membership = invited(mei)
    code = sent_code(membership, texts)
    assert refusal(redeem_code, code, by=mei, now=membership.due_at) == "apass.code_expired"
    actions.advance(membership, now=membership.due_at)
    assert refusal(redeem_code, code, by=mei, now=membership.due_at) == "apass.code_expired"


def test_a_code_of_a_declined_invitation_opens_nothing(mei, texts):
    membership = invited(mei)
    code = sent_code(membership, texts)
    actions.decline_invitation(membership, by=mei, now=NOW)
    assert refusal(redeem_code, code, by=mei, now=NOW) == "apass.cannot_move"
    assert membership.codes.get().used_at is None


def test_somebody_elses_code_is_refused_and_stays_good(mei, chen, texts):
    membership = invited(mei)
    code = sent_code(membership, texts)
    assert refusal(redeem_code, code, by=chen, now=NOW) == "apass.code_foreign"
    assert redeem_code(code, by=mei, now=NOW).state == "active"


@pytest.mark.parametrize(
    "typed", ["", "ABC", "ABCD-EFGH-ABCD-EFGH", "客官里边请", "\x00", "A" * 64]
)
def test_a_wrong_code_says_so_to_who_is_invited_and_nothing_to_others(typed, mei, chen):
    invited(mei)
    assert refusal(redeem_code, typed, by=mei, now=NOW) == "apass.code_wrong"
    with pytest.raises(NotFound):
        redeem_code(typed, by=chen, now=NOW)


def test_a_right_selector_with_a_wrong_secret_is_a_wrong_code(mei, texts):
    code = sent_code(invited(mei), texts)
    other = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert refusal(redeem_code, other, by=mei, now=NOW) == "apass.code_wrong"


def test_guessing_is_stopped_and_the_refusal_does_not_take_the_count_back(mei, texts):
    code = sent_code(invited(mei), texts)
    said = [refusal(redeem_code, "0000-0000-0000-0000", by=mei, now=NOW) for _ in range(6)]
    assert said == ["apass.code_wrong"] * 4 + ["apass.code_locked"] * 2
    assert refusal(redeem_code, code, by=mei, now=NOW) == "apass.code_locked"
    later = NOW + timedelta(minutes=16)
    assert redeem_code(code, by=mei, now=later).state == "active"


def test_staff_has_no_code(ops, bo, mei, texts):
    code = sent_code(invited(mei), texts)
    for by in (ops, bo):
        assert refusal(redeem_code, code, by=by, now=NOW) == "forbidden"


# --- Friends ----------------------------------------------------------------------------------------


def test_a_friend_comes_in_with_a_term_of_their_own_and_is_told_by_whom(mei):
    giver = active(mei)
    given = give_friend_code(giver, by=mei, now=NOW)
    li = friend("li", 1)
    membership = redeem_code(given.code, by=li, now=NOW + 5 * DAY)
    assert (membership.state, membership.origin, membership.friend_of) == (
        "active",
        "friend",
        giver,
    )
    assert membership.term_ends_at == rules.end_of_day(NOW + 5 * DAY, 365)
    li.member.refresh_from_db()
    assert li.member.tier == Tier.APASS
    card = own_card(membership, NOW + 5 * DAY)
    assert card["invited_by"] not in (None, mei.display_name)
    (code,) = own_card(giver, NOW)["friends"]["codes"]
    assert code["used_by"] not in (None, li.display_name)


def test_the_third_code_of_a_year_is_refused_and_the_next_year_has_two_more(mei):
    membership = active(mei)
    assert [give_friend_code(membership, by=mei, now=NOW).left for _ in range(2)] == [1, 0]
    last = midnight(shanghai_day(NOW) + 365 * DAY) - timedelta(seconds=1)
    for now in (NOW, last):
        assert refusal(give_friend_code, membership, by=mei, now=now) == "apass.no_codes_left"
    give_figures(mei)
    actions.advance(membership, now=membership.due_at)
    assert give_friend_code(membership, by=mei, now=last + timedelta(seconds=1)).left == 1


def test_codes_are_given_by_active_members_alone(mei, chen, ops):
    membership = invited(mei)
    assert refusal(give_friend_code, membership, by=mei, now=NOW) == "apass.not_active"
    membership = actions.accept_invitation(membership, by=mei, now=NOW)
    for by in (chen, ops):
        assert refusal(give_friend_code, membership, by=by, now=NOW) == "forbidden"
    give_figures(mei, value=0)
    membership = actions.advance(membership, now=membership.due_at)
    assert refusal(give_friend_code, membership, by=mei, now=membership.since) == "apass.not_active"


@pytest.mark.parametrize(
    ("figures", "missing"),
    [({"real_name": False}, ["real_name"]), ({"credit": 649}, ["credit"]), ({"credit": 650}, None)],
)
def test_a_friend_needs_a_real_name_and_a_good_record(figures, missing, mei):
    given = give_friend_code(active(mei), by=mei, now=NOW)
    li = friend("li", 1, **figures)
    if missing is None:
        assert redeem_code(given.code, by=li, now=NOW).state == "active"
        return
    with pytest.raises(DomainError) as refused:
        redeem_code(given.code, by=li, now=NOW)
    assert (refused.value.code, refused.value.details["missing"]) == (
        "apass.friend_not_ready",
        missing,
    )
    # The code is not used up: the friend comes back when ready.
    give_figures(li, value=0, spent="0.00")
    assert redeem_code(given.code, by=li, now=NOW).state == "active"


def test_ones_own_friend_code_a_used_and_an_expired_one_say_so(mei):
    membership = active(mei)
    given = give_friend_code(membership, by=mei, now=NOW)
    assert refusal(redeem_code, given.code, by=mei, now=NOW) == "apass.own_code"
    li, zhou = friend("li", 1), friend("zhou", 2)
    assert refusal(redeem_code, given.code, by=li, now=given.expires_at) == "apass.code_expired"
    redeem_code(given.code, by=li, now=given.expires_at - timedelta(seconds=1))
    assert refusal(redeem_code, given.code, by=zhou, now=NOW) == "apass.code_used"


def test_a_code_given_is_honoured_after_its_giver_has_lapsed(mei):
    membership = active(mei)
    give_figures(mei, value=0)
    day_before = membership.due_at - DAY
    given = give_friend_code(membership, by=mei, now=day_before)
    membership = actions.advance(membership, now=membership.due_at)
    Membership.objects.filter(pk=membership.pk).update(
        state="lapsed", due_at=None, ended_at=membership.since
    )
    assert redeem_code(given.code, by=friend("li", 1), now=day_before + 2 * DAY).state == "active"


def test_a_candidate_with_a_friends_code_becomes_active_in_the_same_membership(mei, chen):
    given = give_friend_code(active(mei), by=mei, now=NOW)
    waiting = candidate(chen)
    membership = redeem_code(given.code, by=chen, now=NOW)
    assert (membership.pk, membership.state) == (waiting.pk, "active")


def test_an_active_member_needs_no_code_of_a_friend(mei, chen):
    given = give_friend_code(active(mei), by=mei, now=NOW)
    active(chen)
    assert refusal(redeem_code, given.code, by=chen, now=NOW) == "apass.already"
    assert InvitationCode.objects.get(kind="friend").used_at is None


def test_what_a_code_opens_is_shown_to_a_friend_alone(mei, chen, texts):
    membership = invited(mei)
    own = sent_code(membership, texts)
    membership = actions.accept_invitation(membership, by=mei, now=NOW)
    given = give_friend_code(membership, by=mei, now=NOW)
    assert known_code(given.code, by=chen, now=NOW).membership == membership
    for code, by in ((own, chen), (given.code, mei), ("0000-0000-0000-0000", chen)):
        with pytest.raises(NotFound):
            known_code(code, by=by, now=NOW)


# --- Races ------------------------------------------------------------------------------------------


def at_once(*verbs) -> list[str]:
    """Do things at the same moment; return what became of each: its state or its refusal."""
    gate, said = Barrier(len(verbs)), []

    def run(verb):
        try:
            gate.wait(10)
            said.append(verb().state)
        except DomainError as refused:
            said.append(refused.code)
        except Exception as trouble:
            # Raised in a thread it would be lost: here the assertion shows it.
            said.append(repr(trouble))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(said)


@pytest.mark.django_db(transaction=True)
def test_of_two_redeems_at_once_one_wins(mei, texts):
    code = sent_code(invited(mei), texts)
    said = at_once(*[lambda: redeem_code(code, by=mei, now=NOW)] * 2)
    assert said == ["active", "apass.code_used"]


@pytest.mark.django_db(transaction=True)
def test_of_a_tap_and_a_code_at_once_one_wins(mei, texts):
    membership = invited(mei)
    code = sent_code(membership, texts)
    said = at_once(
        lambda: redeem_code(code, by=mei, now=NOW),
        lambda: actions.accept_invitation(membership, by=mei, now=NOW),
    )
    assert said[0] == "active"
    assert said[1] in {"apass.code_used", "apass.already"}


@pytest.mark.django_db(transaction=True)
def test_of_two_friends_with_one_code_one_comes_in(mei):
    given = give_friend_code(active(mei), by=mei, now=NOW)
    li, zhou = friend("li", 1), friend("zhou", 2)
    said = at_once(
        lambda: redeem_code(given.code, by=li, now=NOW),
        lambda: redeem_code(given.code, by=zhou, now=NOW),
    )
    assert said == ["active", "apass.code_used"]
    assert Membership.objects.filter(origin="friend").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_friend_with_two_codes_has_one_membership(mei, chen):
    first, second = active(mei), active(chen)
    one = give_friend_code(first, by=mei, now=NOW)
    two = give_friend_code(second, by=chen, now=NOW)
    li = friend("li", 1)
    said = at_once(
        lambda: redeem_code(one.code, by=li, now=NOW),
        lambda: redeem_code(two.code, by=li, now=NOW),
    )
    assert said == ["active", "apass.already"]
    assert Membership.objects.filter(member=li.member).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_right_answer_takes_no_count_away_from_under_another_try():
    def try_and_be_right():
        for _turn in range(25):
            take_try("somebody", where="", limits={"": 1000}, now=NOW)
            give_tries_back("somebody", places=("",))
        return SimpleNamespace(state="counted")

    assert at_once(try_and_be_right, try_and_be_right) == ["counted", "counted"]


@pytest.mark.django_db(transaction=True)
def test_a_friend_put_on_the_list_at_the_same_moment_comes_in_once(mei, ops):
    given = give_friend_code(active(mei), by=mei, now=NOW)
    li = friend("li", 1)
    said = at_once(
        lambda: redeem_code(given.code, by=li, now=NOW),
        lambda: actions.propose(li.member, by=ops, reason=WHY, now=NOW),
    )
    assert "active" in said
    assert set(said) <= {"active", "candidate", "apass.already_open"}
    assert Membership.objects.get(member=li.member).state == "active"


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_counts(mei, ops):
    membership = candidate(mei)
    said = at_once(*[lambda: actions.approve(membership, by=ops, reason=WHY, now=NOW)] * 2)
    assert said == ["apass.cannot_move", "approved"]
