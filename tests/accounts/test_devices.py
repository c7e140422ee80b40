"""Apps on devices: signing in, renewing, and everything that must not open."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts import credentials
from accounts.actions import (
    close_account,
    end_device,
    end_other_devices,
    forget_ended_devices,
    refresh_device,
    set_password,
    set_roles,
    sign_in_device,
)
from accounts.actions.devices import RefreshRefused
from accounts.models import Device, DeviceEnd, Method, Role, User
from common.errors import DomainError, Forbidden, NotFound
from common.history import history_of
from common.parameters import forget, set_value
from tests.conftest import PASSWORD
from tests.problems import refusal_text

API = "/api/v1"
PHONE = {"name": "小米 17", "platform": "android", "app_version": "3.2.1"}


@pytest.fixture
def app(db):
    """A client that knows neither cookies nor tokens."""
    return Client()


def device_of(user: User, name: str = "小米 17", now=None, method=Method.PASSWORD):
    return sign_in_device(
        user,
        method=method,
        name=name,
        platform="android",
        app_version="3.2.1",
        address="10.0.0.1",
        now=now or timezone.now(),
    )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def ask(token: str, path: str = "/devices/"):
    return Client().get(f"{API}{path}", headers=bearer(token))


def sign_in(app, account="mei", password=PASSWORD, device=PHONE):
    body = {"account": account, "password": password, "device": device}
    return app.post(f"{API}/sign-ins/", body, content_type="application/json")


def renew(app, refresh):
    body = {"refresh_token": refresh}
    return app.post(f"{API}/sign-ins/refresh/", body, content_type="application/json")


def test_an_app_signs_in_and_asks_by_its_token(app, mei):
    answer = sign_in(app)
    assert answer.status_code == 201
    said = answer.json()
    assert said["person"] == {
        "id": f"usr_{mei.public_id.hex}",
        "name": "周小宁",
        "roles": ["member"],
        "language": "",
    }
    assert said["expires_in"] in (599, 600)
    assert "sessionid" not in app.cookies
    (device,) = ask(said["access_token"]).json()["data"]
    assert (device["id"], device["is_current"]) == (said["device"]["id"], True)
    (line,) = history_of(Device.objects.get())
    assert (line.action, line.actor) == ("device.signed_in", mei)


def test_nothing_but_hashes_is_kept(app, mei):
    said = sign_in(app).json()
    renewed = renew(app, said["refresh_token"]).json()
    kept = repr(Device.objects.values().get()) + repr(
        list(history_of(Device.objects.get()).values())
    )
    for tokens in (said, renewed):
        for token in (tokens["access_token"], tokens["refresh_token"]):
            assert token not in kept
            assert token[4:40] not in kept


def test_a_wrong_password_says_the_same_of_those_who_exist_and_those_who_do_not(app, mei):
    known, unknown = sign_in(app, password="x"), sign_in(app, "nobody", "x")
    assert (known.status_code, known.json()["code"]) == (401, "sign_in.wrong")
    assert refusal_text(known) == refusal_text(unknown)
    assert known.json()["tries_left"] == 4
    assert known["WWW-Authenticate"].startswith("Bearer")


def test_too_many_wrong_passwords_lock_and_say_for_how_long(app, mei):
    for _ in range(5):
        answer = sign_in(app, password="x")
    assert (answer.status_code, answer.json()["code"]) == (429, "sign_in.locked")
    right = sign_in(app)
    assert right.status_code == 429
    assert 0 < int(right["Retry-After"]) <= 900


def test_a_closed_account_gets_no_tokens(app, mei, ops):
    close_account(mei, by=ops, reason="注销")
    assert sign_in(app).json()["code"] == "sign_in.wrong"


@pytest.mark.parametrize(
    "device",
    [
        {},
        {"name": "", "platform": "ios"},
        {"name": "x", "platform": "toaster"},
        {"name": "a\0b", "platform": "ios"},
        {"name": "x" * 65, "platform": "ios"},
        {"name": "x", "platform": "ios", "is_superuser": True},
        "phone",
        None,
    ],
)
def test_a_device_that_cannot_be_is_refused_by_field(app, mei, device):
    assert sign_in(app, device=device).status_code == 400
    assert not Device.objects.exists()


def test_a_bearer_request_does_not_use_the_cookie(mei, bo, browser_of):
    browser = browser_of(bo)
    token = device_of(mei).access
    (device,) = browser.get(f"{API}/devices/", headers=bearer(token)).json()["data"]
    assert device["is_current"]
    assert browser.get(f"{API}/devices/", headers=bearer("xat_wrong")).status_code == 401
    assert browser.get(f"{API}/devices/", headers=bearer("")).status_code == 401


def test_a_bearer_change_needs_no_csrf_token(mei):
    app = Client(enforce_csrf_checks=True)
    answer = app.post(f"{API}/socket-tickets/", headers=bearer(device_of(mei).access))
    assert answer.status_code == 201


def test_a_cookie_change_needs_one(mei):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(mei)
    assert browser.post(f"{API}/socket-tickets/").status_code == 403


def spoiled(token):
    return {
        "empty": ("", "token.missing"),
        "blank": ("   ", "token.missing"),
        "prefix alone": (token[:4], "token.unknown"),
        "truncated": (token[:-1], "token.unknown"),
        "lengthened": (token + "A", "token.unknown"),
        "case changed": (token[:4] + token[4:].swapcase(), "token.unknown"),
        "prefix in capitals": (token[:4].upper() + token[4:], "token.unknown"),
        "one letter changed": (token[:-1] + ("A" if token[-1] != "A" else "B"), "token.unknown"),
        "doubled": (f"{token},Bearer {token}", "token.unknown"),
        "two of them": (f"{token} {token}", "token.unknown"),
        "quoted": (f'"{token}"', "token.unknown"),
        "another kind": ("xit_" + token[4:], "token.unknown"),
        "made up": (
            "xat_" + "A" * (len(token) - 4),
            "token.unknown",
        ),
        "not letters": ("xat_" + "!" * (len(token) - 4), "token.unknown"),
        "beyond ASCII": ("xat_" + "é" * (len(token) - 4), "token.unknown"),
        "very long": ("xat_" + "A" * 60_000, "token.unknown"),
    }


@pytest.mark.parametrize("how", spoiled("xat_" + "a" * 80))
def test_a_spoiled_token_opens_nothing(how, mei, django_assert_num_queries):
    token, code = spoiled(device_of(mei).access)[how]
    with django_assert_num_queries(1):  # the stranger's turn is counted, nothing is looked up
        answer = ask(token)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer["WWW-Authenticate"].startswith('Bearer realm="xiaoer"')


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(app, mei):
    tokens = device_of(mei)
    assert ask(tokens.refresh).json()["code"] == "token.unknown"
    assert renew(app, tokens.access).json()["code"] == "refresh.unknown"
    assert ask(tokens.access).status_code == 200


def test_another_scheme_is_left_to_the_cookie(mei, browser_of):
    answer = browser_of(mei).get(f"{API}/devices/", headers={"Authorization": "Basic bWVpOng="})
    assert answer.status_code == 200


def test_the_scheme_may_be_written_in_any_case(mei):
    token = device_of(mei).access
    answer = Client().get(f"{API}/devices/", headers={"Authorization": f"bearer {token}"})
    assert answer.status_code == 200


def test_who_sends_nothing_is_told_how_to_come_in(app):
    answer = app.get(f"{API}/devices/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="xiaoer"'


def test_an_access_token_ends_after_ten_minutes(app, mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        tokens = device_of(mei)
        clock.shift(599)
        assert ask(tokens.access).status_code == 200
        clock.shift(1)
        refused = ask(tokens.access)
        assert (refused.status_code, refused.json()["code"]) == (401, "token.expired")
        assert 'error="invalid_token"' in refused["WWW-Authenticate"]
        assert ask(renew(app, tokens.refresh).json()["access_token"]).status_code == 200


def test_asking_costs_one_query_and_a_write_a_minute(mei, django_assert_num_queries):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        token = device_of(mei).access
        app, door = Client(), f"{API}/devices/"
        app.get(door, headers=bearer(token))
        assert Device.objects.get().last_used_address == "127.0.0.1"
        with django_assert_num_queries(2):  # the token with its person, and the list itself
            app.get(door, headers=bearer(token))
        clock.shift(59)
        with django_assert_num_queries(2):
            app.get(door, headers=bearer(token))
        clock.shift(1)
        with django_assert_num_queries(3):
            app.get(door, headers=bearer(token))
        assert Device.objects.get().last_used_at == timezone.now()


# --- Renewing ---------------------------------------------------------------------------------


def test_a_refresh_gives_new_tokens_and_spends_the_old_ones(app, mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        old = device_of(mei)
        clock.shift(600)
        new = renew(app, old.refresh).json()
        assert {new["access_token"], new["refresh_token"]}.isdisjoint({old.access, old.refresh})
        assert ask(new["access_token"]).status_code == 200
        assert ask(old.access).json()["code"] == "token.expired"
        clock.shift(60)
        assert renew(app, new["refresh_token"]).status_code == 200


def test_requests_under_way_with_the_old_access_token_finish(mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        old = device_of(mei)
        clock.shift(300)
        refresh_device(old.refresh, now=timezone.now())
        clock.shift(29)
        assert ask(old.access).status_code == 200
        clock.shift(1)
        assert ask(old.access).json()["code"] == "token.expired"


def test_an_expired_access_token_is_not_revived_by_a_refresh(mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        old = device_of(mei)
        clock.shift(601)
        refresh_device(old.refresh, now=timezone.now())
        assert ask(old.access).json()["code"] == "token.expired"


def test_who_lost_the_answer_gets_the_same_one_again(app, mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        old = device_of(mei)
        lost = renew(app, old.refresh).json()
        clock.shift(29)
        again = renew(app, old.refresh).json()
        assert again["access_token"] == lost["access_token"]
        assert again["refresh_token"] == lost["refresh_token"]
        assert again["expires_in"] == lost["expires_in"] - 29
        assert ask(again["access_token"]).status_code == 200
    assert Device.objects.get().ended_at is None


def test_the_old_access_token_does_not_tell_that_the_answer_arrived(app, mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        old = device_of(mei)
        clock.shift(120)
        renew(app, old.refresh)
        assert ask(old.access).status_code == 200
        assert renew(app, old.refresh).status_code == 200


def reused(app, refresh):
    answer = renew(app, refresh)
    assert (answer.status_code, answer.json()["code"]) == (401, "refresh.reused")
    device = Device.objects.get()
    assert device.end_reason == DeviceEnd.REUSED
    line = history_of(device).first()
    assert (line.action, line.after, line.actor) == ("device.ended", {"why": "reused"}, None)


def test_a_spent_token_after_the_grace_ends_the_sign_in(app, mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        old = device_of(mei)
        new = renew(app, old.refresh).json()
        clock.shift(30)
        reused(app, old.refresh)
        assert ask(new["access_token"]).json()["code"] == "token.revoked"
        assert renew(app, new["refresh_token"]).json()["code"] == "refresh.revoked"
        assert renew(app, old.refresh).json()["code"] == "refresh.revoked"


def test_a_spent_token_ends_the_sign_in_once_the_new_ones_are_in_use(app, mei):
    old = device_of(mei)
    new = renew(app, old.refresh).json()
    assert ask(new["access_token"]).status_code == 200
    reused(app, old.refresh)
    assert ask(new["access_token"]).status_code == 401


def test_a_token_two_generations_old_ends_the_sign_in(app, mei):
    first = device_of(mei)
    second = renew(app, first.refresh).json()
    renew(app, second["refresh_token"])
    reused(app, first.refresh)


def test_who_copied_a_token_and_renews_first_is_found_out_by_the_owner(app, mei):
    stolen = device_of(mei).refresh
    thief = renew(app, stolen).json()
    assert ask(thief["access_token"]).status_code == 200
    reused(app, stolen)  # the owner's app
    assert ask(thief["access_token"]).status_code == 401
    assert renew(app, thief["refresh_token"]).status_code == 401


@pytest.mark.parametrize("how", spoiled("xrt_" + "a" * 80))
def test_a_spoiled_refresh_token_renews_nothing_and_ends_nothing(how, app, mei):
    token, _code = spoiled(device_of(mei).refresh)[how]
    answer = renew(app, token)
    assert answer.status_code in (400, 401)
    device = Device.objects.get()
    assert (device.ended_at, device.spent_refresh_hash) == (None, "")


def test_a_refresh_token_of_no_device_is_unknown(app, db):
    token = credentials.mint(credentials.REFRESH, uuid4())
    assert renew(app, token).json()["code"] == "refresh.unknown"


def test_a_device_not_used_for_thirty_days_is_signed_out(app, mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        tokens = device_of(mei)
        clock.shift(timedelta(days=30) - timedelta(seconds=1))
        tokens = renew(app, tokens.refresh).json()
        clock.shift(timedelta(days=30))
        assert renew(app, tokens["refresh_token"]).json()["code"] == "refresh.expired"


def test_a_sign_in_ends_at_its_limit_however_often_it_is_used(app, mei):
    with time_machine.travel("2026-05-01 09:00:00Z", tick=False) as clock:
        refresh = device_of(mei).refresh
        for _ in range(8):
            clock.shift(timedelta(days=20))
            refresh = renew(app, refresh).json()["refresh_token"]
        clock.shift(timedelta(days=20))
        assert renew(app, refresh).json()["code"] == "refresh.expired"


@pytest.mark.django_db(transaction=True)
def test_parallel_refreshes_with_one_token_leave_one_line(mei):
    old = device_of(mei)

    def refresh(_n):
        try:
            return refresh_device(old.refresh, now=timezone.now())
        except RefreshRefused as refused:
            return refused.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(refresh, range(8)))
    assert len({(a.access, a.refresh) for a in answers}) == 1
    device = Device.objects.get()
    assert credentials.matches(answers[0].refresh, device.refresh_hash)
    assert credentials.matches(answers[0].access, device.access_hash)


# --- Ending -----------------------------------------------------------------------------------


def test_people_see_and_end_their_own_devices_alone(mei, chen):
    tokens, others = device_of(mei), device_of(chen)
    door = f"{API}/devices/{others.device.key}/"
    stranger = Client().delete(door, headers=bearer(tokens.access))
    nobody = Client().delete(f"{API}/devices/dev_{'0' * 32}/", headers=bearer(tokens.access))
    assert stranger.status_code == nobody.status_code == 404
    assert refusal_text(stranger) == refusal_text(nobody)
    assert ask(others.access).status_code == 200
    assert [d["id"] for d in ask(tokens.access).json()["data"]] == [tokens.device.key]


@pytest.mark.parametrize("key", ["x", "dev_", "dev_zz", "usr_" + "0" * 32, "dev_" + "g" * 32])
def test_an_id_that_is_none_is_not_found(key, mei):
    answer = Client().delete(f"{API}/devices/{key}/", headers=bearer(device_of(mei).access))
    assert answer.status_code == 404


def test_a_device_is_ended_from_another_one_and_a_second_time_changes_nothing(app, mei):
    here, lost = device_of(mei), device_of(mei, "旧手机")
    door = f"{API}/devices/{lost.device.key}/"
    for _ in range(2):
        assert Client().delete(door, headers=bearer(here.access)).status_code == 204
    assert ask(lost.access).json()["code"] == "token.revoked"
    assert renew(app, lost.refresh).json()["code"] == "refresh.revoked"
    assert ask(here.access).status_code == 200
    assert history_of(lost.device).filter(action="device.ended").count() == 1


def test_all_others_end_and_the_one_that_asks_stays(mei, chen):
    here, *others = (device_of(mei, f"{n}") for n in range(3))
    foreign = device_of(chen)
    answer = Client().delete(f"{API}/devices/", headers=bearer(here.access))
    assert answer.json() == {"ended": 2}
    assert [ask(one.access).status_code for one in (here, foreign, *others)] == [200, 200, 401, 401]


def test_a_browser_ends_all_of_them(mei, browser_of):
    tokens = device_of(mei)
    assert browser_of(mei).delete(f"{API}/devices/").json() == {"ended": 1}
    assert ask(tokens.access).status_code == 401


def test_signing_out_ends_the_device_that_asks(mei):
    tokens, other = device_of(mei), device_of(mei)
    answer = Client().delete(f"{API}/sign-ins/current/", headers=bearer(tokens.access))
    assert answer.status_code == 204
    assert ask(tokens.access).json()["code"] == "token.revoked"
    assert ask(other.access).status_code == 200


def test_signing_out_by_cookie_is_not_for_apps(mei, browser_of):
    assert browser_of(mei).delete(f"{API}/sign-ins/current/").status_code == 401


ENDS = {
    "roles": lambda user, ops: set_roles(user, [], by=ops, reason="换岗"),
    "more roles": lambda user, ops: set_roles(
        user, [Role.AGENT, Role.MEMBER], by=ops, reason="入职"
    ),
    "password": lambda user, ops: set_password(user, "open-sesame-99", by=user, reason="忘了"),
    "closed": lambda user, ops: close_account(user, by=ops, reason="注销"),
}


@pytest.mark.parametrize("act", ENDS)
def test_what_changes_a_person_ends_their_devices(act, app, mei, chen, ops):
    tokens, foreign = device_of(mei), device_of(chen)
    ENDS[act](mei, ops)
    assert ask(tokens.access).json()["code"] == "token.revoked"
    assert renew(app, tokens.refresh).json()["code"] == "refresh.revoked"
    assert ask(foreign.access).status_code == 200


def test_who_proved_an_old_password_is_not_signed_in_with_the_new_one(mei):
    proved = User.objects.get(pk=mei.pk)
    set_password(mei, "open-sesame-99", by=mei, reason="泄露")
    with pytest.raises(DomainError) as refused:
        device_of(proved)
    assert refused.value.code == "sign_in.changed"
    assert not Device.objects.exists()


def test_the_device_unused_for_longest_makes_room(mei):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        set_value("token.devices_most", 2, by=None, reason="试")
        forget()
        first, second = device_of(mei, "1"), device_of(mei, "2")
        clock.shift(60)
        ask(first.access)
        third = device_of(mei, "3")
        assert [ask(one.access).status_code for one in (first, second, third)] == [200, 401, 200]
    second.device.refresh_from_db()
    assert second.device.end_reason == DeviceEnd.CROWDED


@pytest.mark.parametrize("who", ["chen", "bo", "lin", "he", "qiao", "wen"])
def test_nobody_ends_somebody_elses_device(who, mei, request):
    by, tokens = request.getfixturevalue(who), device_of(mei)
    with pytest.raises(NotFound):
        end_device(tokens.device, by=by, reason="试", now=timezone.now())
    with pytest.raises(Forbidden):
        end_other_devices(mei, besides=None, by=by, now=timezone.now())
    assert ask(tokens.access).status_code == 200


def test_operations_end_a_device_with_a_reason(mei, ops):
    tokens = device_of(mei)
    with pytest.raises(DomainError) as refused:
        end_device(tokens.device, by=ops, reason=" ", now=timezone.now())
    assert refused.value.code == "person.no_reason"
    end_device(tokens.device, by=ops, reason="手机丢了", now=timezone.now())
    assert ask(tokens.access).status_code == 401
    assert history_of(tokens.device).first().reason == "手机丢了"


def test_ended_devices_are_forgotten_after_half_a_year(mei, ops):
    now = timezone.now()
    old, living = device_of(mei, now=now), device_of(mei, now=now)
    end_device(old.device, by=mei, now=now)
    assert forget_ended_devices(now=now + timedelta(days=180)) == 0
    assert forget_ended_devices(now=now + timedelta(days=181)) == 1
    assert Device.objects.get().pk == living.device.pk
