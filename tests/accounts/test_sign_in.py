"""Coming in: by name, phone or staff number; too many wrong passwords; the demo world."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import DatabaseError
from django.urls import reverse

from accounts import doors
from accounts.actions import lift_sign_in_lock
from accounts.doors import Door, Fact, all_doors, doors_of, open_door
from accounts.models import SignInGuard
from common.errors import DomainError
from common.models import Event
from tests.conftest import person

PASSWORD = "open-sesame-88"
MORNING = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def knock(client, account, password=PASSWORD, **more):
    return client.post("/", {"account": account, "password": password, **more})


@pytest.mark.parametrize("name", ["lin", "LIN", " lin ", "13811112222"])
def test_one_comes_in_by_name_in_any_case_or_by_phone(client, lin, name):
    lin.phone = "13811112222"
    lin.save(update_fields=["phone"])
    assert knock(client, name).status_code == 302
    assert client.session["_auth_user_id"] == str(lin.pk)


def test_a_closed_account_stays_out_with_the_same_words(client, lin):
    lin.is_active = False
    lin.save(update_fields=["is_active"])
    assert knock(client, "lin").status_code == 422


def test_the_fifth_wrong_password_locks_here_and_says_until_when(client, lin):
    with time_machine.travel(MORNING, tick=False):
        for left in (4, 3, 2, 1):
            assert f"还可以再试{left}次" in knock(client, "lin", "wrong").content.decode()
        assert "10:45以后再试" in knock(client, "lin", "wrong").content.decode()
        # The right password does not open a locked door, or guessing would go on.
        assert knock(client, "lin").status_code == 422
    with time_machine.travel(MORNING + timedelta(minutes=16), tick=False):
        assert knock(client, "lin").status_code == 302


def test_the_lock_holds_only_at_the_address_that_guessed(client, lin):
    for _try in range(5):
        knock(client, "lin", "wrong")
    elsewhere = client.post("/", {"account": "lin", "password": PASSWORD}, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 302


def test_a_name_that_does_not_exist_is_answered_the_same(client, lin):
    real, invented = knock(client, "lin", "wrong"), knock(client, "nobody", "wrong")
    assert "还可以再试4次" in real.content.decode()
    assert "还可以再试4次" in invented.content.decode()


def test_a_right_password_starts_the_count_anew(client, lin):
    for _try in range(4):
        knock(client, "lin", "wrong")
    knock(client, "lin")
    client.logout()
    assert "还可以再试4次" in knock(client, "lin", "wrong").content.decode()


def test_names_nobody_tried_for_a_day_are_forgotten(client, lin):
    with time_machine.travel(MORNING, tick=False):
        knock(client, "guess", "wrong")
    with time_machine.travel(MORNING + timedelta(days=2), tick=False):
        knock(client, "lin", "wrong")
    names = set(SignInGuard.objects.exclude(account="").values_list("account", flat=True))
    assert names == {"lin"}


def test_operations_lift_a_lock_with_a_reason_that_stays(client, lin, ops):
    for _try in range(5):
        knock(client, "lin", "wrong")
    with pytest.raises(DomainError) as refused:
        lift_sign_in_lock(lin, by=ops, reason=" ")
    assert refused.value.code == "person.no_reason"
    assert lift_sign_in_lock(lin, by=ops, reason="本人来电核实") == 2
    assert lift_sign_in_lock(lin, by=ops, reason="再点一次") == 0
    assert knock(client, "lin").status_code == 302
    assert Event.objects.filter(action="person.unlocked", actor=ops).count() == 1


def test_empty_fields_are_said_beside_each(client):
    page = knock(client, "", "")
    assert page.status_code == 422
    assert "请填密码。" in page.content.decode()


@pytest.mark.parametrize(
    ("onward", "lands"),
    [
        ("/profile/", "/profile/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_one_is_sent_on_only_within_the_house(client, lin, onward, lands):
    assert knock(client, "lin", next=onward).headers["Location"] == lands


def test_people_see_only_their_own_doors_and_one_door_is_gone_through(browser_of, mei, lin, chen):
    keys = {open_.door.key for open_ in doors_of(lin)}
    assert "admin" not in keys
    assert {open_.door.key for open_ in doors_of(mei)} == {
        door.key for door in all_doors() if door.right == "me.use"
    }


def test_a_fact_is_shown_and_a_broken_one_keeps_nobody_out(browser_of, ops, monkeypatch):
    def broken(user):
        raise DatabaseError("gone")

    monkeypatch.setattr(doors, "_doors", {})
    common = {"line": "线", "icon": "inbox", "right": "admin.use"}
    open_door(
        Door(key="a", url="/a/", title="甲", fact=lambda user: Fact(badge="1 位超时"), **common)
    )
    open_door(Door(key="b", url="/b/", title="乙", fact=broken, **common))
    page = browser_of(ops).get("/").content.decode()
    assert "1 位超时" in page
    assert "乙" in page
    assert 'data-digit="2"' in page


def test_somebody_without_a_role_is_told_what_to_do(browser_of, db):
    assert "还没有能进的门" in browser_of(person("wu", "无名")).get("/").content.decode()


def test_in_the_demo_world_one_becomes_a_named_person(client, settings, lin, bo):
    settings.DEMO = True
    assert "许青禾" in client.get("/").content.decode()
    assert client.post(reverse("demo-sign-in"), {"person": str(bo.public_id)}).status_code == 302
    assert client.session["_auth_user_id"] == str(bo.pk)


def test_elsewhere_nobody_comes_in_without_a_password(client, settings, bo):
    settings.DEMO = False
    assert client.post(reverse("demo-sign-in"), {"person": str(bo.public_id)}).status_code == 404
    assert "许青禾" not in client.get("/").content.decode()


def test_signing_out_is_a_post_and_may_be_done_twice(browser_of, lin):
    browser = browser_of(lin)
    assert browser.get(reverse("sign-out")).status_code == 405
    assert browser.post(reverse("sign-out")).headers["Location"] == "/"
    assert browser.post(reverse("sign-out")).headers["Location"] == "/"
    assert "_auth_user_id" not in browser.session


def test_the_chosen_language_comes_along_to_the_next_browser(client, browser_of, lin):
    browser_of(lin).post(reverse("profile"), {"language": "en"})
    answer = knock(client, "lin")
    assert answer.cookies["django_language"].value == "en"
    assert Event.objects.filter(action="person.language_set", actor=lin).count() == 1


def test_the_profile_is_for_those_who_came_in(client):
    assert client.get(reverse("profile")).headers["Location"] == "/?next=/profile/"


def test_the_page_of_components_is_not_for_guests(client, settings, browser_of, mei, ops):
    settings.DEBUG = False
    assert client.get("/look/").status_code == 404
    assert browser_of(mei).get("/look/").status_code == 404
    assert browser_of(ops).get("/look/").status_code == 200


def test_the_front_costs_few_queries(client, lin, django_assert_max_num_queries):
    with django_assert_max_num_queries(0):
        client.get("/")
