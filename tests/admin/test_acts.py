"""Each action of the back office once, with its reason, its trial and its refusals."""

import pytest
from django.urls import reverse

from accounts.actions import reveal
from accounts.models import PersonalDataAccess, Role, User
from common import parameters
from common.history import history_of
from common.models import Event
from common.parameters import set_value
from tickets.models import CannedReply, Conversation, Disposition, Note, State
from workforce.models import AgentStatus, TeamMembership


def act(browser, row, name, **answers):
    label = row._meta.label_lower.replace(".", "_")
    answers = {"step": "do", "reason": "核对过了"} | answers
    return browser.post(reverse(f"admin:{label}_act", args=[row.pk, name]), answers)


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.mark.parametrize("name", ["hand_on", "requeue", "resolve"])
def test_without_a_reason_nothing_changes(name, office, owned):
    before = Event.objects.count()
    answer = act(office, owned, name, reason="  ")
    assert answer.status_code == 200
    assert "reason" in answer.context["form"].errors
    assert Event.objects.count() == before


def test_operations_hand_a_conversation_on(office, owned, other_team):
    act(office, owned, "hand_on", team=other_team.pk)
    owned.refresh_from_db()
    assert (owned.state, owned.owner, owned.team) == (State.WAITING, None, other_team)
    assert Note.objects.get(conversation=owned).body == "核对过了"
    line = history_of(owned).first()
    assert (line.action, line.reason) == ("conversation.transferred", "核对过了")


def test_operations_hand_a_conversation_to_a_person(office, owned, lin):
    act(office, owned, "hand_on", person=lin.pk)
    owned.refresh_from_db()
    assert owned.owner == lin


def test_handing_on_needs_somebody(office, owned):
    answer = act(office, owned, "hand_on")
    assert "team" in answer.context["form"].errors


def test_operations_put_a_conversation_back(office, owned, team):
    act(office, owned, "requeue")
    owned.refresh_from_db()
    assert (owned.state, owned.team) == (State.WAITING, team)


def test_operations_resolve_and_take_up_again(office, owned):
    done = Disposition.objects.create(code="solved", name="已解决")
    act(office, owned, "resolve", disposition=done.pk)
    owned.refresh_from_db()
    assert (owned.state, owned.disposition) == (State.RESOLVED, done)
    act(office, owned, "reopen")
    owned.refresh_from_db()
    assert owned.state == State.WAITING


def test_the_trial_changes_nothing_and_says_what_would(office, owned, other_team):
    before = Event.objects.count()
    answer = act(office, owned, "hand_on", team=other_team.pk, step="try")
    assert len(answer.context["outcome"].done) == 1
    owned.refresh_from_db()
    assert owned.state == State.OPEN
    assert Event.objects.count() == before


def test_a_refusal_is_told_and_the_rest_goes_on(office, owned, ada, team, other_team):
    waiting = Conversation.objects.create(
        member=ada.member, team=team, opened_at=owned.opened_at, queued_at=owned.opened_at
    )
    url = reverse("admin:tickets_conversation_changelist")
    chosen = {
        "action": "resolve",
        "index": "0",
        "_selected_action": [str(owned.pk), str(waiting.pk)],
    }
    asked = office.post(url, chosen)
    assert asked.context["rows_count"] == 2
    done = Disposition.objects.create(code="solved", name="已解决")
    answers = {"reason": "月底清理", "disposition": done.pk}
    tried = office.post(url, chosen | answers | {"step": "try"})
    assert (len(tried.context["outcome"].done), len(tried.context["outcome"].refused)) == (1, 1)
    office.post(url, chosen | answers | {"step": "do"})
    owned.refresh_from_db()
    waiting.refresh_from_db()
    assert (owned.state, waiting.state) == (State.RESOLVED, State.WAITING)


def test_an_auditor_may_not(browser_of, auditor, owned):
    answer = act(browser_of(auditor), owned, "requeue")
    assert answer.status_code == 404
    owned.refresh_from_db()
    assert owned.state == State.OPEN


def test_roles_are_set_with_a_reason(office, bo):
    act(office, bo, "set_roles", roles=[Role.AGENT, Role.SENIOR])
    bo.refresh_from_db()
    assert bo.roles == [Role.AGENT, Role.SENIOR]
    assert history_of(bo).first().reason == "核对过了"


def test_an_account_is_closed_and_reopened(office, bo):
    act(office, bo, "close")
    bo.refresh_from_db()
    assert not bo.is_active
    act(office, bo, "reopen")
    bo.refresh_from_db()
    assert bo.is_active


def test_only_a_superuser_sets_passwords(office, browser_of, root, bo):
    assert act(office, bo, "set_password", password="quite-new-words-5").status_code == 404
    act(browser_of(root), bo, "set_password", password="quite-new-words-5")
    bo.refresh_from_db()
    assert bo.check_password("quite-new-words-5")
    assert "quite-new" not in str(list(Event.objects.values()))


def test_no_page_shows_a_password_hash(browser_of, root, bo):
    page = browser_of(root).get(reverse("admin:accounts_user_change", args=[bo.pk]))
    assert bo.password.encode() not in page.content
    assert b"pbkdf2" not in page.content


def test_a_phone_is_shown_once_and_written_down(office, mei):
    url = reverse("admin:accounts_member_change", args=[mei.member.pk])
    assert mei.member.phone.encode() not in office.get(url).content
    act(office, mei.member, "reveal", field="phone", purpose="other")
    assert mei.member.phone.encode() in office.get(url).content
    assert mei.member.phone.encode() not in office.get(url).content
    line = history_of(mei.member).first()
    assert (line.action, line.after["field"]) == ("personal_data.revealed", "phone")


@pytest.mark.parametrize("what", ["reveal", "read_whole"])
def test_a_look_beyond_the_budget_is_refused_and_written_down(what, office, ops, owned, mei):
    set_value("personal_data.reveals_a_day", 1, by=ops, reason="试行")
    parameters.forget()
    reveal(mei.member, "name", by=ops, reason="监管来函")
    if what == "reveal":
        act(office, mei.member, "reveal", field="phone", purpose="other")
    else:
        act(office, owned, "read_whole", purpose="inspection")
    assert PersonalDataAccess.objects.filter(kind="reveal").count() == 1
    assert history_of(ops).filter(action="personal_data.budget_refused").count() == 1


def test_a_trial_beyond_the_budget_leaves_nothing(office, ops, mei):
    set_value("personal_data.reveals_a_day", 1, by=ops, reason="试行")
    parameters.forget()
    reveal(mei.member, "name", by=ops, reason="监管来函")
    act(office, mei.member, "reveal", field="phone", purpose="other", step="try")
    assert not history_of(ops).filter(action="personal_data.budget_refused").exists()


def test_an_auditor_sees_no_phone_and_cannot_ask(browser_of, auditor, mei):
    browser = browser_of(auditor)
    listed = browser.get(reverse("admin:accounts_member_changelist"), {"q": mei.member.phone})
    assert mei.member.member_no.encode() not in listed.content
    assert act(browser, mei.member, "reveal", field="phone", purpose="other").status_code == 404


def test_presence_is_set(office, bo):
    status = AgentStatus.objects.get(user=bo)
    act(office, status, "set_presence", presence="break")
    status.refresh_from_db()
    assert status.presence == "break"
    assert history_of(status).first().reason == "核对过了"


def test_people_join_and_leave_a_team_through_actions(office, team, lin, dora):
    leads = TeamMembership.objects.get(user=lin)
    url = reverse("admin:workforce_team_change", args=[team.pk])
    form = {
        "code": team.code,
        "name": "生鲜一组",
        "is_default": "on",
        "is_active": "on",
        "memberships-TOTAL_FORMS": 2,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": leads.pk,
        "memberships-0-team": team.pk,
        "memberships-0-user": lin.pk,
        "memberships-0-DELETE": "on",
        "memberships-1-team": team.pk,
        "memberships-1-user": dora.pk,
    }
    assert office.post(url, form).status_code == 302
    assert set(team.members.all()) == {dora}
    told = {line.action: line for line in history_of(team)}
    assert set(told) == {"team.changed", "team.joined", "team.left"}
    assert told["team.changed"].before == {"name": "生鲜组"}


def test_a_canned_reply_is_written_and_removed_with_history(office, team):
    url = reverse("admin:tickets_cannedreply_add")
    office.post(
        url,
        {"shortcut": "tk", "title": "退款进度", "body": "{greeting}，在查了", "is_active": "on"},
    )
    reply = CannedReply.objects.get(shortcut="tk")
    assert history_of(reply).first().action == "canned_reply.added"
    office.post(reverse("admin:tickets_cannedreply_delete", args=[reply.pk]), {"post": "yes"})
    assert not CannedReply.objects.filter(pk=reply.pk).exists()
    assert Event.objects.filter(action="canned_reply.deleted").exists()


def test_a_greeting_word_is_the_only_thing_typed_in_a_shop(office, shop):
    url = reverse("admin:merchants_shop_change", args=[shop.pk])
    office.post(url, {"greeting_word": "朋友", "name": "改名", "shop_no": "S1"})
    shop.refresh_from_db()
    assert (shop.greeting_word, shop.name) == ("朋友", "岭上鲜果旗舰店")
    assert history_of(shop).first().after == {"greeting_word": "朋友"}


def test_a_new_person_cannot_sign_in_before_a_password_is_set(office):
    office.post(reverse("admin:accounts_user_add"), {"username": "neu", "display_name": "新人"})
    person = User.objects.get(username="neu")
    assert not person.has_usable_password()
    assert history_of(person).first().action == "person.added"
