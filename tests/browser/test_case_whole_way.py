"""A case the whole way: found, told, stated, decided, appealed with a file, revoked, all given back."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from merchants.actions.dsr import bring_up_to_date
from merchants.models import Appeal, Penalty, Violation
from merchants.queries.penalties import limits_of_shop, points_of_shop
from tests.merchants.casts_penalties import WHY, rule
from tests.merchants.casts_ratings import buyers, rate
from trade.models import Product

from .pages import assert_fits, assert_touchable, shot

DAY = timedelta(days=1)
LOOKS = [("desk-light", {}), ("phone-dark", {"phone": True, "dark": True})]


@pytest.fixture
def fake(house, shop):
    """Ten content buyers, and two of whom it turns out were paid for."""
    before = timezone.now() - 9 * DAY
    people = buyers(12)
    for one in people[:10]:
        rate(one, shop, 4, 4, 4, succeeded_at=before)
    found = [rate(one, shop, 5, 5, 5, succeeded_at=before) for one in people[10:]]
    bring_up_to_date(timezone.now())
    return " ".join(one.order_no for one in found)


def looked_at(new_page, house, person, path, name):
    """See a page at both widths, light and dark."""
    for look, how in LOOKS:
        page = new_page(person, size=None if "phone" in how else (1280, 900), **how)
        page.goto(house.url + path)
        assert_fits(page)
        if "phone" in how and not path.startswith("/admin/"):
            assert_touchable(page)
        shot(page, f"{name}-{look}", full=True)


def act(page, label, **fields):
    """Do one thing to a row of the back office, with a reason."""
    page.locator(".x-acts").get_by_role("link", name=label, exact=True).click()
    for name, given in fields.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("it => it.tagName") == "SELECT":
            field.select_option(given)
        else:
            field.fill(given)
    page.locator("[name=reason]").fill(WHY)
    page.locator("button[value=do]").click()
    expect(page.locator(".x-act")).to_have_count(0)


def of_office(new_page, house, person, row):
    page = new_page(person, size=(1280, 900))
    page.goto(f"{house.url}/admin/merchants/{row._meta.model_name}/{row.pk}/change/")
    return page


def test_a_case_from_the_act_to_everything_given_back(
    new_page,
    house,
    shop,
    product,
    fake,
    ops,
    judge,
    third,
    staff,
    tmp_path,
):
    made = rule("order-disturbing")
    # Found: in the back office, by somebody of operations.
    page = of_office(new_page, house, ops, shop)
    now = timezone.localtime() - DAY
    act(
        page, "立案", rule=str(made.pk), act_at_0=f"{now:%Y-%m-%d}", act_at_1="10:00:00",
        act="两笔订单没有真实交易", points="24", items="1", fake_ratings=fake,
    )  # fmt: skip
    case = Violation.objects.get()
    # Told: by somebody else.
    act(of_office(new_page, house, judge, case), "通知店铺")
    # The shop reads it and states its side, on a phone, with a file.
    page = new_page(staff, phone=True)
    page.goto(house.url + "/shop/violations/")
    page.get_by_role("link", name=re.compile(case.violation_no)).click()
    expect(page.get_by_text("两笔订单没有真实交易")).to_be_visible()
    expect(page.get_by_text("扰乱秩序：商家不得如此。")).to_be_visible()
    looked_at(new_page, house, staff, f"/shop/violations/{case.violation_no}/", "case-noticed")
    proof = tmp_path / "发货单.txt"
    proof.write_text("快递底单", "utf-8")
    page.locator("textarea").fill("两位买家都收到了货，底单在此。")
    page.locator("input[type=file]").set_input_files(proof)
    page.get_by_role("button", name="提交申辩").click()
    expect(page.get_by_text("发货单.txt")).to_be_visible()
    # Its time is over: three working days are a lot to wait for.
    case.refresh_from_db()
    ago = 10 * DAY
    Violation.objects.update(
        detected_at=case.detected_at - ago, noticed_at=case.noticed_at - ago,
        statement_due_at=timezone.now() - DAY, decide_by=timezone.now() + DAY,
    )  # fmt: skip
    act(of_office(new_page, house, judge, case), "作出决定")
    penalty = Penalty.objects.get()
    assert (penalty.decided_by, points_of_shop(shop.pk)["B"]) == (judge, 24)
    assert "delist_all" in limits_of_shop(shop.pk)
    assert not Product.objects.on_the_shelf().exists()
    looked_at(
        new_page, house, judge, f"/admin/merchants/violation/{case.pk}/change/", "office-case"
    )
    act(of_office(new_page, house, judge, case), "公示处罚")
    looked_at(new_page, house, staff, "/shop/notices/", "case-public")
    # The shop appeals, with a file.
    page = new_page(staff, phone=True)
    page.goto(f"{house.url}/shop/violations/{case.violation_no}/")
    looked_at(new_page, house, staff, f"/shop/violations/{case.violation_no}/", "case-decided")
    page.locator("textarea").fill("请看买家的收货照片。")
    page.locator("input[type=file]").set_input_files(proof)
    page.get_by_role("button", name="申诉", exact=True).click()
    expect(page.get_by_text("请看买家的收货照片。")).to_be_visible()
    appeal = Appeal.objects.get()
    looked_at(new_page, house, staff, "/shop/violations/", "cases")
    # Who decided it is refused; who has touched nothing revokes it.
    page = of_office(new_page, house, judge, appeal)
    page.locator(".x-acts").get_by_role("link", name="裁定", exact=True).click()
    page.locator("[name=outcome]").select_option("upheld")
    page.locator("[name=reason]").fill(WHY)
    page.locator("button[value=do]").click()
    expect(page.get_by_text("要由别人裁定").first).to_be_visible()
    act(of_office(new_page, house, third, appeal), "裁定", outcome="revoked")
    looked_at(
        new_page, house, third, f"/admin/merchants/appeal/{appeal.pk}/change/", "office-appeal"
    )
    # Everything is back, and listed.
    assert points_of_shop(shop.pk)["B"] == 0
    assert limits_of_shop(shop.pk) == []
    assert Product.objects.on_the_shelf().get() == product
    page = new_page(staff, phone=True)
    page.goto(f"{house.url}/shop/violations/{case.violation_no}/")
    given = page.locator("section", has=page.get_by_role("heading", name="已恢复"))
    for words in ("24.0 → 0.0", "4.00000 → 4.16667", "0.0000 → 0.9333", "0 → 1", "10 → 12"):
        expect(given.get_by_text(words).first).to_be_visible()
    looked_at(new_page, house, staff, f"/shop/violations/{case.violation_no}/", "case-revoked")
    page.goto(house.url + "/shop/notices/")
    expect(page.get_by_text(shop.name)).to_have_count(0)
