"""The second step of an app: asked after the password, answered once, owed by those who must have one."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client

from accounts.api.sign_ins import CHALLENGE
from accounts.models import Device, Method, User
from common.parameters import forget, set_value
from tests.accounts.test_devices import API, ask, renew, sign_in
from tests.accounts.test_second_step import NOON, code_at, with_code_app
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


def answer_step(challenge, code):
    return Client().post(
        f"{API}/sign-ins/second-steps/",
        {"challenge": challenge, "code": code},
        content_type="application/json",
    )


@pytest.fixture
def secret(lin):
    return with_code_app(lin)[0]


def test_the_password_alone_is_answered_with_a_challenge(lin, secret):
    with time_machine.travel(LATER, tick=False):
        asked = sign_in(Client(), "lin")
        assert (asked.status_code, asked.json()["code"]) == (401, "second_step.required")
        assert asked.json()["ways"] == ["totp", "recovery"]
        assert not Device.objects.exists()
        answer = answer_step(asked.json()["challenge"], code_at(secret, LATER))
        assert answer.status_code == 201
        device = Device.objects.get()
        assert (device.user, device.method, device.name) == (lin, Method.TOTP, "小米 17")
        assert ask(answer.json()["access_token"]).status_code == 200
    assert PASSWORD not in asked.content.decode()


def test_a_challenge_is_answered_once(lin, secret):
    with time_machine.travel(LATER, tick=False) as clock:
        challenge = sign_in(Client(), "lin").json()["challenge"]
        assert answer_step(challenge, code_at(secret, LATER)).status_code == 201
        clock.shift(60)
        again = answer_step(challenge, code_at(secret, LATER + timedelta(seconds=60)))
        assert (again.status_code, again.json()["code"]) == (401, "second_step.expired")
    assert Device.objects.count() == 1


def test_a_wrong_code_says_how_many_tries_are_left_and_then_locks(lin, secret):
    with time_machine.travel(LATER, tick=False):
        challenge = sign_in(Client(), "lin").json()["challenge"]
        answers = [answer_step(challenge, "000000") for _ in range(5)]
    assert [a.json()["code"] for a in answers[:4]] == ["second_step.wrong"] * 4
    assert answers[0].json()["tries_left"] == 4
    assert (answers[4].status_code, answers[4].json()["code"]) == (429, "second_step.locked")
    assert int(answers[4]["Retry-After"]) > 0
    assert not Device.objects.exists()


def test_a_challenge_holds_for_five_minutes(lin, secret):
    with time_machine.travel(LATER, tick=False) as clock:
        challenge = sign_in(Client(), "lin").json()["challenge"]
        clock.shift(301)
        late = answer_step(challenge, code_at(secret, LATER + timedelta(seconds=301)))
    assert late.json()["code"] == "second_step.expired"


def test_a_challenge_that_is_none_is_over(db):
    for challenge in ("x", "x:y:z", signing.dumps(["x", {}], salt=CHALLENGE)):
        answer = answer_step(challenge, "123456")
        assert (answer.status_code, answer.json()["code"]) == (401, "second_step.expired")


def test_the_device_of_a_challenge_cannot_be_changed(lin, secret):
    with time_machine.travel(LATER, tick=False):
        challenge = sign_in(Client(), "lin").json()["challenge"]
        spoiled = challenge[:5] + ("A" if challenge[5] != "A" else "B") + challenge[6:]
        assert answer_step(spoiled, code_at(secret, LATER)).status_code == 401
        assert answer_step(challenge, code_at(secret, LATER)).status_code == 201


def test_who_must_have_a_second_step_comes_in_with_one_alone(lin):
    User.objects.filter(pk=lin.pk).update(date_joined=NOON)
    with time_machine.travel(NOON, tick=False):
        early = sign_in(Client(), "lin").json()
        set_value("second_step.required_roles", "lead", by=None, reason="规定")
        set_value("second_step.grace", timedelta(0), by=None, reason="规定")
        forget()
    with time_machine.travel(LATER, tick=False):
        forget()
        refused = sign_in(Client(), "lin")
        assert (refused.status_code, refused.json()["code"]) == (403, "second_step.missing")
        renewed = renew(Client(), early["refresh_token"]).json()["access_token"]
        assert ask(renewed).json()["code"] == "second_step.missing"
        secret = with_code_app(lin, LATER)[0]
    with time_machine.travel(LATER + timedelta(minutes=5), tick=False) as clock:
        challenge = sign_in(Client(), "lin").json()["challenge"]
        answer = answer_step(challenge, code_at(secret, LATER + timedelta(minutes=5)))
        clock.shift(1)
        assert ask(answer.json()["access_token"]).status_code == 200
