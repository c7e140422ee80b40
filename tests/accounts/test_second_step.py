"""The second step: codes of an app, recovery codes, passkeys; each answers once and in time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pyotp
import pytest
import time_machine

from accounts.actions import (
    begin_session,
    invite,
    offer_passkey,
    reset_second_step,
    try_passkey,
    try_password,
    try_second_step,
)
from accounts.actions.code_apps import (
    begin_code_app,
    confirm_code_app,
    remove_code_app,
    renew_recovery_codes,
)
from accounts.actions.passkeys import Site, add_passkey, begin_passkey, remove_passkey
from accounts.models import (
    Device,
    Ended,
    Method,
    Passkey,
    RecoveryCode,
    SignInChallenge,
    Totp,
    WebSession,
)
from accounts.sessions import digest_of
from common.errors import DomainError, Forbidden, NotFound
from common.history import history_of
from tests.accounts.authenticator import PRESENT, Authenticator
from tests.accounts.test_devices import device_of
from tests.accounts.test_sessions import come_in, is_in
from tests.conftest import PASSWORD

NOON = datetime(2026, 11, 20, 12, 0, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
HERE = "10.0.0.8"
SITE = Site("testserver", frozenset({"http://testserver"}))


def with_code_app(user, now=NOON, keep=""):
    """Set a code app up the way people do; return its secret and the recovery codes."""
    secret = begin_code_app(user, by=user, now=now)
    codes = confirm_code_app(user, pyotp.TOTP(secret).at(now), by=user, now=now, keep=keep)
    return secret, codes


def with_passkey(user, now=NOON, keep="", **more):
    """Add a passkey the way people do."""
    authenticator = Authenticator(**more)
    token, options = begin_passkey(user, site=SITE, by=user, now=now)
    answer = authenticator.create(options)
    add_passkey(user, token, answer, name="钥匙", site=SITE, by=user, now=now, keep=keep)
    return authenticator


def challenge_of(user, now=NOON):
    answer = try_password(user.username, PASSWORD, address=HERE, now=now)
    assert answer.person is None
    return answer.challenge


def code_at(secret, now):
    return pyotp.TOTP(secret).at(now)


def test_without_a_second_step_the_password_is_enough(lin):
    answer = try_password("lin", PASSWORD, address=HERE, now=NOON)
    assert (answer.person, answer.method, answer.challenge) == (lin, Method.PASSWORD, "")


def test_with_one_the_password_opens_nothing_yet(lin):
    with_code_app(lin)
    answer = try_password("lin", PASSWORD, address=HERE, now=NOON)
    assert (answer.person, answer.ways) == (None, ("totp", "recovery"))
    assert answer.challenge


@pytest.mark.parametrize("drift", [-30, 0, 30])
def test_a_phone_may_be_half_a_minute_off(lin, drift):
    secret, _codes = with_code_app(lin)
    later = NOON + timedelta(minutes=5)
    code = code_at(secret, later + timedelta(seconds=drift))
    answer = try_second_step(challenge_of(lin, later), code, address=HERE, now=later)
    assert (answer.person, answer.method) == (lin, Method.TOTP)


@pytest.mark.parametrize("drift", [-60, 60])
def test_more_is_refused(lin, drift):
    secret, _codes = with_code_app(lin)
    later = NOON + timedelta(minutes=5)
    code = code_at(secret, later + timedelta(seconds=drift))
    answer = try_second_step(challenge_of(lin, later), code, address=HERE, now=later)
    assert (answer.person, answer.refusal) == (None, "second_step.wrong")


def test_each_code_opens_once_and_older_ones_never_after_it(lin):
    secret, _codes = with_code_app(lin)
    later = NOON + timedelta(minutes=5)
    code = code_at(secret, later)
    assert try_second_step(challenge_of(lin, later), code, address=HERE, now=later).person
    before = code_at(secret, later - timedelta(seconds=30))
    for again in (code, before):
        answer = try_second_step(challenge_of(lin, later), again, address=HERE, now=later)
        assert answer.refusal == "second_step.wrong"


def test_the_code_that_set_the_app_up_does_not_open(lin):
    secret, _codes = with_code_app(lin)
    answer = try_second_step(challenge_of(lin), code_at(secret, NOON), address=HERE, now=NOON)
    assert answer.refusal == "second_step.wrong"


def test_a_recovery_code_opens_once_however_it_is_typed(lin):
    _secret, codes = with_code_app(lin)
    assert len(codes) == 10
    typed = codes[3].lower().replace("-", " ")
    answer = try_second_step(challenge_of(lin), typed, address=HERE, now=NOON)
    assert (answer.person, answer.method) == (lin, Method.RECOVERY)
    again = try_second_step(challenge_of(lin), codes[3], address=HERE, now=NOON)
    assert again.refusal == "second_step.wrong"
    assert history_of(lin).filter(action="person.recovery_code_used").count() == 1


FULL_WIDTH = {ord(c): ord(c) + 0xFEE0 for c in "0123456789ABCDEFGHJKMNPQRSTUVWXYZ-"}


def test_codes_may_be_typed_full_width_as_chinese_keyboards_do(lin):
    secret = begin_code_app(lin, by=lin, now=NOON)
    typed = code_at(secret, NOON).translate(FULL_WIDTH)
    codes = confirm_code_app(lin, typed, by=lin, now=NOON)
    later = NOON + timedelta(minutes=5)
    for code in (code_at(secret, later), codes[0]):
        answer = try_second_step(
            challenge_of(lin, later), code.translate(FULL_WIDTH), address=HERE, now=later
        )
        assert answer.person == lin


def test_words_instead_of_the_first_code_are_a_wrong_code(lin):
    begin_code_app(lin, by=lin, now=NOON)
    with pytest.raises(DomainError) as refused:
        confirm_code_app(lin, "六位数字在哪里", by=lin, now=NOON)
    assert refused.value.code == "second_step.wrong"


def test_new_recovery_codes_replace_the_old(lin):
    _secret, old = with_code_app(lin)
    new = renew_recovery_codes(lin, by=lin)
    assert not set(old) & set(new)
    answer = try_second_step(challenge_of(lin), old[0], address=HERE, now=NOON)
    assert answer.refusal == "second_step.wrong"


def test_neither_secret_nor_codes_stand_in_the_table(lin):
    secret, codes = with_code_app(lin)
    assert secret not in Totp.objects.get().sealed_secret
    kept = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert not kept & {code.replace("-", "") for code in codes}


def test_a_new_secret_key_reads_what_the_old_one_sealed(lin, settings):
    secret, codes = with_code_app(lin)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-the-house-that-is-long-enough-for-anybody"
    later = NOON + timedelta(minutes=5)
    for code in (code_at(secret, later), codes[0]):
        assert try_second_step(challenge_of(lin, later), code, address=HERE, now=later).person


BAD_TOKENS = {
    "empty": lambda token: "",
    "truncated": lambda token: token[:-3],
    "case changed": lambda token: token.swapcase(),
    "another signature": lambda token: token.partition(":")[0] + ":x",
    "no signature": lambda token: token.partition(":")[0],
}


@pytest.mark.parametrize("spoil", BAD_TOKENS)
def test_a_challenge_must_be_whole(lin, spoil):
    secret, _codes = with_code_app(lin)
    later = NOON + timedelta(minutes=5)
    token = BAD_TOKENS[spoil](challenge_of(lin, later))
    answer = try_second_step(token, code_at(secret, later), address=HERE, now=later)
    assert answer.refusal == "second_step.expired"


def test_a_challenge_is_answered_once_and_within_five_minutes(lin):
    secret, codes = with_code_app(lin)
    used = challenge_of(lin)
    assert try_second_step(used, codes[0], address=HERE, now=NOON).person == lin
    assert try_second_step(used, codes[1], address=HERE, now=NOON).refusal == "second_step.expired"
    stale, late = challenge_of(lin), NOON + timedelta(minutes=6)
    answer = try_second_step(stale, code_at(secret, late), address=HERE, now=late)
    assert answer.refusal == "second_step.expired"


def test_a_changed_password_or_a_closed_account_ends_open_challenges(lin):
    _secret, codes = with_code_app(lin)
    token = challenge_of(lin)
    lin.set_password("another-one-77")
    lin.save(update_fields=["password"])
    assert try_second_step(token, codes[0], address=HERE, now=NOON).refusal == "second_step.expired"


def test_five_wrong_codes_lock_the_second_step_whatever_the_challenge(lin):
    _secret, codes = with_code_app(lin)
    for left in (4, 3, 2, 1, 0):
        answer = try_second_step(challenge_of(lin), "000000", address=HERE, now=NOON)
        assert (answer.tries_left, bool(answer.locked_until)) == (left, left == 0)
    answer = try_second_step(challenge_of(lin), codes[0], address=HERE, now=NOON)
    assert answer.refusal == "second_step.locked"
    assert RecoveryCode.objects.filter(used_at=None).count() == 10


def test_an_invitation_does_not_lead_around_the_second_step(client, lin):
    secret, _codes = with_code_app(lin)
    later = NOON + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        link = invite(lin, by=None, reason="忘了密码", now=later)
        sent = {"secret": link, "password": "green-lantern-8"}
        assert client.post("/invitation/", sent).headers["Location"] == "/second-step/"
        assert not is_in(client)
        client.post("/second-step/", {"code": code_at(secret, later)})
        assert is_in(client)


NEW_STEPS = {"code app": with_code_app, "passkey": with_passkey}


@pytest.mark.parametrize("step", NEW_STEPS)
def test_a_new_second_step_ends_what_began_before_it(lin, bo, step):
    for key in ("here", "elsewhere"):
        begin_session(lin, key=key, method=Method.PASSWORD)
    weak = device_of(lin, now=NOON).device
    proved = device_of(lin, now=NOON, method=Method.PASSKEY).device
    colleagues = device_of(bo, now=NOON).device
    NEW_STEPS[step](lin, keep="here")
    ended = WebSession.objects.get(user=lin, ended_at__isnull=False)
    assert (ended.key_hash, ended.ended_why) == (digest_of("elsewhere"), Ended.SECOND_STEP)
    assert Device.objects.get(ended_at__isnull=False) == weak
    assert set(Device.objects.living(NOON)) == {proved, colleagues}


def test_who_adds_a_passkey_stays_in_the_browser_in_which_they_did(lin):
    here, elsewhere = come_in(lin), come_in(lin)
    phone = Authenticator()
    begun = here.post("/profile/passkeys/begin/", {}, content_type="application/json").json()
    done = here.post(
        "/profile/passkeys/finish/",
        {"token": begun["token"], "credential": phone.create(begun["options"]), "name": "钥匙"},
        content_type="application/json",
    )
    assert len(done.json()["codes"]) == 10
    assert (is_in(here), is_in(elsewhere)) == (True, False)


@pytest.mark.parametrize(
    ("path", "sent", "status", "code"),
    [
        ("/passkeys/finish/", {"token": "x"}, 403, "second_step.expired"),
        ("/passkeys/finish/", [], 400, "invalid"),
        ("/passkeys/finish/", "{", 400, "text.json"),
        ("/profile/passkeys/finish/", {"token": "x"}, 409, "passkey.expired"),
    ],
)
def test_refusals_of_passkeys_are_problem_documents(lin, path, sent, status, code):
    answer = come_in(lin).post(path, sent, content_type="application/json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["instance"] == path
    assert told["detail"]
    assert told["title"] != told["detail"]


def test_a_passkey_opens_without_a_name(lin):
    phone = with_passkey(lin)
    token, options = offer_passkey(SITE, now=NOON)
    assert "allowCredentials" not in options
    answer = try_passkey(token, phone.get(options), site=SITE, now=NOON)
    assert (answer.person, answer.method) == (lin, Method.PASSKEY)
    again = try_passkey(token, phone.get(options), site=SITE, now=NOON)
    assert again.refusal == "second_step.expired"


def test_a_passkey_is_a_second_step_too(lin):
    phone = with_passkey(lin)
    token, options = offer_passkey(SITE, challenge=challenge_of(lin), now=NOON)
    answer = try_passkey(token, phone.get(options), site=SITE, now=NOON)
    assert (answer.person, answer.method) == (lin, Method.PASSWORD_PASSKEY)


def test_somebody_elses_passkey_is_no_second_step_of_mine(lin, bo):
    with_passkey(lin)
    other = with_passkey(bo)
    token, options = offer_passkey(SITE, challenge=challenge_of(lin), now=NOON)
    answer = try_passkey(token, other.get(options), site=SITE, now=NOON)
    assert answer.refusal == "passkey.refused"


def test_alone_a_passkey_must_have_checked_its_owner(lin):
    phone = with_passkey(lin)
    token, options = offer_passkey(SITE, now=NOON)
    answer = try_passkey(token, phone.get(options, flags=PRESENT), site=SITE, now=NOON)
    assert answer.refusal == "passkey.refused"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver:81", "null"])
def test_an_answer_from_another_page_is_refused(lin, origin):
    phone = with_passkey(lin)
    phone.origin = origin
    token, options = offer_passkey(SITE, now=NOON)
    answer = try_passkey(token, phone.get(options), site=SITE, now=NOON)
    assert answer.refusal == "passkey.refused"


def test_a_counter_that_does_not_grow_tells_of_a_copy(lin):
    phone = with_passkey(lin)
    token, options = offer_passkey(SITE, now=NOON)
    assert try_passkey(token, phone.get(options), site=SITE, now=NOON).person == lin
    phone.count = 0
    token, options = offer_passkey(SITE, now=NOON)
    answer = try_passkey(token, phone.get(options), site=SITE, now=NOON)
    assert answer.refusal == "passkey.refused"
    assert history_of(lin).filter(action="person.passkey_copied").count() == 1


def test_passkeys_without_a_counter_open_again_and_again(lin):
    phone = with_passkey(lin, counts=False)
    for _time in range(2):
        token, options = offer_passkey(SITE, now=NOON)
        assert try_passkey(token, phone.get(options), site=SITE, now=NOON).person == lin


@pytest.mark.parametrize("answer", [{}, {"id": 7}, {"rawId": "x", "response": []}, {"id": "AA"}])
def test_nonsense_is_refused_and_breaks_nothing(lin, answer):
    with_passkey(lin)
    token, _options = offer_passkey(SITE, now=NOON)
    refused = try_passkey(token, answer, site=SITE, now=NOON)
    assert refused.refusal == "passkey.refused"


def test_a_new_passkey_is_kept_once_and_only_for_oneself(lin, bo):
    token, options = begin_passkey(lin, site=SITE, by=lin, now=NOON)
    answer = Authenticator().create(options)
    with pytest.raises(DomainError) as refused:
        add_passkey(bo, token, answer, name="", site=SITE, by=bo, now=NOON)
    assert refused.value.code == "passkey.expired"
    add_passkey(lin, token, answer, name="", site=SITE, by=lin, now=NOON)
    with pytest.raises(DomainError):
        add_passkey(lin, token, answer, name="", site=SITE, by=lin, now=NOON)
    assert Passkey.objects.count() == 1


def test_recovery_codes_go_with_the_last_second_step(bo):
    with_code_app(bo)
    with_passkey(bo)
    remove_code_app(bo, by=bo)
    assert RecoveryCode.objects.filter(user=bo).count() == 10
    remove_passkey(bo.passkeys.get(), by=bo)
    assert not RecoveryCode.objects.filter(user=bo).exists()
    assert try_password("bo", PASSWORD, address=HERE, now=NOON).person == bo


def test_who_must_have_one_keeps_the_last(lin):
    with_code_app(lin)
    with_passkey(lin)
    remove_code_app(lin, by=lin)
    with pytest.raises(DomainError) as refused:
        remove_passkey(lin.passkeys.get(), by=lin)
    assert refused.value.code == "second_step.last"


def test_nobody_sets_up_or_removes_somebody_elses(lin, ops):
    secret, _codes = with_code_app(lin)
    with_passkey(lin)
    for act in (
        lambda: begin_code_app(lin, by=ops, now=NOON),
        lambda: confirm_code_app(lin, code_at(secret, NOON), by=ops, now=NOON),
        lambda: remove_code_app(lin, by=ops),
        lambda: reset_second_step(ops, by=ops, reason="自己来"),
        lambda: reset_second_step(lin, by=lin, reason="自己来"),
        lambda: renew_recovery_codes(lin, by=ops),
        lambda: begin_passkey(lin, site=SITE, by=ops, now=NOON),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotFound):
        remove_passkey(lin.passkeys.get(), by=ops)


def test_questions_nobody_answered_are_forgotten(lin):
    from accounts.tasks import clear_old_sessions

    with_code_app(lin)
    challenge_of(lin)
    clear_old_sessions()
    assert not SignInChallenge.objects.exists()


def test_operations_take_a_lost_second_step_away(lin, ops, browser_of):
    with_code_app(lin)
    with_passkey(lin)
    browser = browser_of(lin)
    reset_second_step(lin, by=ops, reason="手机丢了，当面核实")
    assert try_password("lin", PASSWORD, address=HERE, now=NOON).person == lin
    assert browser.get("/profile/").status_code == 302
    line = history_of(lin).get(action="person.second_step_reset")
    assert line.before == {"code_app": True, "passkeys": ["钥匙"]}
    assert reset_second_step(lin, by=ops, reason="再点一次") == 0


def test_a_superusers_second_step_is_not_for_operations(lin, ops):
    lin.is_superuser = True
    lin.save(update_fields=["is_superuser"])
    with pytest.raises(Forbidden):
        reset_second_step(lin, by=ops, reason="帮忙")
