"""How people prove who they are, in a real browser: codes, passkeys, sessions, signing up on a phone."""

import re

import pyotp
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Method, OneTimeCode, Passkey, SentText, User, WebSession
from accounts.tasks import send_code

from .pages import assert_fits, assert_touchable, shot
from .test_front import with_password

PASSWORD = "open-sesame-88"


def sign_in(page, url, name):
    page.goto(url)
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    # Leaving before the answer would leave without the session.
    with page.expect_navigation():
        page.get_by_role("button", name="登录", exact=True).click()


def sign_out(page):
    # The page that is left may still ask for something; it is told that nobody is signed in.
    page.expected.append("401 (Unauthorized)")
    page.get_by_role("button", name="陆遥，您的菜单").click()
    page.get_by_role("menuitem", name="退出登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("客官里边请。")


@pytest.fixture
def at_localhost(house):
    """Passkeys need a host name: the same house under its name."""
    return f"http://localhost:{house.port}"


def with_authenticator(page):
    """Put a virtual authenticator into the browser, as a phone's fingerprint reader would be."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return cdp, made["authenticatorId"]


def test_a_code_app_is_set_up_and_asked_for_at_the_next_sign_in(new_page, house, lin):
    with_password(lin)
    page = new_page()
    sign_in(page, house.url, "lin")
    page.goto(house.url + "/profile/")
    shot(page, "identity-profile-light", full=True)
    page.get_by_role("link", name="去设置").click()
    page.get_by_role("button", name="设置验证器").click()
    expect(page.get_by_alt_text(re.compile("给验证器扫的图"))).to_be_visible()
    secret = page.locator("[data-secret-key]").inner_text().replace(" ", "")
    shot(page, "identity-scan-light", full=True)
    page.get_by_label("验证码").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="开启").click()
    codes = page.locator("[data-codes] li")
    expect(codes).to_have_count(10)
    shot(page, "identity-codes-light", full=True)
    recovery = codes.first.inner_text()
    page.goto(house.url + "/profile/")
    sign_out(page)

    page.expected.append("422")
    sign_in(page, house.url, "lin")
    expect(page.get_by_role("heading", level=1)).to_have_text("还有一步。")
    shot(page, "identity-step-light")
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="进来").click()
    expect(page.get_by_role("alert")).to_contain_text("还可以再试4次")
    page.get_by_label("验证码").fill(recovery)
    page.get_by_role("button", name="进来").click()
    page.wait_for_url(lambda url: "second-step" not in url)
    assert WebSession.objects.filter(user=lin).going_on().get().method == Method.RECOVERY


def test_a_passkey_is_added_and_opens_without_a_name(new_page, house, at_localhost, lin):
    with_password(lin)
    page = new_page(dark=True)
    page.expected.append("//localhost:")  # the same machine by its name
    _cdp, _authenticator = with_authenticator(page)
    sign_in(page, at_localhost, "lin")
    page.goto(at_localhost + "/profile/second-step/")
    page.get_by_label("新通行密钥的名字").fill("办公室的电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.locator("[data-codes] li")).to_have_count(10)
    shot(page, "identity-passkey-codes-dark", full=True)
    page.get_by_role("link", name="收好了").click()
    expect(page.get_by_label("通行密钥的名字", exact=True)).to_have_value("办公室的电脑")
    shot(page, "identity-passkeys-dark", full=True)
    page.goto(at_localhost + "/profile/")
    shot(page, "identity-profile-dark", full=True)
    sign_out(page)

    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("陆遥，里边请。")
    assert WebSession.objects.filter(user=lin).going_on().get().method == Method.PASSKEY
    assert Passkey.objects.get().used_at

    page.goto(at_localhost + "/profile/")
    sign_out(page)
    sign_in(page, at_localhost, "lin")
    shot(page, "identity-step-dark")
    page.get_by_role("button", name="用通行密钥").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("陆遥，里边请。")
    assert WebSession.objects.filter(user=lin).going_on().get().method == Method.PASSWORD_PASSKEY


def test_at_a_number_the_page_says_that_passkeys_need_a_name(new_page, house, lin):
    with_password(lin)
    page = new_page()
    sign_in(page, house.url, "lin")
    page.goto(house.url + "/profile/second-step/")
    expect(page.get_by_text("这个浏览器或网址用不了通行密钥")).to_be_visible()
    expect(page.get_by_role("button", name="添加通行密钥")).to_be_hidden()


def test_sessions_are_listed_and_ended_one_by_one_or_all(new_page, house, lin):
    with_password(lin)
    here, there, phone = new_page(), new_page(), new_page(phone=True)
    for page in (here, there, phone):
        sign_in(page, house.url, "lin")
        page.wait_for_load_state()
    for page in (there, phone):
        page.expected.append("401")  # their bells may ask once more when they are signed out
    here.goto(house.url + "/profile/#sessions")
    rows = here.locator("#sessions .rows__item")
    expect(rows).to_have_count(3)
    shot(here, "identity-sessions-light", full=True)
    rows.nth(1).get_by_role("button", name=re.compile("结束")).click()
    expect(rows).to_have_count(2)
    here.get_by_role("button", name="结束其他全部").click()
    expect(rows).to_have_count(1)
    for page in (there, phone):
        page.goto(house.url + "/profile/")
        expect(page.get_by_role("heading", level=1)).to_have_text("客官里边请。")


def test_a_member_signs_up_on_a_phone(new_page, house, settings):
    settings.CODE_SENDER = "simulated"
    page = new_page(phone=True)
    page.expected.append("422")
    page.goto(house.url + "/join/")
    assert_fits(page)
    assert_touchable(page)
    shot(page, "identity-join-phone", full=True)
    page.get_by_role("button", name="发验证码").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_fits(page)
    shot(page, "identity-join-refused-phone", full=True)
    page.get_by_role("textbox", name="手机号").fill("138 1111 2222")
    page.get_by_label("怎么称呼您？").fill("小夏")
    page.get_by_label("新密码").fill("green-lantern-8")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="发验证码").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请看手机。")
    assert_fits(page)
    shot(page, "identity-code-phone", full=True)
    row = OneTimeCode.objects.get()
    send_code(str(row.pk))
    code = re.search(r"\d{6}", SentText.objects.get().text)[0]
    page.get_by_label("短信里的验证码").fill(code)
    page.get_by_role("button", name="继续").click()
    page.wait_for_url(lambda url: "/join/" not in url)
    assert WebSession.objects.get(user=User.objects.get()).method == Method.CODE


def test_an_invitation_is_read_from_behind_the_hash_and_leaves_no_trace(new_page, house, ops):
    from accounts.actions import invite

    person = User(username="xin", display_name="新来的", roles=["agent"])
    person.set_unusable_password()
    person.save()
    secret = invite(person, by=ops, reason="入职", now=timezone.now())
    page = new_page(phone=True, dark=True)
    page.goto(f"{house.url}/invitation/#{secret}")
    expect(page.get_by_label("新密码")).to_be_focused()
    assert secret not in page.url
    shot(page, "identity-invitation-phone-dark")
    page.get_by_label("新密码").fill("green-lantern-8")
    page.get_by_role("button", name="进来").click()
    page.wait_for_url(lambda url: "invitation" not in url)
    assert secret not in (house.logs / "web.log").read_text(encoding="utf-8")


def test_the_second_step_speaks_english_and_fits_a_phone(new_page, house, lin):
    page = new_page(lin, phone=True, language="en")
    page.goto(house.url + "/profile/second-step/")
    assert_fits(page)
    shot(page, "identity-prove-phone-english", full=True)
    page.goto(house.url + "/profile/")
    assert_fits(page)
    assert_touchable(page)
    shot(page, "identity-profile-phone-english", full=True)
