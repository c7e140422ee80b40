"""A shop's experience score in a real browser: read on a phone, on a desk and in the dark."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from common.rules import shanghai_day
from merchants.actions.experience import count_experience, warn_shops
from merchants.experience.metrics import shop_metrics
from merchants.models import CountKind, DSRDay, Merchant, Shop, StaffAccount
from tests.merchants.casts_experience import only, told
from tests.merchants.test_experience_warnings import scores

from .pages import assert_fits, assert_touchable, shot

DAY = timedelta(days=1)


@pytest.fixture
def staff(house, qiao, shop):
    """Qiao's shop stands among four others; its three-minute rate and one score are low."""
    StaffAccount.objects.create(user=qiao, merchant=shop.merchant, rights=[], since=timezone.now())
    merchant = Merchant.objects.create(merchant_no="B8000", name="同行")
    others = [
        Shop.objects.create(shop_no=f"S80{n}", name=f"同行{n}", merchant=merchant, category=shop.category)
        for n in range(4)
    ]  # fmt: skip
    now = timezone.now()
    last = shanghai_day(now) - DAY
    for n in range(30):
        day = last - n * DAY
        DSRDay.objects.create(
            day=day, counted_at=now, kind=CountKind.WHOLE, window_days=180, shops=1, seconds=0
        )
        scores(
            shop,
            day,
            desc=f"4.{82 - n % 7}",
            service=f"4.{65 + n % 5}",
            logistics=f"4.{90 - n % 3}",
            ratings=320,
        )
    rows = list(enumerate(others, 1))
    with only(
        *_as_declared(
            bad_review_rate=[(shop, "0.012", 420), *((it, f"0.0{n}", 90) for n, it in rows)],
            desc_match=[(shop, "4.82", 320), *((it, f"4.{5 + n}", 90) for n, it in rows)],
            pickup_48h=[(shop, "0.985", 400), *((it, f"0.9{n}", 90) for n, it in rows)],
            sign_hours=[(shop, "61.5", 380), *((it, f"{40 + n}", 90) for n, it in rows)],
            refund_hours=[(shop, "17.2", 12), *((it, f"{20 + n}", 40) for n, it in rows)],
            three_minute_rate=[(shop, "0.83", 140), *((it, f"0.9{n}", 140) for n, it in rows)],
        )
    ):
        count_experience(last, now=now)
        warn_shops(last, now=now)
    return qiao


def _as_declared(**rows):
    """Return the metrics of the house, with rows that are given in place of what they read."""
    return [
        replace(one, read=told(rows[one.code]) if one.code in rows else None)
        for one in shop_metrics()
    ]


@pytest.mark.parametrize(
    ("size", "look"), [("desktop", "light"), ("phone", "light"), ("phone", "dark")]
)
def test_a_shop_reads_its_score(new_page, house, staff, shop, size, look):
    phone, name = size == "phone", f"score-{size}-{look}"
    page = new_page(staff, phone=phone, dark=look == "dark")
    page.goto(house.url + "/shop/score/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("体验分")
    expect(page.get_by_role("heading", name="预警")).to_be_visible()
    expect(page.get_by_text("黄色 · 三分钟响应率 83.00%")).to_be_visible()
    expect(page.get_by_text("体验分 +0.1")).to_be_visible()
    expect(page.get_by_text("样本太少").or_(page.get_by_text("先不下结论")).first).to_be_visible()
    expect(page.get_by_text("暂无数据：")).to_be_visible()
    shot(page, name, full=True)
    assert_fits(page)
    if phone:
        assert_touchable(page)
    page.get_by_role("link", name="怎么改善").first.click()
    own = f"{house.url}/shop/score/?shop={shop.shop_no}#metric-"
    expect(page).to_have_url(own + page.url.rpartition("-")[2])
    shot(page, f"{name}-how")
