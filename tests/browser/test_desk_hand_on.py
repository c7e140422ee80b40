"""Who answers whom: taking over, handing on, settling, pushing to the radio."""

from django.utils import timezone
from playwright.sync_api import expect

from radio.actions import reject_case
from radio.models import Case
from tickets.models import Conversation, State

from .desk import answered_by, asked, at_desk, bubble
from .pages import shot


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
    member.goto(f"{house.url}/me/chat/{talk.public_key}/")
    agent.locator("#main").focus()
    agent.keyboard.press("e")
    dialog = agent.get_by_role("dialog")
    dialog.get_by_label("解决了").check()
    dialog.get_by_role("button", name="办结").click()
    expect(agent.locator("#locked")).to_contain_text("已办结：解决了")
    expect(member.get_by_text("7天内")).to_have_count(1)
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
