"""Rules on a phone: a merchant comes from the front page, says what they think of a draft, reads what holds."""

import pytest
from playwright.sync_api import expect

from merchants.actions.consultations import open_consultation
from merchants.models import RuleVote

from .pages import assert_fits, assert_touchable, shot


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_merchant_says_what_they_think_on_a_phone(
    new_page,
    house,
    reviewed,
    zhao,
    qiao,
    look,
):
    open_consultation(reviewed, by=zhao, reason="请商家看看")
    page = new_page(qiao, phone=True, dark=look == "dark")
    page.goto(house.url + "/")
    assert_fits(page)
    shot(page, f"doors-merchant-{look}", full=True)
    page.get_by_role("link", name="草案与规则").click()
    assert_fits(page)
    assert_touchable(page)
    shot(page, f"rules-shop-{look}", full=True)
    page.get_by_role("link", name="延迟发货的规定").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_fits(page)
    assert_touchable(page)
    shot(page, f"rules-draft-{look}", full=True)
    page.get_by_role("radio", name="要修改").check()
    page.locator("textarea").first.fill("预售商品的发货时间请按页面承诺算。")
    page.locator("form button.btn--primary").first.click()
    expect(page.get_by_text("记下了").first).to_be_visible()
    assert RuleVote.objects.get().choice == "change"
    page.goto(house.url + "/rules/")
    assert_fits(page)
    shot(page, f"rules-list-{look}", full=True)


def test_the_editor_shows_the_text_as_it_is_typed(new_page, house, draft, ops):
    page = new_page(ops, size=(1280, 900))
    page.goto(f"{house.url}/admin/merchants/ruleversion/{draft.pk}/act/edit/")
    preview = page.locator(".x-preview")
    expect(preview).to_be_visible()
    page.locator("[name=text]").fill("第一段。\n第二段，<b>不是</b>标记。")
    expect(preview.locator("p").nth(1)).to_have_text("第二段，<b>不是</b>标记。")
    page.locator("[name=exceptions]").fill(
        '[{"categories": ["鲜花"], "regions": ["云南"], "until": "2027-03-01", "why": "分步施行"}]'
    )
    expect(preview.get_by_text("鲜花 云南 — 分步施行")).to_be_visible()
    shot(page, "rule-editor", full=True)
