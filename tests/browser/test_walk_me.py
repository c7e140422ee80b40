"""What a member on the smallest phone found, and must not find again."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.actions.conversations import open_conversation

from ..conftest import make_order
from .pages import assert_fits, assert_touchable


@pytest.mark.parametrize("language", ["", "en"])
def test_everything_fits_320_pixels(new_page, house, mei, team, shop, language):
    order = make_order(
        mei, shop, order_no="26112003417000010",
        paid_at=timezone.now(),
        product="阳澄湖大闸蟹 公 4 两母 3 两 8 只 礼盒装 顺丰冷链", paid_amount="1234567.89",
    )  # fmt: skip
    talk = open_conversation(
        mei.member, medium="web", body="冷链放门口一夜，还能吃吗", order=order, by=mei
    ).conversation
    page = new_page(mei, phone=True, size=(320, 640), language=language)
    for url in ("/me/", f"/me/chat/{talk.public_key}/", "/me/orders/"):
        page.goto(house.url + url)
        expect(page.get_by_text("1,234,567.89").first).to_be_visible()
        assert_fits(page)
        assert_touchable(page)
