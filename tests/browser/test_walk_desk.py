"""What a demanding day at the desk found, and must not find again."""

from playwright.sync_api import expect

from tickets.models import CannedReply

from .pages import assert_fits, wait_until
from .test_desk import answered_by, asked, at_desk, bubble


def test_the_list_is_open_where_no_talk_is(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = at_desk(new_page, house, bo, size=(768, 1024))
    expect(page.locator(".queue-row")).to_be_in_viewport()
    page.locator(".queue-row").click()
    expect(bubble(page, "签收就坏了一半")).to_be_visible()
    expect(page.locator("#queue")).not_to_be_in_viewport()
    # The drawer gives the focus back when it closes.
    opener = page.get_by_role("button", name="队列").last
    opener.click()
    expect(page.locator(".queue-row")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#queue")).not_to_be_in_viewport()
    expect(opener).to_be_focused()
    assert page.url.endswith(talk.public_key)


def test_a_name_is_never_cut_short(new_page, house, mei, bo, team):
    # An English desk on a phone: the words beside the name are at their longest.
    talk = answered_by(bo, mei)
    for size in ((320, 640), (375, 812), (1440, 900)):
        page = at_desk(new_page, house, bo, talk, size=size, phone=size[0] < 720, language="en")
        expect(bubble(page, "签收就坏了一半")).to_be_visible()
        assert_fits(page)
        shown = page.locator("#talk-name")
        assert shown.evaluate("(e) => e.scrollWidth <= e.clientWidth && e.clientWidth > 20")
        page.context.close()


def test_a_slash_on_its_way_opens_nothing(new_page, house, mei, bo, team):
    CannedReply.objects.create(shortcut="wait", title="稍等", body="我看一下。", folder="过程")
    talk = answered_by(bo, mei)
    page = at_desk(new_page, house, bo, talk)
    expect(bubble(page, "签收就坏了一半")).to_be_visible()
    page.locator("#box").focus()
    line = page.context.new_cdp_session(page)
    line.send("Input.imeSetComposition", {"text": "/", "selectionStart": 1, "selectionEnd": 1})
    page.wait_for_timeout(400)
    expect(page.locator("#canned")).to_be_hidden()
    line.send("Input.insertText", {"text": "、"})
    expect(page.locator("#box")).to_have_value("、")
    expect(page.locator("#canned")).to_be_hidden()
    # What is composed after a slash finds, once it is said.
    page.locator("#box").fill("")
    page.locator("#box").press_sequentially("/")
    expect(page.get_by_role("option")).to_have_count(1)
    line.send("Input.imeSetComposition", {"text": "shao", "selectionStart": 4, "selectionEnd": 4})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    line.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    line.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    expect(page.locator("#box")).to_have_value("/shao")
    line.send("Input.insertText", {"text": "稍等"})
    page.locator("#box").press("Enter")
    expect(page.locator("#box")).to_have_value("我看一下。")


def test_the_regions_are_walked_and_seen(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = at_desk(new_page, house, bo, talk)
    expect(bubble(page, "签收就坏了一半")).to_be_visible()
    page.locator("#box").focus()
    for region in ("panel", "queue", "main", "box"):
        page.keyboard.press("F6")
        expect(page.locator(f"#{region}")).to_be_focused()
        shown = (
            "(e) => getComputedStyle(e).outlineStyle + getComputedStyle(e.parentElement).boxShadow"
        )
        assert page.locator(f"#{region}").evaluate(shown) != "nonenone"


def test_what_was_taken_today_is_told(new_page, house, mei, ada, bo, team):
    answered_by(bo, mei)
    asked(ada)
    page = at_desk(new_page, house, bo)
    expect(page.locator("#figures")).to_contain_text("今天接了1位")
    page.keyboard.press("n")
    expect(page.locator("#figures")).to_contain_text("今天接了2位")
    wait_until(page, "document.activeElement.id === 'box'")


def test_twice_the_text_lies_over_nothing(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = at_desk(new_page, house, bo, talk)
    expect(bubble(page, "签收就坏了一半")).to_be_visible()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    lies = """() => {
      const box = (s) => document.querySelector(s).getBoundingClientRect();
      const [clock, wait] = [box(".queue-row .clock__left"), box(".queue-row .clock__wait")];
      const [who, last] = [box(".queue-row__who"), box(".queue-row__last")];
      const [close, head, side] = [box("#act-close"), box(".thread__head"), box("#panel")];
      return clock.bottom > wait.top + 4 || who.bottom > last.top + 1
        || close.right > side.left || close.bottom > head.bottom;
    }"""
    assert not page.evaluate(lies)


def test_escape_closes_what_lies_on_top_and_nothing_below(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = at_desk(new_page, house, bo, talk)
    expect(bubble(page, "签收就坏了一半")).to_be_visible()
    for name, menu in (("声音和提醒", "alert-menu"), ("我的状态和账号", "presence-menu")):
        opener = page.get_by_role("button", name=name)
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{menu}")).to_be_visible()
        page.keyboard.press("e")
        expect(page.locator("dialog")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator(f"#{menu}")).to_be_hidden()
        expect(opener).to_be_focused()
        expect(page.locator("#talk-name")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#talk-name")).to_be_visible()
