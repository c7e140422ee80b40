"""One customer's voice, the whole way: chat, desk, kitchen, nine o'clock, reader, back office.

Everything is real: Chromium, the four processes of the Procfile, PostgreSQL. Nine o'clock alone is
moved: the edition that took the case is due a few seconds ahead, and the clock process airs it.
"""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from common.deadlines import set_deadline
from common.models import Heartbeat
from radio import rules
from radio.actions import open_channel, subscribe
from radio.actions.editions import AIR
from radio.models import Case, Edition, Reading
from tests.conftest import PASSWORD
from tickets.models import CannedReply, Conversation, Disposition, Message
from workforce.models import AgentStatus, Presence

from .pages import (
    assert_fits,
    assert_touchable,
    has_subscribed,
    heard_by,
    shot,
    wait_for,
    wait_until,
)
from .test_front import with_password

ASKED = "车厘子坏了六成，商家只肯赔一成。"
VOICE = "你们规则写得好好的，到他那儿就不算数。"
PRIVATE = "我电话13800002071，单号2611200341700001，快帮我问问。"
NOTE = "这家店本周第七单了，别急着答应退款。"
WHY = "同一家店一周七单，都把「约六成坏」压成「按一成赔」，客人只能转人工。"
HEADLINE = "坏了六成，只赔一成"


@pytest.fixture(scope="module")
def clock_and_worker(_servers):
    """The other two processes of the house, beside ``web`` and ``live``."""
    for name in ("clock", "worker"):
        _servers.up(name)
    yield
    for name in ("worker", "clock"):
        _servers.down(name)


@pytest.fixture
def props(house, bo, he, shop):
    """What operations have prepared: a channel with a reader, ready sentences, results."""
    channel = open_channel(code="fresh", name="生鲜", position=1, by=None)
    subscribe(channel, by=he)
    CannedReply.objects.create(
        shortcut="wait",
        title="请稍等",
        body="{greeting}，我这就去问{shop}，请稍等。",
        folder="开场",
    )
    Disposition.objects.create(code="compensated", name="已赔付", position=1)
    AgentStatus.objects.filter(user=bo).update(presence=Presence.OFFLINE)
    return channel


@pytest.fixture
def photo(tmp_path):
    """A picture as an agent sends one."""
    picture = Image.new("RGB", (640, 420), "#8c2f2a")
    ImageDraw.Draw(picture).ellipse((180, 60, 460, 340), fill="#3a1414", outline="#f2c46d", width=6)
    kept = io.BytesIO()
    picture.save(kept, "JPEG")
    path = tmp_path / "cherries.jpg"
    path.write_bytes(kept.getvalue())
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_voice_travels_the_whole_way(
    new_page, house, clock_and_worker, props, photo, mei, order, bo, sen, he, ops, dark
):
    look = "dark" if dark else "light"

    # The member signs in on her phone and asks about an order.
    with_password(mei, PASSWORD)
    member = new_page(phone=True, dark=dark)
    frames = heard_by(member)
    member.goto(house.url)
    member.get_by_label("账号").fill("mei")
    member.get_by_label("密码").fill(PASSWORD)
    member.get_by_role("button", name="登录").click()
    member.wait_for_url("**/me/")
    assert_fits(member)
    shot(member, f"way-1-member-{look}")
    member.get_by_role("link", name="问这一单").click()
    member.locator("#box").fill(ASKED)
    member.get_by_role("button", name="发送", exact=True).click()
    expect(member.locator("#waiting")).to_be_visible()
    talk = Conversation.objects.get()

    # The agent comes to work, accepts, and answers with a ready sentence and a picture.
    agent = new_page(bo, dark=dark)
    agent.goto(f"{house.url}/desk/")
    agent.locator("#load").click()
    agent.get_by_role("menuitemradio", name="接待中").click()
    expect(agent.locator("#load")).to_have_text("接待中 0/5")
    agent.keyboard.press("Escape")
    agent.locator(f"a[data-talk='{talk.public_key}']").click()
    agent.get_by_role("button", name="我来接").click()
    expect(member.locator("#who-name")).to_have_text("许青禾")
    box = agent.locator("#box")
    box.press_sequentially("/wait")
    expect(agent.get_by_role("option")).to_have_count(1)
    box.press("Enter")
    expect(box).to_have_value("亲，我这就去问岭上鲜果旗舰店，请稍等。")
    box.press("Control+Enter")
    agent.locator("#image-file").set_input_files(photo)
    expect(member.locator("#log")).to_contain_text("亲，我这就去问岭上鲜果旗舰店，请稍等。")
    picture = member.locator("#log img")
    expect(picture).to_be_visible()
    wait_until(member, "document.querySelector('#log img').naturalWidth === 640")
    expect(agent.locator("[data-fate=read]").last).to_be_visible()

    # A word among colleagues.
    agent.get_by_role("tab", name="内部便签").click()
    box.fill(NOTE)
    box.press("Control+Enter")
    expect(agent.locator(".note")).to_contain_text(NOTE)
    agent.get_by_role("tab", name="回复").click()
    for line in (VOICE, PRIVATE):
        member.locator("#box").fill(line)
        member.get_by_role("button", name="发送", exact=True).click()
        expect(agent.locator("#log")).to_contain_text(line)
    shot(agent, f"way-2-desk-{look}")
    assert_fits(member)
    assert_touchable(member)
    shot(member, f"way-3-chat-{look}")

    # What the business should hear goes to the radio: the customer's own lines, and why.
    agent.get_by_role("button", name="推给电台").click()
    dialog = agent.get_by_role("dialog")
    dialog.get_by_label("为什么该让业务听到").fill(WHY)
    for line in (VOICE, PRIVATE):
        dialog.get_by_label(line[:10]).check()
    dialog.get_by_label(ASKED[:10]).uncheck()
    dialog.get_by_label("标题").fill("赔付被压低")
    shot(agent, f"way-4-push-{look}")
    dialog.get_by_role("button", name="推送").click()
    expect(agent.get_by_text("已推给电台")).to_be_visible()
    agent.get_by_role("button", name="办结").click()
    dialog.get_by_label("已赔付").check()
    dialog.get_by_role("button", name="办结").click()
    expect(member.locator("#settled-line")).to_contain_text("已办结。")
    shot(member, f"way-5-settled-{look}")
    case = Case.objects.get()
    assert (case.pushed_by, case.quotes.count()) == (bo, 2)

    # The note never left the house: not in her page, her lines or her answers.
    assert NOTE not in member.content()
    assert not [frame for frame in frames if NOTE in frame or NOTE[:6] in frame]
    assert [frame for frame in frames if VOICE in frame]
    said = member.request.get(f"{house.url}/api/v1/conversations/{talk.pk}/messages/")
    assert VOICE in said.text()
    assert NOTE not in said.text()
    assert member.request.get(f"{house.url}/api/v1/conversations/{talk.pk}/notes/").status == 404
    assert not Message.objects.filter(body__contains=NOTE).exists()

    # Whoever pushed does not screen; a senior does.
    assert agent.goto(f"{house.url}/radio/kitchen/").status == 404
    agent.expected.append("404")
    senior = new_page(sen, dark=dark)
    senior.goto(f"{house.url}/radio/kitchen/")
    senior.locator(".chip-check", has_text="生鲜").click()
    senior.get_by_label("标题").fill(HEADLINE)
    senior.locator(".chip-check", has_text="红").click()
    shot(senior, f"way-6-kitchen-{look}")
    senior.get_by_role("button", name="选用").click()
    expect(senior.get_by_text("选用了，")).to_be_visible()

    # The reader waits with the page open; nine o'clock comes.
    reader = new_page(he, dark=dark)
    told = heard_by(reader)
    reader.goto(f"{house.url}/radio/")
    expect(reader.locator("body")).not_to_contain_text(HEADLINE)
    wait_for(lambda: has_subscribed(told, "radio"), reader)
    shot(reader, f"way-7-before-nine-{look}")
    wait_for(lambda: Heartbeat.objects.filter(process="clock").exists(), reader)
    edition = bring_nine_o_clock_near(case)
    expect(reader.get_by_role("heading", name=HEADLINE)).to_be_visible()
    assert_fits(reader)
    shot(reader, f"way-8-edition-{look}", full=True)
    read = reader.locator("body").inner_text() + reader.content()
    for secret in ("13800002071", "2611200341700001", "周小宁"):
        assert secret not in read
    assert VOICE in read
    edition.refresh_from_db()
    assert edition.aired_at >= edition.publish_at
    reader.locator(".story .echo").scroll_into_view_if_needed()
    expect(reader.locator("[data-unread]")).to_have_count(0)

    # The pusher sees what became of it.
    agent.goto(f"{house.url}/radio/mine/")
    expect(agent.get_by_text("姜半夏 选用了它。")).to_be_visible()
    expect(agent.locator(".echo__step.is-done")).to_have_count(3)
    shot(agent, f"way-9-fate-{look}")

    # Operations see every step.
    office = new_page(ops, dark=dark)
    office.goto(f"{house.url}/admin/tickets/conversation/{talk.pk}/change/")
    for words in (ASKED, VOICE, NOTE, "许青禾", "已赔付"):
        expect(office.locator("#main, body").first).to_contain_text(words)
    shot(office, f"way-10-conversation-{look}", full=True)
    office.goto(f"{house.url}/admin/tickets/conversation/{talk.pk}/history/")
    expect(office.locator("body")).to_contain_text("许青禾")
    shot(office, f"way-11-history-{look}", full=True)
    for model, row in (("case", case), ("edition", edition)):
        office.goto(f"{house.url}/admin/radio/{model}/{row.pk}/change/")
        expect(office.locator("body")).to_contain_text(HEADLINE)
        shot(office, f"way-12-{model}-{look}", full=True)
    # The worker delivered it, and the reader's reading arrived.
    read_it = Reading.objects.filter(user=he, case=case, read_at__isnull=False)
    wait_for(read_it.exists, reader)


def bring_nine_o_clock_near(case: Case) -> Edition:
    """Let the edition that took ``case`` be today's, due in two seconds."""
    edition = Edition.objects.get(items__case=case)
    edition.publish_at = timezone.now() + timedelta(seconds=2)
    edition.day = rules.shanghai_day(edition.publish_at)
    edition.save(update_fields=["publish_at", "day"])
    set_deadline(AIR, edition, edition.publish_at)
    return edition
