"""Products and orders as cards: found at the desk, chosen on the phone, seen by the other side."""

import pytest
from playwright.sync_api import expect

from merchants.models import Shop
from tickets.actions.posting import post_message
from tickets.models import Message
from trade.actions import take_down_product

from ..conftest import make_order, make_product
from .desk import answered_by, at_desk
from .pages import assert_fits, assert_touchable, cut_off, shot


@pytest.fixture
def shelves(shop, product):
    """Two products of the talk's shop, one of another."""
    make_product(shop, "G300102", "红颜草莓 3 斤装 顺丰冷链", price="79.00")
    make_product(
        shop, "G300103", "阳澄湖大闸蟹 公 4 两母 3 两 8 只", price="328.00", is_listed=False
    )
    other = Shop.objects.create(shop_no="S3002", name="山核桃旗舰店")
    make_product(other, "G300201", "手剥山核桃 2 斤 车厘子干一包", price="109.00", category="零食")


def cards(talk):
    rows = Message.objects.filter(conversation_id=talk.pk).exclude(payload=None).order_by("seq")
    return list(rows.values_list("kind", "payload__product_no", "payload__order_no"))


def card(page, kind):
    """The cards of a kind that the server has, not those on their way."""
    return page.locator(f".said:not(.said--unsent) [data-card={kind}_card]")


def phone_chat(new_page, house, user, talk, **looks):
    page = new_page(user, **({"phone": True} | looks))
    page.goto(f"{house.url}/me/chat/{talk.public_key}/")
    expect(page.locator(".day-line").first).to_be_visible()
    return page


def test_an_agent_finds_a_product_with_the_keyboard_alone(new_page, house, mei, bo, order, shelves):
    talk = answered_by(bo, mei, order=order)
    member = phone_chat(new_page, house, mei, talk)
    agent = at_desk(new_page, house, bo, talk)
    agent.locator("#box").fill("这款更适合送人")
    agent.keyboard.press("Escape")
    agent.keyboard.press("c")
    dialog, find = agent.get_by_role("dialog"), agent.get_by_role("combobox")
    expect(find).to_be_focused()
    options = dialog.get_by_role("option")
    expect(options).to_have_count(3)  # the shop's own shelf, the one off it too
    expect(dialog).to_contain_text("周*宁 会看到这张卡片")
    find.press_sequentially("车厘")
    expect(options).to_have_count(2)
    expect(dialog.locator(".cmd__head")).to_have_text(["岭上鲜果旗舰店", "其他店铺"])
    expect(dialog.locator(".pick__card")).to_contain_text("智利车厘子")
    find.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(dialog.locator(".pick__card")).to_contain_text("山核桃")
    find.press("ArrowUp")
    find.press("Enter")  # chosen: nothing has been sent
    send = dialog.get_by_role("button", name="发送")
    expect(send).to_be_focused()
    assert cards(talk) == []
    send.press("Enter")
    expect(card(agent, "product")).to_contain_text("¥168.00")
    expect(agent.locator("#box")).to_be_focused()
    expect(agent.locator("#box")).to_have_value("这款更适合送人")
    shown = card(member, "product")
    expect(shown).to_contain_text("智利车厘子 JJ 级 2.5kg 礼盒")
    expect(shown).to_contain_text("岭上鲜果旗舰店")
    assert cards(talk) == [("product_card", "G300101", None)]


def test_an_agent_leaves_the_picker_without_a_trace(new_page, house, mei, bo, order, shelves):
    talk = answered_by(bo, mei, order=order)
    agent = at_desk(new_page, house, bo, talk)
    agent.get_by_role("button", name="发商品或订单卡片").click()
    find = agent.get_by_role("combobox")
    find.fill("没有这个")
    expect(agent.locator(".cmd__none")).to_have_text("没找到「没有这个」，换个词试试")
    expect(agent.get_by_role("dialog").get_by_role("button", name="发送")).to_be_disabled()
    find.press("Escape")
    expect(agent.get_by_role("dialog")).to_have_count(0)
    expect(agent.locator("#box")).to_be_focused()
    assert cards(talk) == []


def test_an_agent_shows_an_order_of_this_customer(
    new_page, house, mei, ada, bo, order, shop, shelves
):
    make_order(ada, shop, "2611200341709999", order.paid_at)
    talk = answered_by(bo, mei, order=order)
    agent = at_desk(new_page, house, bo, talk)
    agent.locator("#main").focus()
    agent.keyboard.press("Shift+C")
    options = agent.get_by_role("dialog").get_by_role("option")
    expect(options).to_have_count(1)  # Ada's is not offered
    agent.keyboard.press("Enter")
    agent.keyboard.press("Enter")
    expect(card(agent, "order")).to_contain_text("2611200341700001")
    assert cards(talk) == [("order_card", None, "2611200341700001")]


def test_what_is_off_the_shelf_says_so(new_page, house, mei, bo, ops, order, product, team):
    take_down_product(product, by=ops, reason="召回")
    talk = answered_by(bo, mei, order=order)
    agent = at_desk(new_page, house, bo, talk)
    agent.locator("#main").focus()
    agent.keyboard.press("c")
    expect(agent.locator(".pick__warn")).to_have_text("这件商品已下架，卡片上会写明")
    agent.keyboard.press("Enter")
    agent.keyboard.press("Enter")
    expect(card(agent, "product")).to_contain_text("已下架")


def test_a_held_card_is_chosen_once_more(new_page, house, mei, bo, order, product):
    talk = answered_by(bo, mei, order=order)
    agent = at_desk(new_page, house, bo, talk)
    expect(agent.locator(".bubble")).to_have_count(1)
    cut_off(agent)
    agent.locator("#main").focus()
    post_message(talk, by=mei, author_kind="member", body="算了，不要了")
    agent.keyboard.press("Shift+C")
    expect(agent.locator(".failed-part")).to_be_visible()  # no line: the orders cannot be asked
    agent.keyboard.press("Escape")
    agent.get_by_role("button", name="发成卡片").click()
    agent.context.set_offline(False)
    look = agent.get_by_role("button", name="看过再发")
    expect(look).to_be_visible(timeout=40_000)
    assert cards(talk) == []
    look.click()
    dialog = agent.get_by_role("dialog")
    expect(dialog.get_by_role("option")).to_have_count(1)
    dialog.get_by_role("button", name="发送").click()
    expect(card(agent, "order")).to_have_count(1)
    assert cards(talk) == [("order_card", None, "2611200341700001")]


def test_a_member_sends_an_order_and_what_they_bought(
    new_page, house, mei, bo, order, product, team
):
    talk = answered_by(bo, mei, order=order)
    agent = at_desk(new_page, house, bo, talk)
    page = phone_chat(new_page, house, mei, talk)
    page.get_by_role("button", name="发图片、订单或商品").click()
    assert_touchable(page)
    page.get_by_role("button", name="订单", exact=False).filter(has_text="最近").click()
    page.locator(".attach__one").first.click()
    expect(page.get_by_role("heading", name="发这张订单？")).to_be_visible()
    expect(page.locator(".attach__who")).to_have_text("许青禾 会看到这张卡片")
    assert cards(talk) == []
    page.get_by_role("dialog").get_by_role("button", name="发送").click()
    expect(card(agent, "order")).to_contain_text("2611200341700001")

    page.get_by_role("button", name="发图片、订单或商品").click()
    page.get_by_role("button", name="商品").filter(has_text="买过").click()
    page.locator(".attach__one").first.click()
    page.get_by_role("button", name="返回").click()
    expect(page.get_by_role("heading", name="发哪件商品？")).to_be_visible()
    page.locator(".attach__one").first.click()
    page.get_by_role("dialog").get_by_role("button", name="发送").click()
    expect(card(agent, "product")).to_contain_text("G300101")
    assert [kind for kind, *_numbers in cards(talk)] == ["order_card", "product_card"]


def test_a_card_can_open_a_talk(new_page, house, mei, order, product, team):
    page = new_page(mei, phone=True)
    page.goto(f"{house.url}/me/chat/")
    page.locator("#box").fill("坏果能赔吗")
    page.get_by_role("button", name="发图片、订单或商品").click()
    expect(page.get_by_text("图片或文件")).to_have_count(0)
    page.get_by_role("button", name="订单").filter(has_text="最近").click()
    page.locator(".attach__one").first.click()
    page.get_by_role("dialog").get_by_role("button", name="发送").click()
    expect(page.locator("#waiting")).to_be_visible()
    expect(card(page, "order")).to_have_count(1)
    expect(page.locator("#box")).to_have_value("坏果能赔吗")  # what was being written stays


LONG_TITLE = "手冲壶 600ml 细口 304 不锈钢家用长嘴咖啡壶带温度计送滤纸一百张"
LOOKS = [
    ("desk", (1440, 900), False),
    ("desk", (1440, 900), True),
    ("small", (1280, 800), False),
    ("small", (1280, 800), True),
    ("phone", (375, 812), False),
    ("phone", (375, 812), True),
]


@pytest.mark.parametrize(("name", "size", "dark"), LOOKS)
def test_the_picker_and_the_cards_fit(new_page, house, mei, bo, order, shelves, name, size, dark):
    talk = answered_by(bo, mei, order=order)
    look = f"{name}-{'dark' if dark else 'light'}"
    agent = at_desk(new_page, house, bo, talk, size=size, dark=dark)
    agent.get_by_role("button", name="发商品或订单卡片").click()
    expect(agent.get_by_role("dialog").get_by_role("option")).to_have_count(3)
    shot(agent, f"cards-picker-{look}")
    agent.get_by_role("combobox").fill("车厘")
    expect(agent.locator(".cmd__head")).to_have_count(2)
    assert_fits(agent)
    shot(agent, f"cards-picker-found-{look}")
    agent.get_by_role("tab", name="订单").click()
    expect(agent.get_by_role("dialog").get_by_role("option")).to_have_count(1)
    shot(agent, f"cards-picker-orders-{look}")
    agent.get_by_role("dialog").get_by_role("button", name="发送").click()
    expect(card(agent, "order")).to_be_visible()
    assert_fits(agent)
    shot(agent, f"cards-thread-{look}")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [True, False])
def test_the_sheet_and_the_cards_fit(new_page, house, mei, bo, order, product, team, phone, dark):
    talk = answered_by(bo, mei, order=order)
    for n in range(24):
        facts = {"product": LONG_TITLE, "paid_amount": "1234567.89"}
        make_order(mei, order.shop, f"27{n:014}", order.paid_at, **facts)
    look = f"{'phone' if phone else 'wide'}-{'dark' if dark else 'light'}"
    page = phone_chat(new_page, house, mei, talk, phone=phone, dark=dark)
    for kind, words in (("order", "最近"), ("product", "买过")):
        page.get_by_role("button", name="发图片、订单或商品").click()
        shot(page, f"cards-sheet-{look}")
        page.locator(".attach__one", has_text=words).click()
        expect(page.locator(".attach__list li").first).to_be_visible()
        if kind == "order":
            page.get_by_role("button", name="更早的订单").click()
            expect(page.locator(".attach__list li")).to_have_count(25)
        assert_fits(page)
        if phone:
            assert_touchable(page)
        shot(page, f"cards-sheet-{kind}s-{look}")
        page.locator(".attach__one").first.click()
        expect(page.get_by_role("dialog").get_by_role("button", name="发送")).to_be_visible()
        shot(page, f"cards-sheet-{kind}-{look}")
        page.get_by_role("dialog").get_by_role("button", name="发送").click()
        expect(card(page, kind)).to_be_visible()
    assert_fits(page)
    shot(page, f"cards-chat-{look}")
