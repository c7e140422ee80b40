"""Signing up, a new password, an invitation; nobody learns who has an account."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.actions import (
    accept_invitation,
    ask_for_code,
    close_account,
    invite,
    prove_code,
    reset_password,
    set_password,
)
from accounts.models import (
    CodePurpose,
    Invitation,
    Member,
    Method,
    OneTimeCode,
    Role,
    SentText,
    User,
    WebSession,
)
from accounts.phones import mainland_phone
from accounts.tasks import clear_old_sessions, send_code
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import Event

PHONE = "13811112222"
GOOD = "green-lantern-8"
JOIN = {"phone": PHONE, "name": "小夏", "password": GOOD, "consent": "on"}


@pytest.fixture(autouse=True)
def provider(settings, db):
    settings.CODE_SENDER = "simulated"


@pytest.fixture
def later():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def code_sent(phone=PHONE):
    """Run the task as the worker would and read the newest text."""
    send_code(str(OneTimeCode.objects.filter(phone=phone).latest("made_at").pk))
    return re.search(r"\d{6}", SentText.objects.filter(phone=phone).latest("at").text)[0]


def begin(client, **more):
    answer = client.post("/join/", JOIN | more)
    assert answer.headers["Location"] == "/join/code/", answer.content.decode()
    return answer


def begin_reset(client, phone=PHONE):
    assert client.post("/reset/", {"phone": phone}).headers["Location"] == "/reset/code/"


def test_a_stranger_joins_with_a_proved_phone_and_is_in(client):
    begin(client)
    assert not User.objects.exists()
    assert client.post("/join/code/", {"code": code_sent()}).headers["Location"] == "/"
    user = User.objects.get()
    assert (user.phone, user.display_name, user.roles) == (PHONE, "小夏", [Role.MEMBER])
    assert user.check_password(GOOD)
    assert WebSession.objects.get(user=user).method == Method.CODE
    assert len(user.member.member_no) == 17
    assert client.get("/profile/").status_code == 200
    assert history_of(user).filter(action="person.joined").exists()


def test_a_loaded_member_of_that_phone_becomes_theirs_only_when_proved(client):
    loaded = Member.objects.create(member_no="M777", display_name="夏", phone="+8613811112222")
    begin(client)
    loaded.refresh_from_db()
    assert loaded.user is None
    client.post("/join/code/", {"code": code_sent()})
    loaded.refresh_from_db()
    assert loaded.user == User.objects.get()


def test_when_several_members_share_the_phone_nobody_is_guessed(client):
    for number in ("M777", "M778"):
        Member.objects.create(member_no=number, phone=PHONE)
    begin(client)
    client.post("/join/code/", {"code": code_sent()})
    assert Member.objects.filter(user=None).count() == 2


@pytest.mark.parametrize("known", ["as a person", "through their buyer"])
def test_who_holds_a_known_phone_is_told_so_and_nobody_else(client, mei, known):
    phone = mei.member.phone
    if known == "as a person":
        mei.phone = phone
        mei.save(update_fields=["phone"])
    begin(client, phone=phone)
    code = code_sent(phone)
    assert "已经有账号" in SentText.objects.get(phone=phone).text
    page = client.post("/join/code/", {"code": code})
    assert "已经有账号" in page.content.decode()
    assert User.objects.count() == 1
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(("path", "said"), [("/join/", JOIN), ("/reset/", {})])
def test_known_and_unknown_phones_are_answered_the_same(mei, path, said):
    answers = []
    for phone in (mei.member.phone, "13811110001"):
        browser = Client()
        sent = browser.post(path, said | {"phone": phone})
        page = browser.get(sent.headers["Location"]).content.decode()
        wrong = browser.post(sent.headers["Location"], {"code": "12345x"})
        answers.append(
            (
                sent.status_code,
                sent.headers["Location"],
                _neutral(page, phone),
                wrong.status_code,
                _neutral(wrong.content.decode(), phone),
            )
        )
    assert answers[0] == answers[1]
    assert OrmQ.objects.count() == 2


def _neutral(page, phone):
    page = re.sub(r'(csrf" content|csrfmiddlewaretoken" value)="[^"]+"', "", page)
    page = re.sub(r'server-now" content="[^"]+"', "", page)
    return page.replace(f"{phone[:3]} **** {phone[-4:]}", "PHONE")


def test_a_code_has_five_tries_ten_minutes_and_one_use(client, later):
    begin(client)
    right = code_sent()
    wrong = "000000" if right != "000000" else "000001"
    for left in (4, 3, 2, 1):
        page = client.post("/join/code/", {"code": wrong})
        assert f"还可以再试{left}次" in page.content.decode()
    assert "不再有效" in client.post("/join/code/", {"code": wrong}).content.decode()
    assert client.post("/join/code/", {"code": right}).status_code == 422
    later.shift(timedelta(minutes=2))
    begin(client)
    right = code_sent()
    later.shift(timedelta(minutes=11))
    assert client.post("/join/code/", {"code": right}).status_code == 422
    assert not User.objects.exists()


def test_the_code_may_be_typed_full_width(client):
    begin(client)
    typed = code_sent().translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"})
    assert client.post("/join/code/", {"code": typed}).headers["Location"] == "/"


def test_the_code_is_digits_sealed_until_sent_and_in_no_log(client, caplog):
    begin(client)
    row = OneTimeCode.objects.get()
    code = code_sent()
    row.refresh_from_db()
    assert (row.sealed_text, code in row.digest) == ("", False)
    assert code not in caplog.text
    assert GOOD not in str(row.payload)
    assert check_password(GOOD, row.payload["password"])
    assert send_code(str(row.pk)) is False


def test_a_phone_waits_between_codes_and_has_so_many_an_hour(client, later):
    begin(client)
    again = client.post("/join/", JOIN)
    assert again.status_code == 422
    assert "以后再要" in again.content.decode()
    for _n in range(4):
        later.shift(timedelta(seconds=61))
        begin(client)
    later.shift(timedelta(seconds=61))
    assert client.post("/join/", JOIN).status_code == 422
    later.shift(timedelta(hours=1))
    begin(client)


def test_an_address_asks_for_so_many_codes_an_hour(client):
    for n in range(30):
        begin(client, phone=f"139000000{n:02}")
    assert client.post("/join/", JOIN).status_code == 422
    elsewhere = client.post("/join/", JOIN, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone", "12345", "11位"),
        ("phone", "19900000000x", "11位"),
        ("phone", "", "手机号"),
        ("name", "", "称呼"),
        ("name", "​", "先写点什么"),
        ("password", "short", "至少10个字符"),
        ("password", "a13811112222b", "密码里有您的"),
        ("password", "", "密码"),
        ("consent", "", "同意"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(client, field, value, words):
    page = client.post("/join/", JOIN | {field: value})
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not OneTimeCode.objects.exists()


def test_codes_of_one_errand_or_browser_do_not_serve_another(client):
    begin(client)
    code = code_sent()
    assert client.get("/reset/code/").headers["Location"] == "/reset/"
    stranger = Client()
    assert stranger.post("/join/code/", {"code": code}).headers["Location"] == "/join/"


def test_without_a_provider_the_pages_say_whom_to_ask(client, settings):
    settings.CODE_SENDER = "none"
    assert "短信" in client.post("/join/", JOIN).content.decode()
    assert not OneTimeCode.objects.exists()
    assert "/join/" not in client.get("/").content.decode()


def test_a_new_password_by_phone_ends_sessions_and_makes_the_phone_a_way_in(
    client, browser_of, mei
):
    open_page = browser_of(mei)
    phone = mei.member.phone
    begin_reset(client, phone)
    client.post("/reset/code/", {"code": code_sent(phone)})
    assert client.post("/reset/password/", {"password": "short"}).status_code == 422
    assert client.post("/reset/password/", {"password": GOOD}).headers["Location"] == "/"
    assert open_page.get("/profile/").status_code == 302
    assert "_auth_user_id" not in client.session
    assert client.post("/", {"account": phone, "password": GOOD}).status_code == 302
    assert client.post("/reset/password/", {"password": GOOD}).headers["Location"] == "/reset/"
    assert history_of(mei).filter(action="person.password_reset").count() == 1


def test_no_new_password_without_a_proved_code(client, mei):
    begin_reset(client, mei.member.phone)
    page = client.post("/reset/password/", {"password": GOOD})
    assert page.headers["Location"] == "/reset/"
    mei.refresh_from_db()
    assert not mei.check_password(GOOD)


def test_a_proof_is_too_old_after_half_an_hour(client, mei, later):
    phone = mei.member.phone
    begin_reset(client, phone)
    client.post("/reset/code/", {"code": code_sent(phone)})
    later.shift(timedelta(minutes=31))
    assert client.post("/reset/password/", {"password": GOOD}).headers["Location"] == "/reset/"


def test_a_phone_without_an_account_is_told_so_at_the_end(client):
    begin_reset(client)
    client.post("/reset/code/", {"code": code_sent()})
    page = client.post("/reset/password/", {"password": GOOD}).content.decode()
    assert "还没有账号" in page


def test_a_closed_account_stays_closed(client, mei, ops):
    phone = mei.member.phone
    close_account(mei, by=ops, reason="本人要求")
    begin_reset(client, phone)
    client.post("/reset/code/", {"code": code_sent(phone)})
    client.post("/reset/password/", {"password": GOOD})
    mei.refresh_from_db()
    assert not mei.check_password(GOOD)


@pytest.fixture
def newcomer(db):
    user = User(username="xin", display_name="新来的", roles=[Role.AGENT])
    user.set_unusable_password()
    user.save()
    return user


def test_an_invited_person_sets_a_password_and_is_in(client, newcomer, ops):
    secret = invite(newcomer, by=ops, reason="入职", now=timezone.now())
    page = client.post("/invitation/", {"secret": secret, "password": GOOD})
    assert page.status_code == 302
    assert client.session["_auth_user_id"] == str(newcomer.pk)
    assert secret not in str(list(Invitation.objects.values()))
    assert secret not in str(list(Event.objects.values()))


def used(secret):
    accept_invitation(secret, GOOD, now=timezone.now())
    return secret


GONE = {
    "empty": lambda secret: "",
    "truncated": lambda secret: secret[:-1],
    "case changed": lambda secret: secret.swapcase(),
    "used": used,
}


@pytest.mark.parametrize("how", GONE)
def test_an_invitation_must_be_whole_and_unused(newcomer, ops, how):
    secret = GONE[how](invite(newcomer, by=ops, reason="入职", now=timezone.now()))
    with pytest.raises(DomainError) as refused:
        accept_invitation(secret, GOOD, now=timezone.now())
    assert refused.value.code == "invitation.gone"


def test_an_invitation_ends_after_three_days_or_with_the_next_one(newcomer, ops):
    now = timezone.now()
    old = invite(newcomer, by=ops, reason="入职", now=now - timedelta(hours=73))
    with pytest.raises(DomainError):
        accept_invitation(old, GOOD, now=now)
    first = invite(newcomer, by=ops, reason="入职", now=now)
    second = invite(newcomer, by=ops, reason="链接丢了", now=now)
    with pytest.raises(DomainError):
        accept_invitation(first, GOOD, now=now)
    accept_invitation(second, GOOD, now=now)


def test_a_weak_password_leaves_the_invitation_open(newcomer, ops):
    secret = invite(newcomer, by=ops, reason="入职", now=timezone.now())
    with pytest.raises(DomainError) as refused:
        accept_invitation(secret, "short", now=timezone.now())
    assert refused.value.code == "password.weak"
    assert accept_invitation(secret, GOOD, now=timezone.now()) == newcomer


def by_phone(user, ops):
    """Set a new password with a code to the phone."""
    key = ask_for_code(CodePurpose.RESET, user.phone, address="10.0.0.7").pk
    prove_code(str(key), code_sent(user.phone), purpose=CodePurpose.RESET, now=timezone.now())
    reset_password(str(key), GOOD, now=timezone.now())


OTHER_WAYS = {
    "by phone": by_phone,
    "by operations": lambda user, ops: set_password(user, GOOD, by=None, reason="当面核实"),
}


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_an_open_invitation_ends_when_the_password_is_set_in_another_way(newcomer, ops, way):
    User.objects.filter(pk=newcomer.pk).update(phone=PHONE)
    newcomer.refresh_from_db()
    secret = invite(newcomer, by=ops, reason="入职", now=timezone.now())
    OTHER_WAYS[way](newcomer, ops)
    with pytest.raises(DomainError) as refused:
        accept_invitation(secret, "somebody-elses-9", now=timezone.now())
    assert refused.value.code == "invitation.gone"
    newcomer.refresh_from_db()
    assert newcomer.check_password(GOOD)


def test_not_even_operations_set_a_weak_password(lin):
    with pytest.raises(DomainError) as refused:
        set_password(lin, "short", by=None, reason="丢了")
    assert refused.value.code == "password.weak"


def test_operations_cannot_invite_themselves_into_somebodys_account(lin, ops, bo, newcomer):
    with pytest.raises(Forbidden):
        invite(lin, by=ops, reason="帮他", now=timezone.now())
    with pytest.raises(Forbidden):
        invite(newcomer, by=bo, reason="我来", now=timezone.now())


def test_what_nobody_needs_any_more_is_forgotten(client, later):
    begin(client)
    later.shift(timedelta(days=3))
    clear_old_sessions()
    assert not OneTimeCode.objects.exists()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13811112222", "13811112222"),
        ("+86 138-1111-2222", "13811112222"),
        ("0086 13811112222", "13811112222"),
        ("138 1111 2222", "13811112222"),
        ("12811112222", ""),
        ("１３８１１１１２２２２", ""),
        ("1381111222", ""),
        ("138111122223", ""),
        ("", ""),
    ],
)
def test_numbers_however_people_write_them(typed, number):
    assert mainland_phone(typed) == number


def test_the_pages_are_there(client):
    for name in ("join", "reset", "invitation"):
        assert client.get(reverse(name)).status_code == 200
