"""Where one is signed in: rows, ends, keys that change, and what a session owes."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    close_account,
    end_all_sessions,
    end_session,
    set_password,
    set_roles,
    sign_in_device,
)
from accounts.models import Ended, Method, Notification, Role, WebSession
from accounts.tasks import clear_old_sessions
from accounts.user_agents import device_of
from common.errors import DomainError, Forbidden, NotFound
from common.history import history_of
from common.parameters import forget, set_value
from tests.conftest import PASSWORD

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36"
)
MORNING = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def come_in(user, client=None, **headers):
    browser = client or Client(headers={"user-agent": CHROME, **headers})
    answer = browser.post("/", {"account": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def is_in(browser):
    return browser.get("/profile/").status_code == 200


def test_a_sign_in_is_a_row_with_words_for_the_device(lin):
    come_in(lin)
    row = WebSession.objects.get()
    assert (row.user, row.device_words, row.method) == (lin, "Chrome 138 Windows", Method.PASSWORD)
    assert row.address == "127.0.0.1"


def test_neither_cookie_nor_device_stands_in_the_tables(lin):
    browser = come_in(lin)
    key, device = browser.cookies["sessionid"].value, browser.cookies["device"].value
    row = WebSession.objects.get()
    assert Session.objects.get().session_key == row.key_hash != key
    assert device not in (row.key_hash, row.device_hash)


@pytest.mark.parametrize("name", ["sessionid", "device", "csrftoken"])
def test_scripts_do_not_read_cookies_and_other_sites_do_not_send_them(lin, name):
    browser = Client()
    browser.get("/")
    cookie = come_in(lin, browser).cookies[name]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_in_production_cookies_travel_by_https_alone(lin, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    browser = Client()
    browser.get("/")
    come_in(lin, browser)
    assert all(browser.cookies[name]["secure"] for name in ("sessionid", "device", "csrftoken"))


def test_apps_are_listed_and_ended_there_too(lin, bo):
    for user in (lin, bo):
        sign_in_device(
            user,
            method="password",
            name="小夏的手机",
            platform="ios",
            app_version="1",
            address="",
            now=timezone.now(),
        )
    browser = come_in(lin)
    assert browser.get("/profile/").content.decode().count("小夏的手机") == 2
    other = reverse("end-app", args=[bo.devices.get().pk])
    assert browser.post(other).status_code == 404
    browser.post(reverse("end-app", args=[lin.devices.get().pk]))
    assert "小夏的手机" not in browser.get("/profile/").content.decode()


def test_the_profile_lists_them_and_ends_one_or_all_others(lin):
    here, there, third = come_in(lin), come_in(lin), come_in(lin)
    page = here.get("/profile/").content.decode()
    assert page.count('class="rows__item"') == 3
    assert "这里" in page
    row = WebSession.objects.order_by("signed_in_at")[1]
    here.post(reverse("end-session", args=[row.pk]))
    assert [is_in(one) for one in (here, there, third)] == [True, False, True]
    here.post(reverse("end-other-sessions"))
    assert [is_in(one) for one in (here, third)] == [True, False]
    assert set(WebSession.objects.exclude(ended_at=None).values_list("ended_why", flat=True)) == {
        Ended.BY_PERSON
    }


def test_nobody_ends_somebody_elses(lin, bo, ops):
    come_in(lin)
    row = WebSession.objects.get()
    assert come_in(bo).post(reverse("end-session", args=[row.pk])).status_code == 404
    with pytest.raises(NotFound):
        end_session(row, by=bo)
    with pytest.raises(Forbidden):
        end_all_sessions(lin, by=bo, reason="我来")
    assert end_session(row, by=ops, why="丢了电脑")
    assert not end_session(row, by=ops, why="再点一次")


ENDINGS = {
    "roles": lambda lin, ops: set_roles(lin, [Role.AGENT], by=ops, reason="转岗"),
    "password": lambda lin, ops: set_password(lin, "another-one-77", by=None, reason="丢了"),
    "closed": lambda lin, ops: close_account(lin, by=ops, reason="离职"),
    "by_operations": lambda lin, ops: end_all_sessions(lin, by=ops, reason="丢了电脑"),
}


@pytest.mark.parametrize("why", ENDINGS)
def test_the_old_cookie_opens_neither_pages_nor_the_api(lin, ops, why):
    browser = come_in(lin)
    ENDINGS[why](lin, ops)
    assert browser.get("/profile/").headers["Location"].startswith("/?next=")
    assert browser.get("/api/v1/conversations/").status_code in (401, 403)
    assert WebSession.objects.get(user=lin).ended_why == why
    assert not Session.objects.exists()


def test_people_who_change_their_password_stay_here_under_a_new_key(lin):
    here, there = come_in(lin), come_in(lin)
    key = here.cookies["sessionid"].value
    said = {"current": PASSWORD, "password": "another-one-77"}
    assert here.post(reverse("profile-password"), said).status_code == 302
    assert here.cookies["sessionid"].value != key
    assert (is_in(here), is_in(there)) == (True, False)
    old = Client()
    old.cookies["sessionid"] = key
    assert not is_in(old)
    assert WebSession.objects.filter(user=lin).going_on().count() == 1
    assert history_of(lin).filter(action="person.password_set").count() == 1


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short-9", "至少10个字符"),
        ("password123", "常见"),
        ("1357924680", "数字"),
        ("my-name-is-lin1-x", ""),
        ("陆遥-7712-xyz", "密码里有您的名字"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(lin, password, words):
    page = come_in(lin).post(
        reverse("profile-password"), {"current": PASSWORD, "password": password}
    )
    if words:
        assert page.status_code == 422
        assert words in page.content.decode()
    else:
        assert page.status_code == 302


def test_a_wrong_present_password_changes_nothing_and_is_counted(lin):
    browser = come_in(lin)
    said = {"current": "wrong", "password": "another-one-77"}
    for _try in range(5):
        assert browser.post(reverse("profile-password"), said).status_code == 422
    said["current"] = PASSWORD
    assert "以后再试" in browser.post(reverse("profile-password"), said).content.decode()


def test_the_rules_are_said_before_anybody_types(lin):
    assert "至少10个字符" in come_in(lin).get("/profile/").content.decode()


def test_a_planted_key_opens_nothing(client, lin):
    client.get("/join/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    come_in(lin, client)
    assert client.session.session_key != session.session_key
    assert "planted" not in client.session


def test_the_next_person_in_a_browser_ends_the_session_of_the_one_before(lin, bo):
    browser = come_in(lin)
    come_in(bo, browser)
    assert WebSession.objects.get(user=lin).ended_why == Ended.SIGNED_OUT
    assert WebSession.objects.filter(user=bo).going_on().exists()


def test_a_new_device_leaves_a_line_and_a_known_one_does_not(lin):
    first = come_in(lin)
    assert not history_of(lin).filter(action="person.new_device").exists()
    first.post("/sign-out/")
    come_in(lin, first)
    assert not history_of(lin).filter(action="person.new_device").exists()
    come_in(lin)
    line = history_of(lin).get(action="person.new_device")
    assert line.after["device"] == "Chrome 138 Windows"
    assert Notification.objects.get(person=lin).kind == "sign_in.new_device"


def test_last_seen_is_written_once_a_minute(lin, monkeypatch, django_assert_num_queries):
    from accounts.actions import sessions

    clock = [1000.0]
    monkeypatch.setattr(sessions, "monotonic", lambda: clock[0])
    with time_machine.travel(MORNING, tick=False):
        browser = come_in(lin)
    for minutes, seen in ((0.5, 0), (2, 2), (2.5, 2), (4, 4)):
        clock[0] = 1000 + minutes * 60
        with time_machine.travel(MORNING + timedelta(minutes=minutes), tick=False):
            is_in(browser)
        assert WebSession.objects.get().seen_at == MORNING + timedelta(minutes=seen)


def test_a_session_from_before_there_were_rows_gets_one(browser_of, lin):
    from accounts.actions.sessions import _seen

    browser = browser_of(lin)
    WebSession.objects.all().delete()
    _seen.clear()
    assert is_in(browser)
    assert WebSession.objects.get().user == lin


def test_what_time_has_ended_is_marked(lin):
    come_in(lin)
    Session.objects.update(expire_date=MORNING)
    clear_old_sessions()
    assert WebSession.objects.get().ended_why == Ended.EXPIRED


def test_signing_out_ends_the_row(lin):
    come_in(lin).post("/sign-out/")
    assert WebSession.objects.get().ended_why == Ended.SIGNED_OUT


# --- What a session owes ----------------------------------------------------------------------


def long_here(user):
    user.date_joined = MORNING - timedelta(days=30)
    user.save(update_fields=["date_joined"])
    return user


@pytest.mark.parametrize("who", ["ops", "lin"])
def test_operations_and_leads_set_a_second_step_up_before_anything_else(who, request):
    browser = come_in(long_here(request.getfixturevalue(who)))
    for page in ("/", "/profile/", "/admin/", "/desk/"):
        assert browser.get(page).headers["Location"].startswith("/profile/second-step/")
    refused = browser.get("/api/v1/conversations/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_step.missing")
    assert refused.json()["detail"].startswith("请先设好第二步验证")
    page = browser.get("/profile/second-step/")
    assert page.status_code == 200
    assert "您的角色需要第二步" in page.content.decode()


@pytest.mark.parametrize("who", ["bo", "mei"])
def test_others_need_none(who, request):
    assert is_in(come_in(long_here(request.getfixturevalue(who))))


def test_newcomers_have_a_week(lin):
    assert is_in(come_in(lin))


def test_whom_the_parameter_names_newly_has_a_week_from_then(bo):
    long_here(bo)
    set_value("second_step.required_roles", "agent", by=None, reason="收紧")
    forget()
    assert is_in(come_in(bo))
    with time_machine.travel(datetime.now().astimezone() + timedelta(days=8)):
        browser = come_in(bo)
        assert browser.get("/profile/").status_code == 302


def test_in_the_demo_world_the_named_people_come_in_without(client, settings, lin):
    settings.DEMO = True
    long_here(lin)
    client.post(reverse("demo-sign-in"), {"person": str(lin.public_id)})
    assert WebSession.objects.get().method == Method.DEMO
    assert is_in(client)
    # The mark of the demo world counts nowhere else.
    settings.DEMO = False
    assert not is_in(client)


def test_a_sudden_empty_parameter_asks_nobody(lin):
    long_here(lin)
    set_value("second_step.required_roles", "", by=None, reason="演练")
    forget()
    assert is_in(come_in(lin))


def test_no_reason_no_end(lin, ops):
    with pytest.raises(DomainError) as refused:
        end_all_sessions(lin, by=ops, reason=" ")
    assert refused.value.code == "person.no_reason"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, ("Chrome 138", "Windows")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) MicroMessenger/8.0.60",
            ("微信 8", "iOS"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.4 Safari/605.1.15",
            ("Safari 18", "macOS"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            ("Firefox 140", "Linux"),
        ),
        ("curl/8.5", ("", "")),
        ("", ("", "")),
    ],
)
def test_browsers_in_the_words_people_use(agent, words):
    assert device_of(agent) == words
