"""Ops draft a bulletin, see whom it would be told to, have it approved by another, send it; Qiao reads it."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from merchants.actions.bulletin_sending import tell_waiting
from merchants.models import Bulletin, Shop, StaffAccount
from tests.merchants.casts_penalties import judge_named

from .pages import assert_fits, assert_touchable, shot
from .test_cases import do

PAGE = "/admin/merchants/bulletin/{}/change/"


@pytest.mark.parametrize(
    ("size", "look"), [("desktop", "light"), ("phone", "light"), ("phone", "dark")]
)
def test_from_the_draft_to_the_reader(new_page, house, shop, qiao, ops, size, look):
    phone, name = size == "phone", f"bulletins-{size}-{look}"
    StaffAccount.objects.create(user=qiao, merchant=shop.merchant, since=timezone.now())
    for number in range(3):
        Shop.objects.create(shop_no=f"S40{number}", name=f"没人管的店{number}", category="生鲜")

    # Ops write it in both languages, for everything fresh and one number that is none.
    office = new_page(ops, dark=look == "dark")
    office.goto(f"{house.url}/admin/merchants/bulletin/add/")
    office.get_by_label("中文标题").fill("冷链包装下周起要写明冰袋数量")
    office.get_by_label("英文标题").fill("Say how many ice packs are inside, from next week")
    office.get_by_label("中文正文").fill("下周一起，生鲜商品的详情页要写明冰袋数量。")
    office.get_by_label("英文正文").fill(
        "From Monday on, pages of fresh goods say how many ice packs."
    )
    office.locator("textarea[name=categories]").fill("生鲜")
    shot(office, f"{name}-draft", full=True)
    office.get_by_role("button", name="保存", exact=True).first.click()
    office.wait_for_url("**/admin/merchants/bulletin/**")
    made = Bulletin.objects.get()
    office.goto(house.url + PAGE.format(made.pk))
    expect(office.get_by_role("heading", name="试算")).to_be_visible()
    expect(office.get_by_text("没人管的店0")).to_be_visible()
    shot(office, f"{name}-tried", full=True)

    # Another one approves it, ops send it, the clock tells.
    do(office, "请第二人审批", "写好了")
    second = new_page(judge_named("second"))
    second.goto(house.url + PAGE.format(made.pk))
    do(second, "批准", "措辞清楚")
    office.goto(house.url + PAGE.format(made.pk))
    do(office, "发送", "按计划发")
    assert tell_waiting() == 1
    office.goto(house.url + PAGE.format(made.pk))
    expect(office.get_by_role("heading", name="发送进度")).to_be_visible()
    shot(office, f"{name}-sent", full=True)

    # Qiao reads it.
    page = new_page(qiao, phone=phone, dark=look == "dark")
    page.goto(f"{house.url}/shop/bulletins/")
    shot(page, f"{name}-list", full=True)
    assert_fits(page)
    page.get_by_role("link", name="冷链包装").click()
    expect(page.get_by_text("下周一起")).to_be_visible()
    if phone:
        assert_touchable(page)
    shot(page, f"{name}-one", full=True)
    assert_fits(page)
    page.get_by_role("button", name="我们看过了").click()
    expect(page.get_by_text("您已于")).to_be_visible()
