"""The portfolio, the wall of pilot shops and a merchant's people on a phone: right, quiet, touchable."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from merchants.actions.key_accounts import assign_manager, note_contact
from merchants.actions.violations import detect_violation, send_notice
from merchants.models import (
    ContactNote,
    DSRSnapshot,
    PilotFeedback,
    PilotShop,
    Shop,
    StaffAccount,
    StaffRight,
)
from tests.conftest import person
from tests.merchants.casts_penalties import rule

from .pages import assert_fits, assert_touchable, shot

WHY = "按分工办理"
COUNTS = (
    "desc_sum", "desc_count", "service_sum", "service_count", "logistics_sum", "logistics_count",
    "positive", "neutral", "negative", "credit",
)  # fmt: skip


@pytest.fixture
def world(house, shop, qiao, wen, bo, ops):
    """A shop with a case, scores and a pilot's place; another that waits for a word."""
    from apass.models import Rollout

    now = timezone.now()
    sui = person("sui", "随安", Role.ACCOUNT_MANAGER)
    second = Shop.objects.create(shop_no="S3009", name="岭上干货店", merchant=shop.merchant)
    rows = [
        assign_manager(one, manager=wen, deputy=sui, by=ops, reason=WHY) for one in (shop, second)
    ]
    send_notice(
        detect_violation(
            shop, rule=rule("misdescription"), act="详情页写「有机认证」，抽检样品没有认证。",
            act_at=now - timedelta(days=1), by=bo,
        ),
        by=ops, reason="抽检不合格",
    )  # fmt: skip
    note = note_contact(rows[1], medium="visit", text="换了新仓库，发货慢两天，下周再看。", by=wen)
    ContactNote.objects.filter(pk=note.pk).update(next_on=now.date() - timedelta(days=2))
    for n in range(30):
        day = (now - timedelta(days=n)).date()
        score = 478_000 + (n * 37 % 11) * 300 - n * 90
        DSRSnapshot.objects.create(
            id=DSRSnapshot.key(day, shop.pk), day=day, shop=shop, desc_e5=score, service_e5=score,
            logistics_e5=score, **dict.fromkeys(COUNTS, 1),
        )  # fmt: skip
    PilotShop.objects.create(
        shop=shop, since=now, orders=400, orders_needed=300, products=30, products_needed=20,
        counted_days=30, measured_at=now, review_at=now + timedelta(days=90), state="active",
    )  # fmt: skip
    rollout = Rollout.objects.create(
        code="shop-bot", name="店小蜜自动接待", kind="bot", subject_kind="shop", salt="x",
        state="running", reached=1, stage_since=now, made_at=now,
    )  # fmt: skip
    rollout.stages.create(position=1, name="蜂王试点", kind="named", subjects=["shop:S3009"])
    PilotFeedback.objects.create(
        rollout=rollout, by=wen, at=now, text="周三上线了退货话术，请多看看夜间的回答。"
    )
    StaffAccount.objects.create(
        user=qiao, merchant=shop.merchant, rights=[StaffRight.STAFF, StaffRight.VOTE], since=now
    )
    person("tao", "陶然", Role.MERCHANT_STAFF)
    return rows


@pytest.mark.parametrize(
    ("size", "look"), [("desktop", "light"), ("phone", "light"), ("phone", "dark")]
)
def test_three_pages(new_page, house, world, wen, qiao, size, look):
    phone, name = size == "phone", f"managers-{size}-{look}"

    # Wen's accounts: who waits for a word comes first; a word is noted.
    page = new_page(wen, phone=phone, dark=look == "dark")
    page.goto(house.url + "/portfolio/")
    expect(page.get_by_role("heading", name="有1次联系逾期了。")).to_be_visible()
    expect(page.locator(".acct").first).to_contain_text("岭上干货店")
    shot(page, f"{name}-portfolio", full=True)
    assert_fits(page)
    page.locator("summary", has_text="记一次联系").first.click()
    page.locator(".acct").first.get_by_label("谈了什么？").fill("仓库已理顺，明天恢复当日发货。")
    if phone:
        assert_touchable(page)
    shot(page, f"{name}-noting", full=True)
    page.locator(".acct").first.get_by_role("button", name="记下").click()
    expect(page.get_by_text("没有逾期的联系。")).to_be_visible()

    # Qiao reads what is tried, says a word, declines and comes back.
    page = new_page(qiao, phone=phone, dark=look == "dark")
    page.goto(house.url + "/pilots/")
    expect(page.get_by_text("试用中")).to_be_visible()
    shot(page, f"{name}-wall", full=True)
    assert_fits(page)
    if phone:
        assert_touchable(page)
    page.get_by_role("link", name="店小蜜自动接待").click()
    page.get_by_label("您的说明").fill("夜里接得住，退货还答不准。")
    page.get_by_role("button", name="提交意见").click()
    expect(page.get_by_text("退货还答不准")).to_be_visible()
    shot(page, f"{name}-thread", full=True)
    assert_fits(page)
    page.get_by_role("button", name="不试用").click()
    expect(page.get_by_text("没在试用")).to_be_visible()
    page.get_by_role("button", name="还是试用").click()
    expect(page.get_by_text("试用中")).to_be_visible()

    # And lets Tao in.
    page.goto(house.url + "/shop/people/")
    expect(page.get_by_text("方舟")).to_be_visible()
    page.locator("summary", has_text="添加员工").click()
    page.get_by_label("账号名或手机号").fill("tao")
    shot(page, f"{name}-people", full=True)
    assert_fits(page)
    if phone:
        assert_touchable(page)
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.get_by_text("陶然")).to_be_visible()
    page.locator("summary", has_text="修改").last.click()
    shot(page, f"{name}-rights", full=True)
    assert_fits(page)
