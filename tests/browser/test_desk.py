"""The workbench in a real browser, against the running house."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Member, Tier
from radio.actions import reject_case
from radio.models import Case
from tickets.actions.conversations import open_conversation
from tickets.actions.ownership import accept_conversation
from tickets.actions.posting import post_message
from tickets.models import CannedReply, Conversation, Disposition, Message, State
from trade.models import OrderStatus

from ..conftest import make_order, person
from .conftest import assert_fits, assert_touchable, cut_off, shot


@pytest.fixture
def outcomes(transactional_db):
    return [
        Disposition.objects.create(code=code, name=name, position=place)
        for place, (code, name) in enumerate([("solved", "解决了"), ("refunded", "退了款")])
    ]


@pytest.fixture
def canned(transactional_db):
    return [
        CannedReply.objects.create(
            shortcut="hi", title="问好", body="{greeting}，{name}您好，我是{agent}。", folder="开场"
        ),
        CannedReply.objects.create(
            shortcut="wait", title="稍等", body="我看一下，一分钟。", folder="过程"
        ),
    ]


def asked(user, body="签收就坏了一半，怎么办？", order=None):
    return open_conversation(
        user.member, medium="web", body=body, order=order, by=user
    ).conversation


def answered_by(agent, user, body="签收就坏了一半，怎么办？", order=None):
    talk = asked(user, body, order)
    return accept_conversation(talk, by=agent)


def at_desk(new_page, house, user, talk=None, **looks):
    page = new_page(user, **looks)
    page.goto(f"{house.url}/desk/" + (f"?c={talk.pk}" if talk else ""))
    expect(page.locator("#figures span").first).to_be_attached()
    return page


def reply(page, text):
    page.locator("#box").fill(text)
    page.locator("#box").press("Control+Enter")


def bubble(page, text):
    return page.locator(".bubble", has_text=text)


def stored(talk):
    return list(
        Message.objects.filter(conversation_id=talk.pk)
        .order_by("seq")
        .values_list("body", flat=True)
    )


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


def png():
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (12, 8), (120, 20, 40)).save(out, "PNG")
    return out.getvalue()


def test_a_note_is_for_staff_alone(new_page, house, mei, bo, lin, team):
    talk = answered_by(bo, mei)
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/chat/{talk.pk}/")
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


def test_a_message_is_taken_back_within_two_minutes(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/chat/{talk.pk}/")
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    reply(agent, "写错了的一句")
    expect(bubble(member, "写错了的一句")).to_be_visible()
    agent.locator(".said", has_text="写错了的一句").hover()
    agent.get_by_role("button", name="撤回").click()
    expect(agent.get_by_text("您撤回了一条消息")).to_be_visible()
    expect(member.get_by_text("许青禾 撤回了一条消息")).to_be_visible()
    expect(bubble(member, "写错了的一句")).to_have_count(0)
    agent.get_by_role("button", name="重新写").click()
    expect(agent.locator("#box")).to_have_value("写错了的一句")


def test_nothing_is_lost_or_doubled_when_the_line_breaks(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/chat/{talk.pk}/")
    agent = at_desk(new_page, house, bo, talk)
    reply(agent, "第一句")
    expect(bubble(member, "第一句")).to_be_visible()
    for page in (member, agent):
        page.expected.append("WebSocket")
    house.live_down()
    reply(agent, "断线时写的一句")
    reply(agent, "断线时写的又一句")
    member.locator("#box").fill("我也断着")
    member.get_by_role("button", name="发送").click()
    expect(agent.locator(".said--unsent")).to_have_count(2)
    expect(member.locator(".said--unsent")).to_have_count(1)
    expect(agent.get_by_text("2条")).to_be_visible()
    shot(agent, "desk-offline")
    shot(member, "me-offline")
    # A reload in between loses nothing either.
    agent.reload()
    expect(agent.locator(".said--unsent")).to_have_count(2)
    house.live_up()
    for page in (member, agent):
        page.evaluate("dispatchEvent(new Event('online'))")
    # The member's words may have come first: then the agent is asked once.
    anyway = agent.get_by_role("button", name="照发")
    expect(anyway.or_(agent.locator(".log:not(:has(.said--unsent))"))).to_be_visible(timeout=40_000)
    if anyway.is_visible():
        anyway.click()
    for page in (member, agent):
        for words in ("断线时写的一句", "断线时写的又一句", "我也断着"):
            expect(bubble(page, words)).to_have_count(1, timeout=40_000)
        expect(page.locator(".said--unsent")).to_have_count(0, timeout=40_000)
    said = stored(talk)
    assert [said.count(w) for w in ("断线时写的一句", "断线时写的又一句", "我也断着")] == [1, 1, 1]
    assert said.index("断线时写的一句") < said.index("断线时写的又一句")


def test_a_reply_is_held_when_a_newer_word_has_not_been_seen(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    for i in range(40):
        post_message(talk, by=mei, author_kind="member", body=f"第 {i} 句，说来话长")
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "第 39 句")).to_be_visible()
    agent.locator("#scroll").evaluate("(e) => { e.scrollTop = 0 }")
    expect(agent.locator(".jump")).to_be_visible()
    post_message(talk, by=mei, author_kind="member", body="等等，已经到账了！")
    expect(agent.get_by_role("button", name="1条新消息")).to_be_visible()
    reply(agent, "我去催一下")
    expect(agent.get_by_text("客人刚又说了一句")).to_be_visible()
    shot(agent, "desk-held")
    assert "我去催一下" not in stored(talk)
    agent.get_by_role("button", name="看过再发").click()
    expect(bubble(agent, "等等，已经到账了！")).to_be_in_viewport()
    expect(agent.locator("#box")).to_have_value("我去催一下")
    agent.locator("#box").press("Control+Enter")
    expect(bubble(agent, "我去催一下")).to_be_visible()
    expect(agent.locator(".said--unsent")).to_have_count(0)
    assert stored(talk)[-1] == "我去催一下"


def test_a_held_reply_may_go_all_the_same(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    for i in range(40):
        post_message(talk, by=mei, author_kind="member", body=f"第 {i} 句，说来话长")
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "第 39 句")).to_be_visible()
    # Opening a talk ends with a scroll to its last line; only then is one's own scroll kept.
    agent.locator("#scroll").evaluate(
        """async (e) => {
            const turn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)));
            for (let still = 0; still < 5; still = e.scrollTop === 0 ? still + 1 : 0) {
                e.scrollTop = 0;
                await turn();
            }
        }"""
    )
    post_message(talk, by=mei, author_kind="member", body="还有一句")
    expect(agent.get_by_role("button", name="1条新消息")).to_be_visible()
    reply(agent, "照样发")
    agent.get_by_role("button", name="照发").click()
    expect(agent.locator(".said--unsent")).to_have_count(0)
    assert stored(talk)[-1] == "照样发"


def test_older_messages_come_on_scrolling_up(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    for i in range(140):
        post_message(talk, by=mei, author_kind="member", body=f"第 {i} 句")
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "第 139 句")).to_be_visible()
    assert agent.locator(".said").count() == 50
    for wanted in (100, 141):
        agent.locator("#scroll").evaluate("(e) => { e.scrollTop = 0 }")
        expect(agent.locator(".said")).to_have_count(wanted)
    numbers = [int(n) for n in re.findall(r"第 (\d+) 句", agent.locator("#log").inner_text())]
    assert numbers == list(range(140))


def test_a_colleague_is_seen_and_takes_over(new_page, house, mei, bo, lin, team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.locator("#box").fill("我写到一半")
    lead = at_desk(new_page, house, lin, talk)
    expect(agent.locator(".presence")).to_contain_text("陆遥")
    expect(lead.locator(".presence")).to_contain_text("许青禾")
    agent.locator("#box").press_sequentially("，还")
    expect(lead.locator(".presence")).to_contain_text("正在写")
    shot(lead, "desk-presence")
    lead.locator("#locked").get_by_role("button", name="我来回").click()
    lead.get_by_role("dialog").get_by_role("button", name="我来回").click()
    expect(lead.locator("#box")).to_be_focused()
    expect(agent.locator("#locked")).to_contain_text("陆遥 从")
    expect(agent.locator("#form")).to_be_hidden()
    shot(agent, "desk-taken-over")
    # The draft is where it was, for whoever answers again.
    assert agent.locator("#box").input_value() == "我写到一半，还"


def test_the_slower_of_two_is_told_who_accepted(new_page, house, mei, bo, lin, team):
    talk = asked(mei)
    lead = at_desk(new_page, house, lin, talk)
    accept = lead.locator("#locked").get_by_role("button", name="我来接")
    expect(accept).to_be_visible()

    def faster(route):
        # Lin has pressed already when Bo's word comes first.
        Conversation.objects.filter(pk=talk.pk).update(
            state=State.OPEN, owner=bo, queued_at=None, accepted_at=timezone.now()
        )
        route.continue_()

    lead.route("**/acceptance/", faster)
    lead.expected.append("409")
    accept.click()
    expect(lead.locator("#toasts")).to_contain_text("许青禾 先接了")
    expect(lead.locator("#locked")).to_contain_text("许青禾 从")


def test_a_talk_is_handed_on_with_a_note(new_page, house, mei, bo, lin, team, other_team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.locator("#main").focus()
    agent.keyboard.press("t")
    dialog = agent.get_by_role("dialog")
    dialog.get_by_role("button", name="转接").click()
    expect(dialog.get_by_role("alert")).to_have_text("选一下转给谁。")
    dialog.get_by_label("陆遥").check()
    dialog.get_by_label("便签").fill("客人赶时间")
    shot(agent, "desk-transfer")
    dialog.get_by_role("button", name="转接").click()
    expect(agent.locator("#toasts")).to_contain_text("已转给 陆遥")
    expect(agent.locator("#locked")).to_contain_text("陆遥")
    lead = at_desk(new_page, house, lin, talk)
    expect(lead.locator(".note", has_text="客人赶时间")).to_be_visible()


def test_a_talk_is_settled_and_comes_back(new_page, house, mei, bo, team, outcomes):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/chat/{talk.pk}/")
    agent.locator("#main").focus()
    agent.keyboard.press("e")
    dialog = agent.get_by_role("dialog")
    dialog.get_by_label("解决了").check()
    dialog.get_by_role("button", name="办结").click()
    expect(agent.locator("#locked")).to_contain_text("已办结：解决了")
    expect(member.get_by_text("7天内再说一句就接着聊")).to_be_visible()
    shot(member, "me-settled")
    member.get_by_role("button", name="还有问题，接着说").click()
    member.locator("#box").fill("还是不对")
    member.get_by_role("button", name="发送").click()
    expect(member.locator("#settled")).to_be_hidden()
    expect(bubble(agent, "还是不对")).to_be_visible()
    talk.refresh_from_db()
    assert (talk.state in {State.WAITING, State.OPEN}, talk.reopened_count) == (True, 1)


def test_a_case_is_pushed_to_the_radio(new_page, house, mei, bo, sen, team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.locator("#main").focus()
    agent.keyboard.press("p")
    dialog = agent.get_by_role("dialog")
    dialog.get_by_label("为什么该让业务听到？").fill("坏果赔付太低，本周第七单")
    shot(agent, "desk-push")
    dialog.get_by_role("button", name="推送").click()
    expect(agent.locator("#toasts")).to_contain_text("已推给电台，引了1句")
    # What became of it stands beside the talk, and a second push finds the first.
    fate = agent.locator(".panel__case")
    expect(fate).to_contain_text("许青禾")
    agent.keyboard.press("p")
    expect(agent.locator("#toasts")).to_contain_text("许青禾 推过这次对话")
    reject_case(Case.objects.get(), reason="单个个例，先不上", by=sen)
    expect(fate).to_contain_text("单个个例，先不上")
    shot(agent, "desk-pushed")


def test_enter_while_composing_sends_nothing(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.locator("#enter").click()
    expect(agent.locator("#enter")).to_have_text("Enter 发送")
    box = agent.locator("#box")
    box.fill("nihao")
    box.evaluate(
        """(e) => {
          const press = (more) => e.dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, ...more}));
          e.dispatchEvent(new CompositionEvent("compositionstart", {bubbles: true}));
          press({isComposing: true});
          press({keyCode: 229});
        }"""
    )
    expect(box).to_have_value("nihao")
    assert stored(talk)[-1] != "nihao"
    box.press("Enter")
    expect(bubble(agent, "nihao")).to_be_visible()


def test_a_draft_survives_a_reload_and_belongs_to_its_talk(new_page, house, mei, ada, bo, team):
    one, two = answered_by(bo, mei), answered_by(bo, ada, "代寄怎么办")
    agent = at_desk(new_page, house, bo, one)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.locator("#box").fill("写给周的")
    agent.locator(f'a[data-talk="{two.pk}"]').click()
    expect(bubble(agent, "代寄怎么办")).to_be_visible()
    expect(agent.locator("#box")).to_have_value("")
    agent.locator("#box").fill("写给艾的")
    agent.reload()
    expect(agent.locator("#box")).to_have_value("写给艾的")
    agent.locator(f'a[data-talk="{one.pk}"]').click()
    expect(agent.locator("#box")).to_have_value("写给周的")


def crowd(bo, team, shop, waits=(200, 160, 120, 80, 20, 5)):
    """Fill a desk: some wait longer than the promise, some shortly, one is waited for."""
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
    bo.agent_status.capacity = 20
    bo.agent_status.save()
    talks = crowd(bo, team, shop)
    asked(mei)
    page = at_desk(new_page, house, bo, dark=look == "dark", size=size)
    rows = page.locator("a[data-talk]")
    expect(rows).to_have_count(7)
    assert rows.first.get_attribute("data-talk") == str(talks[0].pk)
    expect(rows.first).to_have_attribute("data-clock-state", "breached")
    assert [rows.nth(i).get_attribute("data-clock-state") for i in range(6)] == [
        "breached", "urgent", "warn", "calm", "calm", "paused",
    ]  # fmt: skip
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
    page.goto(f"{house.url}/desk/?c={talk.pk}")
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
    member.goto(f"{house.url}/me/chat/{talk.pk}/")
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
    page.get_by_role("menuitemradio").nth(1).click()
    expect(page.locator("#load")).to_have_attribute("data-presence", "break")
    bo.agent_status.refresh_from_db()
    assert bo.agent_status.presence == "break"


def test_a_refused_message_is_never_silently_gone(new_page, house, mei, bo, lin, team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    # Somebody else answers now, and this screen has not heard of it.
    Conversation.objects.filter(pk=talk.pk).update(owner=lin)
    reply(agent, "我以为还是我")
    expect(agent.get_by_text("没发出去：现在是别人在回。")).to_be_visible()
    expect(agent.locator("#locked")).to_contain_text("陆遥")
    shot(agent, "desk-refused")
    Conversation.objects.filter(pk=talk.pk).update(owner=bo)
    agent.get_by_role("button", name="再发").click()
    expect(agent.locator(".said--unsent")).to_have_count(0)
    assert stored(talk)[-1] == "我以为还是我"


def test_a_picture_is_pasted_and_one_is_dropped(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    agent.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), {width: 40, height: 30});
          canvas.getContext("2d").fillRect(0, 0, 40, 30);
          const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
          const carry = (name) => {
            const data = new DataTransfer();
            data.items.add(new File([blob], name, {type: "image/png"}));
            return data;
          };
          document.getElementById("box").dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: carry("剪贴.png"), bubbles: true, cancelable: true}));
          const area = document.getElementById("open");
          for (const type of ["dragenter", "drop"]) {
            area.dispatchEvent(new DragEvent(type, {dataTransfer: carry("拖来.png"), bubbles: true, cancelable: true}));
          }
        }"""
    )
    expect(agent.locator("[data-seq] .bubble--media")).to_have_count(2)


def test_what_was_missed_is_said_in_a_line(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    agent = at_desk(new_page, house, bo, talk)
    expect(bubble(agent, "签收就坏了一半")).to_be_visible()
    cut_off(agent)
    agent.evaluate("dispatchEvent(new Event('offline'))")
    for i in range(3):
        post_message(talk, by=mei, author_kind="member", body=f"断线时说的 {i}")
    agent.context.set_offline(False)
    expect(agent.get_by_text("补上了断线时的3条")).to_be_visible(timeout=40_000)
    expect(bubble(agent, "断线时说的")).to_have_count(3)


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
