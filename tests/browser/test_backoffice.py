"""The back office in a real browser: its theme under its policy, an action with a reason, the self-test."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import assert_fits, shot
from tickets.actions.conversations import open_conversation
from tickets.actions.ownership import accept_conversation
from tickets.models import Conversation, State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owned(mei, bo, team, order):
    opened = open_conversation(mei.member, by=mei, medium="web", order=order, body="坏了一半")
    return accept_conversation(opened.conversation, by=bo)


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, False), (False, True)])
def test_the_first_page_stands_and_fits(dark, phone, new_page, house, owned, ops):
    page = new_page(ops, dark=dark, phone=phone)
    number = page.get_by_role("link", name=owned.conversation_no)
    for _look in range(10):
        # The first page's facts are kept for a few seconds: a test before this one may have asked.
        page.goto(house.url + "/admin/")
        expect(page.get_by_role("heading", name="没人回、没主、快到点")).to_be_visible()
        if number.is_visible():
            break
        page.wait_for_timeout(1_000)
    expect(number).to_be_visible()
    theme = page.evaluate("document.documentElement.dataset.theme")
    assert theme == ("dark" if dark else "light")
    assert_fits(page)
    shot(page, f"admin-{'dark' if dark else 'light'}{'-phone' if phone else ''}")


def test_a_conversation_is_put_back_with_a_reason(new_page, house, owned, ops):
    page = new_page(ops)
    page.goto(house.url + f"/admin/tickets/conversation/{owned.pk}/change/")
    expect(page.get_by_text("坏了一半").first).to_be_visible()
    page.get_by_role("link", name="退回队列").click()
    page.get_by_role("button", name="退回队列").click()
    expect(page.get_by_text("写一句原因")).to_be_visible()
    page.get_by_label("原因").fill("小二下班了")
    page.get_by_role("button", name="先算算影响").click()
    expect(page.get_by_text("会改1件")).to_be_visible()
    assert Conversation.objects.get(pk=owned.pk).state == State.OPEN
    page.get_by_role("button", name="退回队列").click()
    expect(page.get_by_text("改了1件。")).to_be_visible()
    assert Conversation.objects.get(pk=owned.pk).state == State.WAITING
    page.locator("a[href$='/history/']").click()
    expect(page.get_by_role("cell", name="小二下班了")).to_be_visible()


def test_an_action_on_chosen_rows(new_page, house, owned, ops):
    page = new_page(ops)
    page.goto(house.url + "/admin/tickets/conversation/")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("requeue")
    page.get_by_role("button", name="执行").click()
    expect(page.get_by_text("涉及1件")).to_be_visible()
    page.get_by_label("原因").fill("下班")
    page.get_by_role("button", name="退回队列").click()
    expect(page.get_by_text("改了1件。")).to_be_visible()


def test_the_self_test_measures_this_browser(new_page, house, ops):
    page = new_page(ops)
    page.goto(house.url + "/admin/selftest/")
    expect(page.locator("[data-check=socket]")).not_to_have_class(
        "x-finding is-wait", timeout=15_000
    )
    expect(page.locator("[data-check=echo]")).to_contain_text("毫秒回来", timeout=15_000)
    shot(page, "admin-selftest")


def test_a_segment_says_how_many_it_is_while_it_is_built(new_page, house, mei, ada, ops):
    page = new_page(ops)
    page.goto(f"{house.url}/admin/accounts/segment/add/")
    live = page.locator(".x-live")
    expect(live).to_contain_text("所有人")
    page.locator("input[name=tiers][value=apass]").check()
    expect(live).to_have_text("现在有1位会员")
    page.locator("input[name=value_from]").fill("-1")
    expect(live).to_have_class(re.compile("x-live--wrong"))
    assert_fits(page)


def test_a_stranger_is_sent_to_the_front_door(page, house):
    page.goto(house.url + "/admin/")
    expect(page).to_have_url(re.compile(r"/\?next="))
