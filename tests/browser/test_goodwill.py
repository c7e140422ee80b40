"""Qiao offers Mei something in the talk about her order; Mei takes it there, and Qiao gives it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from merchants.models import Gesture, GestureKind, StaffAccount, StaffRight
from tests.conftest import make_order

from .desk import answered_by, at_desk
from .pages import assert_fits, assert_touchable, shot


@pytest.fixture
def bought(house, mei, shop, qiao):
    now = timezone.now()
    StaffAccount.objects.create(
        user=qiao, merchant=shop.merchant, rights=[StaffRight.SPEND], since=now
    )
    return make_order(mei, shop, "2611200341700077", now - timedelta(days=2), freight="8")


@pytest.mark.parametrize(
    ("size", "look"), [("desktop", "light"), ("phone", "light"), ("phone", "dark")]
)
def test_from_the_budget_to_the_gift(new_page, house, bought, shop, mei, qiao, bo, size, look):
    phone, name = size == "phone", f"goodwill-{size}-{look}"
    talk = answered_by(bo, mei, order=bought)
    looks = {"phone": phone, "dark": look == "dark"}

    # Qiao sets a budget, and offers a coupon in the talk that goes on.
    page = new_page(qiao, **looks)
    page.goto(f"{house.url}/shop/goodwill/")
    expect(page.get_by_role("heading", name="设一笔预算，把没做好的补回来。")).to_be_visible()
    page.get_by_label("每月预算（元）").fill("500")
    page.get_by_label("单次最多（元）").fill("50")
    for kind in GestureKind:
        page.get_by_label(str(kind.label)).check()
    shot(page, f"{name}-plan", full=True)
    page.get_by_role("button", name="按此预算安抚").click()
    expect(page.get_by_role("heading", name="还有¥500.00可用于安抚")).to_be_visible()
    page.get_by_role("link", name="在这个会话里安抚").click()
    expect(page.get_by_label("订单号")).to_have_value(bought.order_no)
    page.get_by_label("补偿什么").select_option("coupon")
    page.get_by_label("您的花费（元）").fill("20")
    page.get_by_label("对买家说的话").fill("车厘子到晚了，送您一张券。")
    shot(page, f"{name}-offer", full=True)
    assert_fits(page)
    if phone:
        assert_touchable(page)
    page.get_by_role("button", name="发出", exact=True).click()
    expect(page.get_by_text("已发出，买家会看到")).to_be_visible()

    # Mei reads it in her chat and takes it; Bo sees it at the desk.
    chat = new_page(mei, **looks)
    chat.goto(f"{house.url}/me/chat/{talk.public_key}/")
    card = chat.locator(".gesture")
    expect(card).to_contain_text("¥20.00优惠券")
    shot(chat, f"{name}-card")
    assert_fits(chat)
    card.get_by_role("button", name="接受").click()
    code = Gesture.objects.get().pk
    expect(card.locator("code")).to_be_visible()
    assert Gesture.objects.get(pk=code).coupon_code == card.locator("code").inner_text()
    expect(chat.get_by_text("买家接受了店铺的补偿。")).to_be_visible()
    shot(chat, f"{name}-taken")
    if not phone:
        desk = at_desk(new_page, house, bo, talk)
        expect(desk.locator(".gesture")).to_contain_text("店铺自己的补偿")
        shot(desk, f"{name}-desk")

    # On her own page it stands with its code; Qiao names the order it was used for.
    chat.goto(f"{house.url}/me/goodwill/")
    expect(chat.locator(".goodwill-code")).to_be_visible()
    shot(chat, f"{name}-mine", full=True)
    assert_fits(chat)
    further = make_order(mei, shop, "2612010341700078", timezone.now() + timedelta(seconds=1))
    page.goto(f"{house.url}/shop/goodwill/")
    page.locator("summary", has_text="已经兑现").click()
    page.get_by_label("能证明的订单号、付款单号或运单号").fill(further.order_no)
    page.get_by_role("button", name="已经兑现").click()
    expect(page.get_by_text("已兑现，买家会收到通知。")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("¥20.00")
    shot(page, f"{name}-brought", full=True)
    assert_fits(page)
