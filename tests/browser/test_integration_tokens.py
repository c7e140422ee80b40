"""Issuing an integration token in a real browser: the form, the secret once, renewing, revoking."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.actions import issue_integration_token, sign_in_device
from accounts.models import IntegrationToken
from tests.browser.pages import assert_fits, shot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issued(bo, mei, ops):
    now = timezone.now()
    for user, name, platform in ((mei, "小米 17", "android"), (bo, "iPhone 18", "ios")):
        sign_in_device(
            user,
            method="password",
            name=name,
            platform=platform,
            app_version="3.2.1",
            address="10.0.0.1",
            now=now,
        )
    token, _secret = issue_integration_token(
        bo,
        name="质检录音同步",
        scopes=["conversations:read", "messages:read", "sockets:write"],
        expires_at=now + timedelta(days=30),
        by=ops,
        reason="对接质检系统",
    )
    return token


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, False), (False, True)])
def test_the_pages_stand_and_fit(dark, phone, new_page, house, issued, ops):
    page = new_page(ops, dark=dark, phone=phone)
    kind = f"{'dark' if dark else 'light'}{'-phone' if phone else ''}"
    for name, path in (
        ("list", "integrationtoken/"),
        ("form", "integrationtoken/add/"),
        ("one", f"integrationtoken/{issued.pk}/change/"),
        ("renew", f"integrationtoken/{issued.pk}/act/rotate/"),
        ("devices", "device/"),
    ):
        page.goto(house.url + "/admin/accounts/" + path)
        expect(page.locator("#main, main").first).to_be_visible()
        assert_fits(page)
        shot(page, f"token-{name}-{kind}", full=True)


def test_a_secret_is_shown_once(new_page, house, issued, bo, ops):
    page = new_page(ops, phone=True)
    page.goto(house.url + f"/admin/accounts/integrationtoken/{issued.pk}/act/rotate/")
    page.get_by_label("原因").fill("例行更换")
    page.get_by_role("button", name="换新密钥").click()
    secret = page.locator(".x-secret")
    expect(secret).to_contain_text("xit_")
    assert_fits(page)
    shot(page, "token-secret-phone", full=True)
    shown = secret.inner_text()
    page.get_by_role("link", name="我已复制好").click()
    expect(page.get_by_text("质检录音同步").first).to_be_visible()
    assert shown not in page.content()
    assert IntegrationToken.objects.get(pk=issued.pk).revoked_at is None
