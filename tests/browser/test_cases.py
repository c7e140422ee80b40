"""A shop's case in a real browser: stated, decided, appealed with a file, revoked, and everything is back.

Time alone is moved: the statement period ends because its last moment is written into the past, as
the clock of the database would have it a few days later.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from merchants.actions.violations import detect_violation, send_notice
from merchants.models import Appeal, Penalty, StaffAccount, StaffRight, Violation
from merchants.queries.penalties import limits_of_shop, points_of_shop
from tests.merchants.casts_penalties import judge_named, rule

from .pages import assert_fits, assert_touchable, shot

REPORT = "检测报告编号 20261130，农残未检出，证书附后。"


@pytest.fixture
def staff(house, qiao, shop):
    StaffAccount.objects.create(
        user=qiao, merchant=shop.merchant, rights=[StaffRight.ANSWER], since=timezone.now()
    )
    return qiao


def let_days_pass(violation: Violation) -> None:
    """Move a case back, so that its statement period is over now."""
    back = violation.statement_due_at - timezone.now() + timedelta(minutes=1)
    Violation.objects.filter(pk=violation.pk).update(
        detected_at=violation.detected_at - back,
        noticed_at=violation.noticed_at - back,
        statement_due_at=violation.statement_due_at - back,
        decide_by=violation.decide_by - back,
    )


def do(page, label: str, reason: str, **answers: str) -> None:
    """Run one action of the back office on the open row: its questions, the reason, and keep it."""
    page.get_by_role("link", name=label, exact=True).click()
    for name, said in answers.items():
        field = page.locator(f"[name={name}]")
        field.select_option(said) if field.evaluate("e => e.tagName") == "SELECT" else field.fill(
            said
        )
    page.locator("[name=reason]").fill(reason)
    page.locator("button[name=step][value=do]").click()


@pytest.mark.parametrize(
    ("size", "look"), [("desktop", "light"), ("phone", "light"), ("phone", "dark")]
)
def test_a_case_from_the_notice_to_everything_back(
    new_page, house, staff, shop, bo, ops, tmp_path, size, look
):
    phone, name = size == "phone", f"case-{size}-{look}"
    judge, third = judge_named("judge"), judge_named("third")
    now = timezone.now()
    violation = send_notice(
        detect_violation(
            shop, rule=rule("misdescription"), act="详情页写「有机认证」，抽检样品没有认证。",
            act_at=now - timedelta(days=3), points="12", evidence="抽检单 C-2207，买家 3 人投诉",
            by=bo,
        ),
        by=ops, reason="抽检不合格",
    )  # fmt: skip

    # The shop reads what is said and states its side.
    page = new_page(staff, phone=phone, dark=look == "dark")
    page.goto(house.url + "/shop/violations/")
    expect(page.get_by_role("heading", name="有1个案件等您答复。")).to_be_visible()
    shot(page, f"{name}-list", full=True)
    assert_fits(page)
    page.get_by_role("link", name="描述不符").click()
    expect(page.get_by_text("描述不符：商家不得如此。")).to_be_visible()
    page.get_by_label("您的说明").fill(REPORT)
    shot(page, f"{name}-stating", full=True)
    assert_fits(page)
    if phone:
        assert_touchable(page)
    page.get_by_role("button", name="提交申辩").click()
    expect(page.get_by_text(REPORT)).to_be_visible()

    # Nothing before its time; then a judge decides in the back office.
    office = new_page(judge)
    change = f"{house.url}/admin/merchants/violation/{violation.pk}/change/"
    office.goto(change)
    do(office, "作出决定", "证书与样品不符", points="12")
    expect(office.get_by_text("在此之前不能作出决定")).to_be_visible()
    violation.refresh_from_db()
    assert (violation.state, limits_of_shop(shop.pk)) == ("noticed", [])
    let_days_pass(violation)
    office.goto(change)
    do(office, "作出决定", "证书与样品不符", points="12")
    expect(office.get_by_text("措施执行中").first).to_be_visible()
    assert limits_of_shop(shop.pk) == ["shop_shield", "listing_ban", "public_warning"]
    assert points_of_shop(shop.pk)["A"] == 12

    # The shop sees points, dates and what restores, and appeals with a file.
    page.reload()
    expect(page.get_by_text("店铺屏蔽")).to_be_visible()
    expect(page.get_by_text("恢复条件")).to_be_visible()
    shot(page, f"{name}-decided", full=True)
    assert_fits(page)
    report = tmp_path / "report.txt"
    report.write_text("未检出", "utf-8")
    page.get_by_label("您的说明").fill("样品不是我们发的货，批次号对不上。")
    page.get_by_label("附件").set_input_files(report)
    page.get_by_role("button", name="申诉", exact=True).click()
    expect(page.get_by_role("link", name="report.txt")).to_be_visible()
    appeal = Appeal.objects.get()

    # Who decided it is refused; somebody else revokes it.
    office.goto(f"{house.url}/admin/merchants/appeal/{appeal.pk}/change/")
    do(office, "裁定", "再看一次", outcome="upheld")
    expect(office.get_by_text("要由别人裁定")).to_be_visible()
    other = new_page(third)
    other.goto(f"{house.url}/admin/merchants/appeal/{appeal.pk}/change/")
    do(other, "裁定", "批次号确实对不上", outcome="revoked")
    expect(other.get_by_text("已裁定").first).to_be_visible()
    shot(other, f"{name}-office", full=True)

    # Everything is back, and listed.
    page.reload()
    expect(page.get_by_role("heading", name="处罚已撤销，一切恢复原状。")).to_be_visible()
    expect(page.get_by_text("12.0 → 0.0")).to_be_visible()
    shot(page, f"{name}-revoked", full=True)
    assert_fits(page)
    if phone:
        assert_touchable(page)
    assert limits_of_shop(shop.pk) == []
    assert points_of_shop(shop.pk)["A"] == 0
    assert Penalty.objects.get().ended_at is not None
