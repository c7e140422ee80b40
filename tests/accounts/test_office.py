"""What the back office shows of how people sign in, and does about it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, SentText, User, WebSession
from common.history import history_of
from tests.accounts.test_second_step import with_code_app

GOOD = "green-lantern-8"


def perform(browser, user, name, **answers):
    """Answer the page of an action and do it."""
    where = reverse("admin:accounts_user_act", args=[user.pk, name])
    return browser.post(where, {"step": "do", "reason": "本人来电核实", **answers}, follow=True)


def test_the_list_of_people_says_who_has_a_second_step_and_when_they_were_seen(
    browser_of, ops, lin, bo
):
    with_code_app(lin)
    page = browser_of(ops).get("/admin/accounts/user/").content.decode()
    assert page.count("设好了") == 1
    assert page.count("要设，还没有") == 1


def test_the_sign_in_history_is_read_by_operations_and_auditors(browser_of, ops, lin):
    Client().force_login(lin)
    page = browser_of(ops).get("/admin/accounts/websession/").content.decode()
    assert "陆遥" in page
    assert WebSession.objects.get(user=lin).key_hash not in page


@pytest.mark.parametrize(("demo", "opens"), [(True, 200), (False, 404)])
def test_simulated_texts_open_in_the_demo_world_alone(browser_of, ops, settings, demo, opens):
    settings.DEMO, settings.DEBUG, settings.CODE_SENDER = demo, False, "simulated"
    SentText.objects.create(phone="13811112222", text="验证码是123456")
    page = browser_of(ops).get("/admin/accounts/senttext/")
    assert page.status_code == opens
    assert ("123456" in page.content.decode()) == demo


def test_operations_invite_and_the_link_opens_once(browser_of, ops):
    person = User(username="xin", display_name="新来的", roles=[Role.AGENT])
    person.set_unusable_password()
    person.save()
    page = perform(browser_of(ops), person, "invite").content.decode()
    secret = re.search(r"/invitation/#([\w-]{40,})", page)[1]
    stranger = Client()
    assert stranger.post("/invitation/", {"secret": secret, "password": GOOD}).status_code == 302
    assert Client().post("/invitation/", {"secret": secret, "password": GOOD}).status_code == 422


def test_operations_end_all_sessions_and_take_a_second_step_away(browser_of, ops, lin):
    with_code_app(lin)
    theirs = browser_of(lin)
    perform(browser_of(ops), lin, "end_sessions")
    assert theirs.get("/profile/").status_code == 302
    perform(browser_of(ops), lin, "reset_second_step")
    actions = set(history_of(lin).values_list("action", flat=True))
    assert {"person.sessions_ended", "person.second_step_reset"} <= actions
