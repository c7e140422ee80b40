"""What an agent writes: never lost, never doubled, never sent unseen."""

import re

from playwright.sync_api import expect

from tickets.actions.posting import post_message
from tickets.models import Conversation

from .desk import answered_by, at_desk, bubble, reply, stored
from .pages import cut_off, shot


def test_a_message_is_taken_back_within_two_minutes(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    member = new_page(mei, phone=True)
    member.goto(f"{house.url}/me/chat/{talk.public_key}/")
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
    member.goto(f"{house.url}/me/chat/{talk.public_key}/")
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
    agent.locator(f'a[data-talk="{two.public_key}"]').click()
    expect(bubble(agent, "代寄怎么办")).to_be_visible()
    expect(agent.locator("#box")).to_have_value("")
    agent.locator("#box").fill("写给艾的")
    agent.reload()
    expect(agent.locator("#box")).to_have_value("写给艾的")
    agent.locator(f'a[data-talk="{one.public_key}"]').click()
    expect(agent.locator("#box")).to_have_value("写给周的")


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
