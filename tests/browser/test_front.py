"""The front door in a real browser."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import expect

from .pages import assert_fits, assert_touchable, shot


def with_password(user, password="open-sesame-88"):
    """Give a person a password the running house can check (tests hash more cheaply)."""
    user.password = PBKDF2PasswordHasher().encode(password, "salt", iterations=1000)
    user.save(update_fields=["password"])
    return user


def test_a_wrong_password_is_said_beside_the_field_and_in_the_summary(page, house, lin):
    with_password(lin)
    page.expected.append("422")
    page.goto(house.url)
    shot(page, "front-light")
    page.get_by_label("账号").fill("lin")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link", name="账号或密码不对，还可以再试4次。")).to_be_visible()
    expect(page.locator(".field--error .field__error")).to_have_text(
        "账号或密码不对，还可以再试4次。"
    )
    expect(page.get_by_label("账号")).to_have_value("lin")
    shot(page, "front-refused-light")


def test_a_lead_comes_in_and_opens_a_door_by_its_digit(page, house, lin):
    with_password(lin)
    page.goto(house.url)
    page.get_by_label("账号").fill("LIN")
    page.get_by_label("密码").fill("open-sesame-88")
    page.get_by_role("button", name="显示").click()
    expect(page.get_by_label("密码")).to_have_attribute("type", "text")
    page.get_by_role("button", name="登录").click()
    page.wait_for_load_state()
    assert page.context.cookies(house.url)


def test_operations_come_straight_in_through_their_only_door_or_choose(new_page, house, ops):
    page = new_page(ops)
    page.goto(house.url + "/profile/")
    expect(page.get_by_role("heading", level=1)).to_have_text("白露")
    page.get_by_role("button", name="深", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    # The server renders the choice: no flash of the other one.
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    shot(page, "profile-dark")


def test_the_front_fits_a_phone(phone_page, house):
    phone_page.goto(house.url)
    assert_fits(phone_page)
    assert_touchable(phone_page)
    shot(phone_page, "front-phone", full=True)


def test_the_front_is_dark_when_the_system_is(dark_page, house):
    dark_page.goto(house.url)
    shot(dark_page, "front-dark")


def test_the_front_speaks_english(new_page, house):
    page = new_page(language="en")
    page.goto(house.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert_fits(page)
    shot(page, "front-english")


def test_all_components_in_light_dark_and_on_a_phone(new_page, house, ops):
    for name, options in (("light", {}), ("dark", {"dark": True}), ("phone", {"phone": True})):
        page = new_page(ops, **options)
        page.goto(house.url + "/look/")
        expect(page.locator(".clock.is-breached").first).to_be_visible()
        page.locator("#focus-me").focus()
        assert_fits(page)
        shot(page, f"components-{name}", full=True)


def test_several_doors_wait_with_a_fact_and_a_digit_each(new_page, house, lin):
    lin.roles = ["lead", "operations", "member"]
    lin.save(update_fields=["roles"])
    for name, options in (("light", {}), ("dark", {"dark": True}), ("phone", {"phone": True})):
        page = new_page(lin, **options)
        page.goto(house.url)
        expect(page.locator(".door").first).to_be_visible()
        assert_fits(page)
        shot(page, f"doors-{name}", full=True)
    page = new_page(lin)
    page.goto(house.url)
    page.keyboard.press("3")
    page.wait_for_url(lambda url: not url.endswith(f":{house.port}/"))


def test_pages_that_fail_are_quiet_and_say_what_to_do(new_page, house, mei):
    page = new_page(mei, phone=True)
    page.expected.append("404")
    page.goto(house.url + "/no-such-case/")
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这个，或者不归您看")
    assert_fits(page)
    shot(page, "not-found-phone")
    page.goto(house.url + "/profile/")
    assert_fits(page)
    assert_touchable(page)
    shot(page, "profile-phone")
    page.get_by_role("button", name="周小宁，您的菜单").click()
    shot(page, "account-menu-phone")
    page.get_by_role("menuitem", name="退出登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("客官里边请。")
