"""The parts of the design system under a real keyboard, a real clock and a real lost line."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from common.words import moment_words, money_words, span_words

from .pages import assert_fits, shot, wait_until

NOW = datetime(2026, 11, 20, 2, 38, tzinfo=UTC)


@pytest.fixture
def looking(new_page, house, ops):
    """The page of all components, as operations see it."""
    page = new_page(ops)
    page.goto(house.url + "/look/")
    return page


def test_clocks_burn_change_form_and_say_only_thresholds(new_page, house, ops):
    page = new_page(ops)
    # Time passes only when we say so, however slow this machine is; the line would bring the
    # server's.
    page.route_web_socket("**/ws/", lambda _line: None)
    page.clock.install(time=NOW)
    page.clock.pause_at(NOW + timedelta(seconds=1))
    page.goto(house.url + "/look/")
    calm = page.locator(".clock").first
    calm.evaluate("(e) => { e.dataset.announce = '回复 周*宁'; window.changes = []; }")
    calm.evaluate("(e) => e.addEventListener('clock:state', (c) => changes.push(c.detail.state))")
    expect(calm).to_have_class("clock is-calm")
    wide = float(calm.evaluate("(e) => e.style.getPropertyValue('--left')"))
    assert 0.7 < wide < 0.79
    page.clock.run_for(62_000)
    expect(calm).to_have_class("clock is-warn")
    expect(page.locator("#said-politely")).to_have_text("回复 周*宁：还剩1分钟")
    page.clock.run_for(50_000)
    expect(calm).to_have_class("clock is-urgent")
    expect(page.locator("#said-at-once")).to_contain_text("还剩")
    page.clock.run_for(30_000)
    expect(calm).to_have_class("clock is-breached")
    expect(calm.locator(".clock__left")).to_contain_text("超0:0")
    expect(page.locator("#said-at-once")).to_have_text("回复 周*宁：到点了")
    expect(page.locator(".clock.is-paused .clock__left")).to_have_text("已暂停")
    assert page.evaluate("changes") == ["warn", "urgent", "breached"]


def test_a_wrong_clock_of_the_computer_does_not_matter(new_page, house, ops):
    page = new_page(ops)
    page.clock.install(time=datetime.now(UTC) + timedelta(hours=3))
    page.goto(house.url + "/look/")
    # 40 s of 180 were over when the page was made, whatever this computer believes.
    expect(page.locator(".clock").first).to_have_class("clock is-calm")


def test_the_browser_says_spans_moments_and_amounts_like_the_server(looking):
    seconds = [0, 28, 599, 600, 1937, 3600, 4440, 86_400, 172_800, 187_200]
    moments = [NOW + timedelta(hours=h) for h in (0, -11, 14, 72, -720, -12_000, 40)]
    amounts = ["168", "1234567.89", "-10.5", "0", "999.9"]
    said = looking.evaluate(
        """async ([seconds, moments, now, amounts]) => {
          const f = await import("/static/js/format.js");
          const said = moments.map((m) => f.momentWords(m, Date.parse(now)));
          return [seconds.map(f.spanWords), said, amounts.map(f.money)];
        }""",
        [seconds, [m.isoformat() for m in moments], NOW.isoformat(), amounts],
    )
    assert said[0] == [span_words(s) for s in seconds]
    assert said[1] == [moment_words(m, now=NOW) for m in moments]
    assert said[2] == [money_words(Decimal(a)) for a in amounts]


def test_single_letters_are_keys_only_outside_text_and_never_while_composing(looking):
    looking.evaluate(
        """async () => {
          const url = [...document.scripts].map((s) => s.src).find((s) => s.includes("/js/page"));
          const text = await (await fetch(url)).text();
          const keys = await import(new URL(text.match(/from "([^"]*keys\\.[^"]*)"/)[1], url));
          window.pressed = [];
          keys.add({key: "j", label: "去最久的", run: () => pressed.push("j")});
          keys.add({key: "mod+enter", label: "发送", run: () => pressed.push("send")});
          window.keys = keys;
        }"""
    )
    looking.locator("body").press("j")
    field = looking.locator("#look-amount")
    field.press("j")
    field.press("Control+Enter")
    assert looking.evaluate("pressed") == ["j", "send"]
    # An input method is composing: its Enter chooses a word.
    field.evaluate(
        """(e) => e.dispatchEvent(new KeyboardEvent("keydown",
          {key: "Enter", ctrlKey: true, isComposing: true, bubbles: true}))"""
    )
    assert looking.evaluate("pressed.length") == 2
    field.blur()
    looking.evaluate("keys.configure({off: true})")
    looking.locator("body").press("j")
    assert looking.evaluate("pressed.length") == 2
    looking.evaluate("keys.configure({off: false, map: {j: 'x'}})")
    looking.locator("body").press("x")
    assert looking.evaluate("pressed.length") == 3


def test_the_question_mark_shows_the_keys_and_gives_the_focus_back(looking):
    looking.locator("#focus-me").focus()
    looking.locator("#focus-me").press("?")
    table = looking.get_by_role("dialog", name="键位")
    expect(table.get_by_text("命令条")).to_be_visible()
    looking.keyboard.press("Escape")
    expect(table).to_be_hidden()
    expect(looking.locator("#focus-me")).to_be_focused()


def test_the_command_bar_finds_and_does(looking):
    looking.keyboard.press("Control+k")
    bar = looking.get_by_role("combobox")
    expect(bar).to_be_focused()
    bar.fill("bel")
    expect(looking.get_by_role("option", name="bell", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    shot(looking, "command-bar-light")
    bar.press("ArrowDown")
    bar.press("Enter")
    expect(looking.locator("#toasts")).to_contain_text("bell-off")


def test_a_destructive_dialog_lists_asks_and_puts_the_safe_way_first(looking):
    opener = looking.get_by_role("button", name="问一问")
    opener.click()
    dialog = looking.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("关闭「岭上鲜果旗舰店」21天？")
    dialog.get_by_role("button", name="提交，等第二人").click()
    expect(dialog.get_by_text("先写上原因。")).to_be_visible()
    shot(looking, "dialog-light")
    dialog.get_by_label("为什么（店主看得到）").fill("售假，依据第14条")
    dialog.get_by_role("button", name="提交，等第二人").click()
    expect(looking.locator("#toasts")).to_contain_text("售假，依据第14条")
    expect(opener).to_be_focused()
    opener.click()
    looking.keyboard.press("Escape")
    expect(looking.locator("#toasts")).to_contain_text("什么都没动")


def test_a_menu_is_walked_by_arrows_and_closed_by_escape(looking):
    opener = looking.get_by_role("button", name="菜单", exact=True)
    opener.click()
    menu = looking.get_by_role("menu", name="菜单")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    looking.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name="培训")).to_be_focused()
    looking.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name="小休")).to_be_focused()
    looking.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(menu).to_be_visible()
    opener.click()
    expect(menu).to_be_hidden()


def test_drafts_survive_a_reload_and_follow_their_subject(looking):
    bind = """async () => {
      const d = await import("/static/js/drafts.js");
      window.draft = d.bind(document.getElementById("look-amount"), "reply:1");
    }"""
    field = looking.locator("#look-amount")
    field.fill("")
    looking.evaluate(bind)
    field.fill("亲，退款我现在就替您提交")
    looking.reload()
    field.evaluate("(e) => { e.value = ''; }")
    looking.evaluate(bind)
    expect(field).to_have_value("亲，退款我现在就替您提交")
    looking.evaluate("draft.move('reply:2')")
    expect(field).to_have_value("")
    looking.evaluate("draft.move('reply:1')")
    expect(field).to_have_value("亲，退款我现在就替您提交")
    looking.evaluate("draft.clear()")
    looking.reload()
    field.evaluate("(e) => { e.value = ''; }")
    looking.evaluate(bind)
    expect(field).to_have_value("")


def test_refusals_of_the_server_become_sentences_and_fields(looking):
    looking.route(
        "**/api/refuses/",
        lambda route: route.fulfill(
            status=400,
            content_type="application/problem+json",
            body=json.dumps(
                {
                    "title": "有一处不能用",
                    "code": "invalid",
                    "errors": [{"pointer": "#/amount", "code": "max", "detail": "不能超过实付"}],
                }
            ),
        ),
    )
    tries = []

    def busy_twice(route):
        tries.append(route.request.method)
        if len(tries) < 3:
            route.fulfill(status=503, body="")
        else:
            route.fulfill(status=200, content_type="application/json", body='{"ok": true}')

    looking.route("**/api/busy/", busy_twice)
    looking.route(
        "**/api/broken/", lambda r: r.fulfill(status=500, headers={"X-Incident": "7F3A"}, body="")
    )
    looking.expected += ["400", "503", "500"]
    said = looking.evaluate(
        """async () => {
          const api = await import("/static/js/api.js");
          const out = [];
          try { await api.post("/api/refuses/", {amount: 1}); }
          catch (e) { out.push([e.message, e.code, e.fields.amount]); }
          out.push((await api.get("/api/busy/")).ok);
          try { await api.post("/api/broken/", {}); } catch (e) { out.push(e.message); }
          return out;
        }"""
    )
    assert said == [
        ["有一处不能用", "invalid", "不能超过实付"],
        True,
        "没存上，您写的都还在。再试一次，或记下编号7F3A找值班。",
    ]
    assert tries == ["GET"] * 3


def test_a_lost_line_is_said_with_what_waits_and_comes_back(looking, house):
    looking.expected += ["WebSocket connection", "ERR_"]
    looking.evaluate(
        """async () => {
          const url = [...document.scripts].map((s) => s.src).find((s) => s.includes("/js/page"));
          const text = await (await fetch(url)).text();
          const {pageLive} = await import(new URL(text.match(/"([^"]*\\/live\\.[^"]*)"/)[1], url));
          window.live = pageLive();
          live.connect();
        }"""
    )
    wait_until(looking, "live.isOnline")
    house.live_down()
    strip = looking.locator("[data-live-banner]")
    expect(strip).to_contain_text("断网了，正在重连。写的字都留着。")
    looking.evaluate("live.send({conversation: crypto.randomUUID(), body: '在吗'})")
    expect(strip).to_contain_text("断网了，正在重连。写的字都留着，1条待发。")
    shot(looking, "offline-light")
    house.live_up()
    strip.get_by_role("button", name="现在就试").click()
    wait_until(looking, "live.isOnline")
    expect(strip).to_be_empty()


def test_nothing_is_lost_in_greyscale_and_at_twice_the_text(new_page, house, ops):
    page = new_page(ops)
    page.goto(house.url + "/look/")
    page.evaluate("document.documentElement.style.setProperty('filter', 'grayscale(1)')")
    shot(page, "components-grey")
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert_fits(page)
