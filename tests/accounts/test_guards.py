"""Guessing: who is locked out and who is not, and what the answers tell about who exists."""

import re
import threading
from datetime import datetime
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions import try_password
from accounts.models import Role, SignInGuard, User
from common.parameters import forget, set_value
from tests.conftest import PASSWORD, person

MORNING = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
OFFICE = "10.1.1.1"


def knock(client, account, password=PASSWORD, address=OFFICE):
    return client.post("/", {"account": account, "password": password}, REMOTE_ADDR=address)


def guess(account, address=OFFICE):
    return try_password(account, "wrong", address=address)


def test_two_hundred_names_known_or_not_are_answered_alike(db):
    """The same words, the same number of hashes and of queries: nothing to tell them apart by."""
    known = [f"staff{n}" for n in range(100)]
    User.objects.bulk_create(
        User(username=name, display_name="某人", password="md5$x$y") for name in known
    )
    answers, costs = set(), set()
    browser = Client()
    knock(browser, "first", "wrong", address="10.3.0.1")  # what a process reads once
    with (
        time_machine.travel(MORNING, tick=False),
        mock.patch.object(
            MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
        ) as hashed,
    ):
        for n, name in enumerate([*known, *(f"ghost{n}" for n in range(100))]):
            hashed.reset_mock()
            with CaptureQueriesContext(connection) as asked:
                page = knock(browser, name, "wrong", address=f"10.2.{n}.1")
            costs.add((hashed.call_count, len(asked)))
            answers.add((page.status_code, _neutral(page.content.decode(), name)))
    assert len(answers) == 1
    assert len(costs) == 1
    assert next(iter(costs))[0] == 1


def _neutral(page, name):
    page = re.sub(r'(csrf" content|csrfmiddlewaretoken" value)="[^"]+"', "", page)
    return page.replace(name, "NAME")


def test_closed_accounts_and_those_without_a_password_cost_the_same(lin, bo):
    lin.is_active = False
    lin.save(update_fields=["is_active"])
    bo.set_unusable_password()
    bo.save(update_fields=["password"])
    for name in ("lin", "bo", "nobody"):
        with mock.patch.object(
            MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
        ) as hashed:
            assert try_password(name, PASSWORD, address=OFFICE).refusal == "sign_in.wrong"
        assert hashed.call_count == 1


def test_an_empty_hash_opens_nothing(lin):
    User.objects.update(password="")
    for password in ("", "!", PASSWORD):
        assert try_password("lin", password, address=OFFICE).person is None


def test_old_hashes_are_made_anew_at_sign_in(lin, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    lin.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
    lin.save(update_fields=["password"])
    assert try_password("lin", PASSWORD, address=OFFICE).person == lin
    lin.refresh_from_db()
    assert lin.password.startswith("md5$")


def test_spraying_names_closes_an_address_for_strangers(db):
    set_value("sign_in.tries_address", 20, by=None, reason="演练")
    forget()
    for n in range(20):
        guess(f"guess{n}")
    page = knock(Client(), "another", "wrong")
    assert "以后再试" in page.content.decode()
    assert "以后再试" not in knock(Client(), "another", "wrong", "10.9.9.9").content.decode()


def test_an_office_goes_on_while_somebody_in_it_guesses(lin, bo):
    """Everybody who came in there before comes in; only browsers nobody knows have to wait."""
    set_value("sign_in.tries_address", 20, by=None, reason="演练")
    forget()
    colleagues = {name: Client() for name in ("lin", "bo")}
    for name, browser in colleagues.items():
        assert knock(browser, name).status_code == 302
        browser.post("/sign-out/")
    for n in range(60):
        guess(f"guess{n}")
    assert "以后再试" in knock(Client(), "guess99", "wrong").content.decode()
    for name, browser in colleagues.items():
        assert knock(browser, name).status_code == 302


def test_guessing_at_my_name_in_my_office_does_not_lock_me_out(lin):
    mine = Client()
    knock(mine, "lin")
    mine.post("/sign-out/")
    for n in range(80):
        guess("lin", f"10.3.0.{n}" if n > 10 else OFFICE)
    assert "以后再试" in knock(Client(), "lin", "wrong").content.decode()
    assert knock(mine, "lin").status_code == 302


def test_a_known_browser_has_no_more_tries_than_any(lin):
    mine = Client()
    knock(mine, "lin")
    mine.post("/sign-out/")
    for _try in range(5):
        knock(mine, "lin", "wrong")
    assert knock(mine, "lin").status_code == 422


def test_the_place_with_the_fewest_tries_left_says_how_many(lin):
    set_value("sign_in.tries_anywhere", 10, by=None, reason="演练")
    forget()
    left = [guess("lin", f"10.3.0.{n}").tries_left for n in range(10)]
    assert left == [4, 4, 4, 4, 4, 4, 3, 2, 1, 0]


def test_somebody_elses_browser_is_a_strangers(lin, bo):
    theirs = Client()
    knock(theirs, "bo")
    theirs.post("/sign-out/")
    for _try in range(5):
        knock(Client(), "lin", "wrong")
    assert knock(theirs, "lin").status_code == 422


def test_the_more_people_come_in_from_an_address_the_more_tries_it_has(db):
    set_value("sign_in.tries_address", 20, by=None, reason="演练")
    forget()
    for n in range(3):
        person(f"colleague{n}", "同事", Role.AGENT)
        knock(Client(), f"colleague{n}")
    for n in range(49):
        guess(f"guess{n}")
    assert "还可以再试" in knock(Client(), "one-more", "wrong").content.decode()
    assert "以后再试" in knock(Client(), "too-many", "wrong").content.decode()


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_at_one_moment_are_all_counted(lin):
    refusals = []

    def guess_at_once():
        try:
            refusals.append(guess("lin").refusal or "in")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess_at_once) for _n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Five tries, the last of which shuts the door; the rest were not even looked at.
    assert refusals.count("sign_in.wrong") == 4
    assert refusals.count("sign_in.locked") == 8


@pytest.mark.parametrize("typed", ["lin", "LIN ", "ＬＩＮ"])
def test_the_name_is_counted_as_it_is_meant(lin, typed):
    knock(Client(), typed, "wrong")
    assert SignInGuard.objects.filter(address=OFFICE).exclude(account="").count() == 1


@pytest.mark.parametrize("name", ["a" * 64, "'; drop table", "%", "lin\u202e", "😀", "1" * 40])
def test_any_name_gets_an_answer(db, name):
    assert knock(Client(), name, "wrong").status_code == 422


def test_a_foreign_host_and_a_foreign_form_are_refused(lin):
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400
    strict = Client(enforce_csrf_checks=True)
    for path in (
        "/",
        "/join/",
        "/reset/",
        "/second-step/",
        "/passkeys/begin/",
        "/profile/password/",
    ):
        assert strict.post(path, {"account": "lin", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
@pytest.mark.parametrize("path", ["/profile/prove/", "/passkeys/finish/"])
def test_nobody_is_sent_out_of_the_house(lin, onward, path):
    browser = Client()
    knock(browser, "lin")
    answer = browser.post(f"{path}?next={onward}", {"password": PASSWORD, "next": onward})
    assert "evil" not in answer.headers.get("Location", "")
    assert "evil" not in answer.content.decode()
