"""The search in a real browser: the desk's command bar, the page of everything, a member's own box."""

from playwright.sync_api import expect

from tickets.actions.conversations import add_note

from .desk import answered_by, at_desk, bubble, reply
from .pages import assert_fits, assert_touchable, shot


def test_the_command_bar_finds_and_opens(new_page, house, mei, ada, bo, order, shop):
    talk = answered_by(bo, ada, "簽收就壞了一半，後臺說沒有記錄")
    add_note(talk, body="这家店第七次坏了", by=bo)
    page = at_desk(new_page, house, bo)
    page.keyboard.press("Control+k")
    page.keyboard.type("坏了")
    found = page.locator(".cmd__item:has(.cmd__snippet)", has_text="簽收就壞了一半")
    expect(found.locator(".cmd__snippet b")).to_have_text("壞了")
    expect(page.locator(".cmd__head")).to_contain_text(["对话内容", "内部备注"])
    expect(page.locator("mark")).to_have_count(0)
    shot(page, "search-bar")
    # What is typed on replaces what was asked; nothing stale comes back.
    page.locator(".cmd__input").fill("lsxg")
    expect(page.locator(".cmd__item", has_text="岭上鲜果旗舰店")).to_be_visible()
    expect(found).to_have_count(0)
    page.locator(".cmd__input").fill("坏了")
    expect(found).to_be_visible()
    while found.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(bubble(page, "簽收就壞了一半")).to_be_visible()


def test_everything_that_was_found_has_a_page(new_page, house, mei, bo, order, shop):
    talk = answered_by(bo, mei, "车厘子第一句", order)
    page = at_desk(new_page, house, bo, talk)
    for n in range(8):
        reply(page, f"车厘子第{n}句，<b>不是标记</b>")
        expect(bubble(page, f"第{n}句，")).to_be_visible()
    page.locator("#main").focus()
    page.keyboard.press("Control+k")
    page.keyboard.type("车厘")
    page.locator(".cmd__item", has_text="看全部结果").click()
    expect(page.locator(".search__name")).to_contain_text(["对话", "对话内容"])
    expect(page.locator(".search__snippet mark").first).to_have_text("车厘")
    expect(page.locator(".search__snippet b")).to_have_count(0)
    assert_fits(page)
    shot(page, "search-page-light", full=True)
    page.get_by_role("link", name="「对话内容」里的全部").click()
    expect(page.locator(".search__hit")).to_have_count(9)
    page.locator("#q").fill("没有这个词")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_contain_text("没找到「没有这个词」")
    shot(page, "search-nothing")


def test_a_member_finds_their_own(new_page, house, mei, ada, bo, order, shop):
    answered_by(bo, mei, "车厘子坏了一半", order)
    answered_by(bo, ada, "车厘子是别人的")
    page = new_page(mei, phone=True, dark=True)
    page.goto(f"{house.url}/me/")
    shot(page, "search-me-home", full=True)
    page.locator("#q").fill("车厘")
    page.keyboard.press("Enter")
    expect(page.locator(".search__hit")).to_have_count(3)
    expect(page.locator("body")).not_to_contain_text("别人的")
    assert_fits(page)
    assert_touchable(page)
    shot(page, "search-me-phone-dark", full=True)
    page.locator(".search__hit a", has_text="岭上鲜果旗舰店").first.click()
    expect(bubble(page, "车厘子坏了一半")).to_be_visible()


def test_strangers_are_sent_to_the_sign_in(new_page, house):
    page = new_page()
    page.goto(f"{house.url}/search/?q=车厘")
    assert "next=" in page.url
