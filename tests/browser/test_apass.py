"""The black card on a member's phone: an invitation is read, accepted, and a friend is brought along."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apass.actions import assign_manager
from apass.models import Membership
from tests.apass.casts import WHY, invited

from .pages import assert_fits, assert_touchable, shot


@pytest.mark.parametrize("look", ["light", "dark"])
def test_an_invitation_is_accepted_on_a_phone(new_page, house, mei, bo, lin, look):
    invited(mei, now=timezone.now())
    page = new_page(mei, phone=True, size=(320, 640), dark=look == "dark")
    page.goto(house.url + "/me/")
    page.get_by_role("link", name="我的APASS").click()
    expect(page.get_by_text("周小宁，请您加入。")).to_be_visible()
    assert_fits(page)
    assert_touchable(page)
    shot(page, f"apass-invited-{look}", full=True)
    page.get_by_role("button", name="接受邀请", exact=True).click()
    expect(page.get_by_text("欢迎您。从现在起，您有专属客服了。")).to_be_visible()
    membership = Membership.objects.get()
    assert membership.state == "active"
    assign_manager(membership, manager=bo, deputy=lin, by=None, reason=WHY)
    page.reload()
    expect(page.get_by_text("您的专属客服是许青禾")).to_be_visible()
    page.get_by_role("button", name="生成朋友邀请码").click()
    expect(page.locator(".apass-given__code")).to_be_visible()
    assert_fits(page)
    assert_touchable(page)
    shot(page, f"apass-active-{look}", full=True)
