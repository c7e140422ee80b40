"""The workbench in a real browser, against the running house."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Member, Tier
from common.parameters import set_value
from tickets.models import Conversation
from trade.models import OrderStatus

from ..conftest import make_order, person
from ..standing.casts import buy, run
from .desk import answered_by, asked, at_desk, bubble, png, reply, stored
from .pages import assert_fits, assert_touchable, shot


def test_a_member_asks_and_an_agent_answers(new_page, house, mei, bo, order, canned, tmp_path):
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/")
    member.get_by_role("link", name="问这一单").click()
    member.locator("#box").fill("签收就坏了一半，怎么办？")
    member.get_by_role("button", name="发送").click()
    expect(member.locator("#waiting")).to_contain_text("下一位就是您")

    agent = at_desk(new_page, house, bo)
    agent.get_by_role("link", name="周*宁").click()
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    expect(agent.locator("#form")).to_be_hidden()
    agent.keyboard.press("a")
    expect(agent.locator("#box")).to_be_focused()
    expect(agent.locator("#who-sees")).to_have_text("周*宁 看得到")
    expect(member.locator("#who-name")).to_have_text("许青禾")
    expect(member.locator("#waiting")).to_be_hidden()

    # A canned reply, its variables filled.
    agent.locator("#box").press_sequentially("/hi")
    expect(agent.locator(".canned__whole")).to_have_text("亲，您好，我是许青禾。")
    agent.locator("#box").press("Enter")
    expect(agent.locator("#box")).to_have_value("亲，您好，我是许青禾。")
    agent.locator("#box").press("Control+Enter")
    expect(bubble(member, "我是许青禾")).to_be_visible()
    expect(agent.locator("[data-fate=read]")).to_be_visible()

    # A picture from the phone, seen large on the desk.
    picture = tmp_path / "坏果.png"
    picture.write_bytes(png())
    member.locator("#file").set_input_files(picture)
    shown = agent.locator(".bubble--media img")
    expect(shown).to_be_visible()
    assert shown.evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 12
    agent.locator(".bubble--media").click()
    expect(agent.locator("dialog.lightbox img")).to_be_visible()
    agent.keyboard.press("Escape")
    expect(agent.locator("dialog.lightbox")).to_have_count(0)

    # Typing is told to the other side.
    member.locator("#box").press_sequentially("我")
    expect(agent.locator("#typing")).to_have_text("周*宁 正在输入…")
    shot(agent, "desk-light")
    shot(member, "me-chat-phone")


def test_a_note_is_for_staff_alone(new_page, house, mei, bo, lin, team):
    talk = answered_by(bo, mei)
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/chat/{talk.public_key}/")
    agent, lead = at_desk(new_page, house, bo, talk), at_desk(new_page, house, lin, talk)
    expect(bubble(lead, "签收就坏了一半")).to_be_visible()
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.locator("#main").focus()
    agent.keyboard.press("i")
    expect(agent.locator("#who-sees")).to_have_text("只有同事看得到，客人看不见")
    expect(agent.locator("#form")).to_have_attribute("data-mode", "staff")
    reply(agent, "这家店本周第七次了")
    for page in (agent, lead):
        expect(page.locator(".note", has_text="这家店本周第七次了")).to_be_visible()
    shot(agent, "desk-note")
    agent.get_by_role("tab", name="回复").click()
    reply(agent, "我在看")
    expect(bubble(member, "我在看")).to_be_visible()
    assert "第七次" not in member.content()
    assert stored(talk)[-1] == "我在看"


def crowd(bo, team, shop, waits=(200, 151, 101, 20, 10, 5)):
    """Fill a desk: some wait longer than the promise, some shortly, one is waited for.

    The waits go on while the test runs: each lies just past its threshold, far from the next.
    """
    names = [
        "韩大山",
        "周小宁",
        "罗敏",
        "欧阳震华夏侯惇司马懿上官婉儿令狐冲公孙",
        "陈一雨",
        "Ada Wong",
    ]
    tiers = [Tier.NORMAL, Tier.SUPER, Tier.VIP88, Tier.APASS, Tier.NEW, Tier.APASS]
    talks = []
    for i, (name, tier, wait) in enumerate(zip(names, tiers, waits, strict=False)):
        user = person(f"crowd{i}", name, "member")
        Member.objects.create(
            member_no=f"M2{i:07}",
            user=user,
            display_name=name,
            phone=f"1380000{i:04}",
            region="上海",
            tier=tier,
        )
        order = make_order(
            user, shop, f"27{i:014}", timezone.now() - timedelta(days=i), status=OrderStatus.SHIPPED
        )
        talk = answered_by(bo, user, f"我的快递三天没动了，到底怎么回事？第 {i} 位", order)
        since = timezone.now() - timedelta(seconds=wait)
        Conversation.objects.filter(pk=talk.pk).update(
            waiting_since=since, staff_unread=1000 if i == 0 else i
        )
        talks.append(talk)
    Conversation.objects.filter(pk=talks[-1].pk).update(
        waiting_since=None, last_author_kind="agent"
    )
    return talks


@pytest.mark.parametrize(
    ("look", "size"),
    [("light", (1440, 900)), ("dark", (1440, 900)), ("light", (1280, 800)), ("light", (900, 800))],
)
def test_a_full_desk(new_page, house, bo, team, shop, mei, look, size):
    set_value("agents.capacity_max", 20, by=None, reason="测试")
    bo.agent_status.capacity = 20
    bo.agent_status.save()
    talks = crowd(bo, team, shop)
    asked(mei)
    page = at_desk(new_page, house, bo, dark=look == "dark", size=size)
    rows = page.locator("a[data-talk]")
    expect(rows).to_have_count(7)
    expect(rows.first).to_have_attribute("data-talk", talks[0].public_key)
    states = ("breached", "urgent", "warn", "calm", "calm", "paused")
    for i, state in enumerate(states):
        expect(rows.nth(i)).to_have_attribute("data-clock-state", state)
    expect(page.locator("#alert-words")).to_contain_text("3位过了100秒")
    page.keyboard.press("j")
    expect(page.locator("#open")).to_be_visible()
    expect(bubble(page, "第 0 位")).to_be_visible()
    expect(page.locator("#panel .order").first).to_be_attached()
    assert_fits(page)
    shot(page, f"desk-full-{look}-{size[0]}")


def test_the_desk_on_a_phone(new_page, house, bo, team, shop):
    crowd(bo, team, shop, waits=(200, 120, 5))
    page = at_desk(new_page, house, bo, phone=True)
    expect(page.locator("a[data-talk]")).to_have_count(3)
    assert_fits(page)
    assert_touchable(page)
    shot(page, "desk-phone-queue")
    page.locator("a[data-talk]").first.click()
    expect(page.locator("#box")).to_be_visible()
    expect(page.locator("#queue")).to_be_hidden()
    assert_fits(page)
    assert_touchable(page)
    shot(page, "desk-phone-thread")
    page.get_by_role("button", name="这位客人").click()
    expect(page.locator("#panel")).to_be_visible()
    assert_fits(page)
    shot(page, "desk-phone-panel")
    page.go_back()
    expect(page.locator("#box")).to_be_visible()
    page.go_back()
    expect(page.locator("#queue")).to_be_visible()


def test_the_desk_speaks_english(new_page, house, bo, team, shop):
    talks = crowd(bo, team, shop, waits=(200, 120, 5))
    page = at_desk(new_page, house, bo, talks[0], language="en")
    expect(page.get_by_role("heading", name="My queue")).to_be_visible()
    expect(bubble(page, "第 0 位")).to_be_visible()
    assert_fits(page)
    shot(page, "desk-english")


def test_a_failing_panel_says_so_and_the_talk_goes_on(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = new_page(bo)
    page.expected.append("500")
    broken = [True]
    page.context.route(
        "**/panel/",
        lambda route: route.fulfill(status=500, body="{}") if broken[0] else route.continue_(),
    )
    page.goto(f"{house.url}/desk/?c={talk.public_key}")
    expect(page.locator("#panel .failed-part")).to_be_visible()
    reply(page, "照样能聊")
    expect(bubble(page, "照样能聊")).to_be_visible()
    shot(page, "desk-panel-failed")
    broken[0] = False
    page.locator("#panel").get_by_role("button", name="再试").click()
    expect(page.locator("#panel").get_by_text("M10000001")).to_be_visible()


def test_an_order_goes_out_as_a_card(new_page, house, mei, bo, order, team):
    talk = answered_by(bo, mei, order=order)
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/chat/{talk.public_key}/")
    agent = at_desk(new_page, house, bo, talk)
    agent.get_by_role("button", name="发成卡片").click()
    for page in (agent, member):
        expect(page.locator(".order-card")).to_contain_text("¥168.00")


def test_the_keyboard_is_enough(new_page, house, mei, bo, team, canned, outcomes):
    asked(mei)
    page = at_desk(new_page, house, bo)
    expect(page.locator("a[data-talk]")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator("#box")).to_be_focused()
    page.keyboard.type("/wait")
    expect(page.locator(".canned__one")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(bubble(page, "我看一下，一分钟。")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#locked")).to_contain_text("已办结")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("去等得最久的")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("下一位")
    expect(page.locator(".cmd__item")).to_have_count(1)
    shot(page, "desk-commands")


def test_sound_and_notices_are_off_until_switched_on(new_page, house, bo, team):
    page = at_desk(new_page, house, bo)
    page.get_by_role("button", name="声音和提醒").click()
    sound = page.get_by_role("menuitemcheckbox", name="有人等久了，响一声")
    expect(sound).to_have_attribute("aria-checked", "false")
    sound.click()
    expect(sound).to_have_attribute("aria-checked", "true")
    page.context.grant_permissions(["notifications"])
    notices = page.get_by_role("menuitemcheckbox", name="我看别处时，用浏览器提醒")
    notices.click()
    expect(notices).to_have_attribute("aria-checked", "true")


def test_bo_goes_on_a_break(new_page, house, bo, team):
    page = at_desk(new_page, house, bo)
    page.locator("#load").click()
    page.get_by_role("menuitemradio", name="小休").click()
    expect(page.locator("#load")).to_have_attribute("data-presence", "break")
    bo.agent_status.refresh_from_db()
    assert (bo.agent_status.presence, bo.agent_status.reason) == ("break", "")


def test_bo_says_why_and_by_keys(new_page, house, bo, team):
    page = at_desk(new_page, house, bo)
    page.locator("#load").click()
    whys = page.get_by_role("group", name="会议", exact=True).get_by_role("menuitemradio")
    expect(whys).to_have_count(2)
    # That a line is lost is for the clock to say.
    expect(page.get_by_role("menuitemradio", name="连接断开")).to_have_count(0)
    assert_fits(page)
    shot(page, "desk-presence-why")
    whys.filter(has_text="组会").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#load")).to_contain_text("会议 · 组会")
    bo.agent_status.refresh_from_db()
    assert (bo.agent_status.presence, bo.agent_status.reason) == ("meeting", "team_meeting")
    page.locator("#load").click()
    chosen = page.get_by_role("menuitemradio", name="组会")
    expect(chosen).to_have_attribute("aria-checked", "true")


def test_panes_fold_away_and_stay_so(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.locator("#main").focus()
    agent.keyboard.press("]")
    expect(agent.locator("#panel")).to_be_hidden()
    agent.keyboard.press("[")
    expect(agent.locator("#queue")).to_be_hidden()
    agent.reload()
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    expect(agent.locator("#queue")).to_be_hidden()
    agent.get_by_role("button", name="队列", exact=True).last.click()
    expect(agent.locator("#queue")).to_be_visible()


def test_all_of_the_standing_opens_in_the_side_panel(new_page, house, mei, bo, shop, order):
    buy(mei.member, shop, "A1", datetime(2026, 10, 15, tzinfo=UTC))
    run(upto=timezone.now())
    talk = answered_by(bo, mei, order=order)
    page = at_desk(new_page, house, bo, talk)
    fold = page.locator(".whole__fold")
    expect(fold.locator("summary")).to_have_text("全部流水，怎样会涨")
    expect(fold.locator(".whole__score")).to_have_count(0)
    fold.locator("summary").click()
    expect(fold.locator(".whole__score")).to_have_count(3)
    expect(fold).to_contain_text("每个人的起点")
    expect(fold).to_contain_text("再完成一笔没有退款的订单")
    assert_fits(page)
    shot(page, "desk-standing")
