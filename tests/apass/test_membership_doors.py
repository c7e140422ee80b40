"""APASS at its doors: the member's page, the API, the desk, the back office; and no trace for anybody else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.personal_data import subject_of
from apass.actions import accept_invitation, assign_manager, give_friend_code
from apass.membership.personal_data import Memberships
from apass.models import InvitationCode, ManagerAssignment, Membership
from common.models import Job
from tests.admin.lane import work
from tests.apass.casts import WHY, candidate, friend, give_figures, invited
from tests.conftest import person
from tickets.actions.conversations import open_conversation
from tickets.actions.ownership import accept_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(mei):
    """Mei is invited, now."""
    return invited(mei, now=timezone.now())


@pytest.fixture
def active(asked, mei):
    """Mei is one of APASS, since now."""
    return accept_invitation(asked, by=mei)


def send(client, method, url, body=None):
    given = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(client, method)(url, **given)


# --- The member's page ------------------------------------------------------------------------------


def test_the_invitation_says_what_it_promises_and_is_accepted_with_one_tap(mei, asked, browser_of):
    browser = browser_of(mei)
    page = browser.get("/me/apass/").content.decode()
    assert "place 1 in the queue" in page or "第1位" in page
    answer = browser.post("/me/apass/acceptance/", follow=True)
    assert answer.redirect_chain == [("/me/apass/", 302)]
    asked.refresh_from_db()
    assert asked.state == "active"
    again = browser.post("/me/apass/acceptance/")
    assert again.status_code == 422


def test_a_wrong_code_stays_on_the_page_with_its_words(mei, asked, browser_of):
    answer = browser_of(mei).post("/me/apass/acceptance/", {"code": "0000-0000-0000-0000"})
    assert (answer.status_code, answer.context["code"]) == (422, "0000-0000-0000-0000")
    assert answer.context["refused"]
    assert b"<details" in answer.content


def test_no_thank_you(mei, asked, browser_of):
    browser = browser_of(mei)
    browser.post("/me/apass/refusal/")
    asked.refresh_from_db()
    assert asked.state == "declined"
    assert browser.get("/me/apass/").status_code == 200


def test_an_active_member_sees_the_term_the_manager_and_the_friends(
    mei, active, bo, lin, ops, browser_of
):
    assign_manager(active, manager=bo, deputy=lin, by=ops, reason=WHY)
    browser = browser_of(mei)
    page = browser.get("/me/apass/").content.decode()
    assert "许青禾" in page
    assert "陆遥" in page
    given = browser.post("/me/apass/friend-codes/")
    code = given.context["given"].code
    assert code in given.content.decode()
    assert code not in browser.get("/me/apass/").content.decode()
    browser.post("/me/apass/friend-codes/")
    third = browser.post("/me/apass/friend-codes/", follow=True)
    assert InvitationCode.objects.filter(kind="friend").count() == 2
    assert third.redirect_chain


def test_a_friend_opens_the_link_and_comes_in(mei, active, browser_of):
    given = give_friend_code(active, by=mei)
    li = friend("li", 1)
    browser = browser_of(li)
    link = reverse("my-apass-friend", args=[given.code])
    page = browser.get(link).content.decode()
    assert "周" in page
    assert "周小宁" not in page
    assert browser.post("/me/apass/acceptance/", {"code": given.code}).status_code == 302
    assert browser.get("/me/apass/").status_code == 200


def test_a_friend_who_is_not_ready_is_told_why(mei, active, browser_of):
    given = give_friend_code(active, by=mei)
    li = friend("li", 1, real_name=False)
    answer = browser_of(li).post("/me/apass/acceptance/", {"code": given.code})
    assert (answer.status_code, answer.context["code"]) == (422, given.code)


def test_the_way_to_the_page_is_shown_to_who_was_told_alone(mei, chen, asked, browser_of):
    assert b"/me/apass/" in browser_of(mei).get("/me/").content
    assert b"apass" not in browser_of(chen).get("/me/").content.lower()


# --- No trace ---------------------------------------------------------------------------------------


@pytest.fixture(params=["candidate", "rejected", "never"])
def outsider(request, chen):
    """Chen, of whom the house may think, but who was told nothing."""
    if request.param != "never":
        membership = candidate(chen, timezone.now())
        if request.param == "rejected":
            Membership.objects.filter(pk=membership.pk).update(
                state="rejected", due_at=None, ended_at=timezone.now()
            )
    return chen


@pytest.mark.parametrize("body", [None, {"code": "0000-0000-0000-0000"}, {"moon": 1}])
def test_who_was_told_of_nothing_finds_nothing(outsider, browser_of, body):
    browser, here = browser_of(outsider), "/me/apass/"
    nothing = browser.get("/me/nothing-like-it/")
    pages = [browser.get(here), browser.post(f"{here}acceptance/", body or {})]
    pages += [browser.post(f"{here}{name}/") for name in ("refusal", "friend-codes")]
    pages.append(browser.get(f"{here}from/0000-0000-0000-0000/"))
    assert {page.status_code for page in pages} == {nothing.status_code} == {404}
    assert "apass" not in pages[0].content.decode().replace(here, "").lower()
    api = "/api/v1/me/apass/"
    answers = [send(browser, "get", api), send(browser, "post", f"{api}acceptance/", body or {})]
    answers += [send(browser, "post", f"{api}{name}/") for name in ("refusal", "friend-codes")]
    assert {(a.status_code, a.json()["code"]) for a in answers} == {(404, "not_found")}


def test_a_guesser_without_an_invitation_is_never_told_of_a_lock(chen, browser_of):
    browser = browser_of(chen)
    said = {
        send(browser, "post", "/api/v1/me/apass/acceptance/", {"code": "0" * 16}).status_code
        for _ in range(8)
    }
    assert said == {404}


def test_staff_and_merchants_find_nothing(bo, ops, qiao, wen, browser_of):
    for one in (bo, ops, qiao, wen):
        assert browser_of(one).get("/me/apass/").status_code == 404
        assert browser_of(one).get("/api/v1/me/apass/").status_code == 404


def test_nothing_to_choose_is_listed_where_one_chooses_what_one_is_told(chen, browser_of):
    browser = browser_of(chen)
    assert b"apass" not in browser.get("/api/v1/notifications/preferences/").content.lower()
    assert b"APASS" not in browser.get("/notices/").content


# --- The API ----------------------------------------------------------------------------------------


def test_the_whole_way_at_the_api(mei, asked, browser_of):
    browser, api = browser_of(mei), "/api/v1/me/apass/"
    card = browser.get(api).json()
    assert card["state"] == "invited"
    assert card["invitation"]["expires_at"]
    assert (card["term"], card["friends"], card["manager"]) == (None, None, None)
    wrong = send(browser, "post", f"{api}acceptance/", {"code": "0000-0000-0000-0000"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "apass.code_wrong")
    card = send(browser, "post", f"{api}acceptance/", {}).json()
    assert (card["state"], card["term"]["number"], card["friends"]["left"]) == ("active", 1, 2)
    assert send(browser, "post", f"{api}acceptance/", {}).json()["code"] == "apass.already"
    codes = [send(browser, "post", f"{api}friend-codes/") for _ in range(3)]
    assert [one.status_code for one in codes] == [201, 201, 409]
    assert codes[0].json()["url"].endswith(f"/me/apass/from/{codes[0].json()['code']}/")
    assert codes[2].json()["code"] == "apass.no_codes_left"
    assert len(browser.get(api).json()["friends"]["codes"]) == 2
    assert send(browser, "post", f"{api}refusal/").json()["code"] == "apass.cannot_move"


def test_a_declined_invitation_is_declined_once(mei, asked, browser_of):
    browser = browser_of(mei)
    for _ in range(2):
        answer = send(browser, "post", "/api/v1/me/apass/refusal/")
        assert (answer.status_code, answer.json()["state"]) == (200, "declined")


# --- The desk ---------------------------------------------------------------------------------------


def test_the_desk_sees_who_looks_after_the_member(
    mei, chen, active, bo, lin, ops, team, browser_of
):
    assign_manager(active, manager=lin, deputy=bo, by=ops, reason=WHY)
    lin.agent_status.presence = "break"
    lin.agent_status.save()
    panels = []
    for user in (mei, chen):
        talk = open_conversation(user.member, by=user, medium="web", body="在吗").conversation
        talk = accept_conversation(talk, by=bo)
        answer = browser_of(bo).get(f"/api/v1/conversations/{talk.public_key}/panel/")
        panels.append(answer.json()["member"]["apass"])
    assert panels[0]["manager"] == {"name": "陆遥", "deputy": "许青禾", "on_duty": "许青禾"}
    assert panels[1] is None


# --- The back office --------------------------------------------------------------------------------


def act(browser, row, name, model="apass_membership", **answers):
    answers = {"step": "do", "reason": WHY} | answers
    return browser.post(reverse(f"admin:{model}_act", args=[row.pk, name]), answers)


def test_operations_take_a_member_through_the_whole_life(mei, bo, lin, ops, browser_of):
    office = browser_of(ops)
    give_figures(mei, value=100)
    act(office, mei.member, "propose", "apass_prospect")
    membership = Membership.objects.get()
    act(office, membership, "approve")
    membership.refresh_from_db()
    assert membership.state == "candidate"  # one's own proposal
    other = browser_of(person("ops2", "同事", "operations"))
    act(other, membership, "approve")
    act(office, membership, "invite")
    membership.refresh_from_db()
    assert membership.state == "invited"
    accept_invitation(membership, by=mei)
    act(office, membership, "assign_manager", manager=bo.pk, deputy=lin.pk)
    assert ManagerAssignment.objects.get().manager == bo
    for url in ("membership", "prospect", "managerassignment", "candidaterun"):
        assert office.get(reverse(f"admin:apass_{url}_changelist")).status_code == 200
    page = office.get(reverse("admin:apass_membership_change", args=[membership.pk]))
    assert "✗" in page.content.decode()


def test_many_are_approved_at_once_after_a_trial_that_keeps_nothing(mei, chen, ops, browser_of):
    now = timezone.now()
    ones = [candidate(user, now) for user in (mei, chen)]
    give_figures(chen, value=0)
    office = browser_of(ops)
    url = reverse("admin:apass_membership_changelist")
    chosen = {
        "action": "approve", "_selected_action": [str(one.pk) for one in ones], "index": "0",
        "reason": WHY,
    }  # fmt: skip
    tried = office.post(url, chosen | {"step": "try"}).context["outcome"]
    assert (len(tried.done), len(tried.refused)) == (1, 1)
    assert Membership.objects.filter(state="candidate").count() == 2
    office.post(url, chosen | {"step": "do"})
    assert Membership.objects.get(state="approved").member == mei.member


def test_all_that_match_are_invited_in_the_background(ops, browser_of, monkeypatch):
    monkeypatch.setattr("common.admin.base.MOST_AT_ONCE", 2)
    now = timezone.now()
    for number in range(3):
        user = friend(f"f{number}", number)
        Membership.objects.filter(pk=candidate(user, now).pk).update(state="approved")
    office = browser_of(ops)
    url = reverse("admin:apass_membership_changelist") + "?state__exact=approved"
    keys = [str(pk) for pk in Membership.objects.values_list("pk", flat=True)]
    chosen = {
        "action": "invite", "_selected_action": keys, "select_across": "1", "index": "0",
        "reason": WHY, "step": "do",
    }  # fmt: skip
    office.post(url, chosen)
    work()
    assert Job.objects.get().changed == 3
    assert Membership.objects.filter(state="invited").count() == 3


def test_the_list_of_near_misses(mei, chen, ops, browser_of):
    give_figures(mei, credit=700)
    give_figures(chen, credit=700, value=0)
    url = reverse("admin:apass_prospect_changelist") + "?missing=one"
    rows = list(browser_of(ops).get(url).context["cl"].result_list)
    assert [row.pk for row in rows] == [mei.member.pk]


def test_lists_ask_the_database_as_often_for_many_rows(ops, browser_of):
    office, now = browser_of(ops), timezone.now()

    def count(url):
        office.get(url)
        with CaptureQueriesContext(connection) as seen:
            office.get(url)
        return len(seen)

    urls = [reverse(f"admin:apass_{name}_changelist") for name in ("membership", "prospect")]
    candidate(friend("a0", 90), now)
    few = [count(url) for url in urls]
    for number in range(91, 97):
        candidate(friend(f"a{number}", number), now)
    assert [count(url) for url in urls] == few


# --- Personal data ----------------------------------------------------------------------------------


def test_the_copy_holds_what_was_told_and_erasure_ends_and_empties_it(mei, active):
    store, subject = Memberships(), subject_of(mei.member)
    (row,) = store.rows(subject, None, 100).rows
    assert row["activated_at"] == active.activated_at
    assert store.pseudonymise(subject, None, 100).changed == 1
    active.refresh_from_db()
    assert (active.state, active.figures) == ("dropped", {})
    assert store.pseudonymise(subject, None, 100).changed == 0


def test_the_copy_says_nothing_of_what_was_not_told(chen):
    candidate(chen)
    assert Memberships().rows(subject_of(chen.member), None, 100).rows == []
