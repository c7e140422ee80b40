"""A member's phone, in a real browser against the running house."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.actions.conversations import resolve_conversation
from tickets.actions.ownership import accept_conversation
from tickets.actions.posting import post_message
from tickets.models import Conversation, Disposition, Message

from ..conftest import make_order
from .desk import answered_by, asked
from .pages import assert_fits, assert_touchable, cut_off, shot


def open_chat(new_page, house, user, talk, **looks):
    page = new_page(user, **({"phone": True} | looks))
    page.goto(f"{house.url}/me/chat/{talk.public_key}/")
    expect(page.locator(".day-line").first).to_be_visible()
    return page


def say(page, text):
    page.locator("#box").fill(text)
    page.get_by_role("button", name="发送").click()


def bubble(page, text):
    return page.locator(".bubble", has_text=text)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_pages_fit_a_phone(new_page, house, mei, bo, team, shop, order, look):
    for day in range(30):
        make_order(
            mei, shop, f"28{day:014}", timezone.now() - timedelta(days=day + 3),
            product="手冲壶 600ml 细口 304 不锈钢家用长嘴咖啡壶带温度计送滤纸一百张", paid_amount="1234567.89",
        )  # fmt: skip
    talk = answered_by(bo, mei, order=order)
    for i in range(6):
        post_message(
            talk,
            by=bo,
            author_kind="agent",
            body=f"您好，我看一下第 {i} 张照片，一分钟就好，不用再拍了。",
        )
        post_message(talk, by=mei, author_kind="member", body="谢谢，我妈还等着回话呢" * (i + 1))
    dark = look == "dark"
    home = new_page(mei, phone=True, dark=dark)
    for path, name in (
        ("/me/", "home"),
        ("/me/orders/", "orders"),
        (f"/me/chat/{talk.public_key}/", "chat"),
        ("/me/chat/", "new"),
    ):
        home.goto(house.url + path)
        if name == "chat":
            expect(bubble(home, "第 5 张")).to_be_visible()
        assert_fits(home)
        assert_touchable(home)
        shot(home, f"me-{name}-{look}", full=name in {"home", "orders"})


def test_an_unread_answer_shows_on_the_first_page_and_a_line_marks_it(
    new_page, house, mei, bo, team
):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk)
    expect(page.get_by_text("来了").or_(page.get_by_text("is here"))).to_be_visible()
    page.goto(f"{house.url}/me/")
    post_message(talk, by=bo, author_kind="agent", body="退款已提交")
    expect(page.locator("[data-unread]").first).to_be_visible()
    expect(page.locator("[data-last]").first).to_have_text("退款已提交")
    page.locator("a[data-talk]").first.click()
    expect(page.get_by_role("separator")).to_contain_text("新消息")
    expect(bubble(page, "退款已提交")).to_be_visible()


def test_the_place_in_the_queue_is_told_and_counts_down(new_page, house, mei, ada, bo, team):
    first = asked(ada, "我先来的")
    Conversation.objects.filter(pk=first.pk).update(priority=1)
    talk = asked(mei)
    page = open_chat(new_page, house, mei, talk)
    expect(page.locator("#waiting")).to_contain_text("您前面1位")
    shot(page, "me-waiting")
    accept_conversation(first, by=bo)
    expect(page.locator("#waiting")).to_contain_text("下一位就是您", timeout=20_000)
    accept_conversation(talk, by=bo)
    expect(page.locator("#who-state")).to_have_text("正在为您服务")
    expect(page.locator("#waiting")).to_be_hidden()


def test_what_is_written_offline_is_seen_and_goes_on_return(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk)
    cut_off(page)
    say(page, "地铁里写的")
    say(page, "还有一句")
    expect(page.locator(".said--unsent")).to_have_count(2)
    expect(page.get_by_text("2条待发")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".said--unsent")).to_have_count(0, timeout=40_000)
    bodies = list(
        Message.objects.filter(conversation_id=talk.pk)
        .order_by("seq")
        .values_list("body", flat=True)
    )
    assert [b for b in bodies if b in {"地铁里写的", "还有一句"}] == ["地铁里写的", "还有一句"]


def test_the_first_sentence_survives_a_missing_line(new_page, house, mei, bo, team, order):
    page = new_page(mei, phone=True)
    page.goto(f"{house.url}/me/chat/?order={order.order_no}")
    cut_off(page)
    say(page, "坏了一半")
    expect(page.get_by_text("连上就发")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_visible(timeout=30_000)
    talk = Conversation.objects.get()
    assert talk.order == order
    assert Message.objects.filter(conversation_id=talk.pk, body="坏了一半").count() == 1
    assert page.url.endswith(f"/me/chat/{talk.public_key}/")


def test_a_draft_is_there_after_a_reload(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk)
    page.locator("#box").fill("写到一半的话")
    page.reload()
    expect(page.locator("#box")).to_have_value("写到一半的话")


def test_a_file_that_is_too_large_says_so(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk)
    page.evaluate(
        """() => {
          const input = document.getElementById("file");
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(11 * 1024 * 1024)], "录像.mp4", {type: "video/mp4"}));
          input.files = files.files;
          input.dispatchEvent(new Event("change"));
        }"""
    )
    expect(page.get_by_text("太大了，最多 10.0 MB。")).to_be_visible()
    page.get_by_role("button", name="不发了").click()
    expect(page.locator(".upload")).to_have_count(0)


def test_a_file_travels_and_is_saved_under_its_name(new_page, house, mei, bo, team, tmp_path):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk)
    paper = tmp_path / "面单.txt"
    paper.write_text("单号 SF1234567890", encoding="utf-8")
    page.locator("#file").set_input_files(paper)
    link = page.locator("[data-seq] a.file")
    expect(link).to_contain_text("面单.txt")
    with page.expect_download() as got:
        link.click()
    assert got.value.suggested_filename == "面单.txt"


def test_an_emoji_goes_where_the_cursor_is(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk)
    page.locator("#box").fill("谢谢")
    page.get_by_role("button", name="表情").click()
    page.get_by_role("button", name="👍").click()
    expect(page.locator("#box")).to_have_value("谢谢👍")


def test_own_words_are_taken_back_by_a_tap(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk)
    say(page, "说错了")
    own = page.locator(".said[data-seq]", has_text="说错了")
    expect(own).to_be_visible()
    expect(own.get_by_role("button", name="撤回")).to_be_hidden()
    own.locator(".bubble").tap()
    own.get_by_role("button", name="撤回").tap()
    expect(page.get_by_text("您撤回了一条消息")).to_be_visible()
    expect(bubble(page, "说错了")).to_have_count(0)


def test_a_closed_talk_offers_a_new_one(new_page, house, mei, bo, team):
    Disposition.objects.create(code="done", name="解决了")
    talk = answered_by(bo, mei)
    resolve_conversation(talk, disposition="done", by=bo)
    Conversation.objects.filter(pk=talk.pk).update(resolved_at=timezone.now() - timedelta(days=8))
    page = open_chat(new_page, house, mei, talk)
    page.get_by_role("link", name="重新找小二").click()
    expect(page).to_have_url(f"{house.url}/me/chat/")


def test_the_phone_speaks_english(new_page, house, mei, bo, team, order):
    talk = answered_by(bo, mei, order=order)
    page = open_chat(new_page, house, mei, talk, language="en")
    expect(page.locator("#who-state")).to_have_text("Is answering you now")
    assert_fits(page)
    shot(page, "me-english")
    page.goto(f"{house.url}/me/")
    assert_fits(page)
    shot(page, "me-home-english", full=True)


def test_long_words_do_not_burst_the_screen(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    post_message(talk, by=bo, author_kind="agent", body="https://example.com/" + "a" * 900)
    post_message(talk, by=mei, author_kind="member", body="啊" * 2000)
    page = open_chat(new_page, house, mei, talk)
    expect(page.get_by_role("button", name="展开全部")).to_have_count(2)
    page.get_by_role("button", name="展开全部").last.click()
    expect(page.get_by_role("button", name="收起")).to_be_visible()
    assert_fits(page)


def test_a_wide_screen_keeps_the_chat_narrow(new_page, house, mei, bo, team):
    talk = answered_by(bo, mei)
    page = open_chat(new_page, house, mei, talk, phone=False)
    page.locator("#box").fill("回车就发")
    page.locator("#box").press("Enter")
    expect(bubble(page, "回车就发")).to_be_visible()
    assert page.locator("#chat").bounding_box()["width"] <= 760
    shot(page, "me-wide")
