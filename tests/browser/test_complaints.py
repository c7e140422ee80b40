"""A malicious review in a real browser: complained about, upheld in the office, appealed by its author, given back."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from merchants.actions import RatingDraft
from merchants.models import Rating, ReviewComplaint, ReviewerAppeal, StaffAccount, StaffRight
from tests.conftest import make_order
from tests.merchants.casts_penalties import judge_named
from tests.tickets.casts import answered
from tickets.actions.posting import post_message
from tickets.models import AuthorKind
from trade.actions import rate_order

from .pages import assert_fits, assert_touchable, shot
from .test_cases import do


@pytest.fixture
def review(house, mei, bo, team, qiao, shop) -> tuple[Rating, str]:
    now = timezone.now()
    StaffAccount.objects.create(
        user=qiao, merchant=shop.merchant, rights=[StaffRight.ANSWER], since=now
    )
    order = make_order(
        mei, shop, "2611200341700001", now - timedelta(days=3), signed_at=now - timedelta(days=1)
    )
    talk = answered(mei.member, team, bo, order=order)
    for by, kind, body in (
        (mei, AuthorKind.MEMBER, "退我全款，货不退。不然一直给差评。"),
        (bo, AuthorKind.AGENT, "亲，坏果按照片比例退，可以吗？"),
    ):
        post_message(talk, by=by, author_kind=kind, body=body, anyway=True)
    words = "千万别买，一半是坏的，客服不理人。"
    given = rate_order(order, RatingDraft(1, 1, 2, grade=-1, comment=words), by=mei)
    return given, talk.conversation_no


@pytest.mark.parametrize(
    ("size", "look"), [("desktop", "light"), ("phone", "light"), ("phone", "dark")]
)
def test_a_complaint_from_the_review_to_everything_back(
    new_page, house, review, qiao, mei, ops, size, look
):
    given, number = review
    phone, name = size == "phone", f"complaint-{size}-{look}"
    judge = judge_named("judge")

    # The shop reads its reviews and complains, quoting the talk.
    page = new_page(qiao, phone=phone, dark=look == "dark")
    page.goto(house.url + "/shop/reviews/")
    expect(page.get_by_text("千万别买")).to_be_visible()
    shot(page, f"{name}-reviews", full=True)
    assert_fits(page)
    page.get_by_role("link", name="回复或投诉").click()
    page.locator("summary").click()
    page.get_by_label("发生了什么").fill("买家要求全额退款且不退货，否则差评。")
    page.get_by_label("这笔订单的会话号").fill(number)
    page.get_by_label("其中的消息").fill("1-2")
    shot(page, f"{name}-writing", full=True)
    assert_fits(page)
    if phone:
        assert_touchable(page)
    page.get_by_role("button", name="提交投诉").click()
    expect(page.get_by_text("不然一直给差评")).to_be_visible()
    shot(page, f"{name}-filed", full=True)
    assert_fits(page)
    complaint = ReviewComplaint.objects.get()

    # One of us upholds it.
    office = new_page(ops)
    office.goto(f"{house.url}/admin/merchants/reviewcomplaint/{complaint.pk}/change/")
    do(office, "判定成立", "聊天里写明不退钱就差评")
    expect(office.get_by_text("成立").first).to_be_visible()
    shot(office, f"{name}-office", full=True)
    given.refresh_from_db()
    assert given.is_excluded

    # Its author reads why, and appeals.
    own = new_page(mei, phone=phone, dark=look == "dark")
    own.goto(house.url + "/me/malicious-reviews/")
    expect(own.get_by_text("聊天里写明不退钱就差评")).to_be_visible()
    own.get_by_text("申诉，截止").click()
    own.get_by_label("您的说明").fill("那是我家人写的，我只是说果子坏了。")
    shot(own, f"{name}-appeal", full=True)
    assert_fits(own)
    if phone:
        assert_touchable(own)
    own.get_by_role("button", name="提交申诉").click()
    expect(own.get_by_text("申诉：")).to_be_visible()

    # Somebody else grants it, and everything is as before.
    other = new_page(judge)
    appeal = ReviewerAppeal.objects.get()
    other.goto(f"{house.url}/admin/merchants/reviewerappeal/{appeal.pk}/change/")
    do(other, "答复", "确实只是不满意", granted="yes")
    expect(other.get_by_text("已支持").first).to_be_visible()
    own.reload()
    expect(own.get_by_text("确实只是不满意")).to_be_visible()
    shot(own, f"{name}-back", full=True)
    page.reload()
    expect(page.get_by_role("heading", name="评价作者申诉成立，评价已恢复原状。")).to_be_visible()
    given.refresh_from_db()
    assert not given.is_excluded

    # Everybody may read the policy.
    stranger = new_page(phone=phone, dark=look == "dark")
    stranger.goto(house.url + "/policies/malicious-reviews/")
    expect(stranger.get_by_role("heading", name="恶意评价处理办法")).to_be_visible()
    shot(stranger, f"{name}-policy", full=True)
    assert_fits(stranger)
