from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apass.models import EntitlementRule, Grant, Redemption

pytestmark = pytest.mark.usefixtures("packages")


def test_the_member_reads_what_is_promised(mei, browser_of):
    page = browser_of(mei).get("/me/promises/").content.decode()
    assert "极速退款" in page
    assert "最多 ¥300" in page
    assert "退货卡" not in page


def test_the_app_hears_the_same(ada, browser_of):
    data = browser_of(ada).get("/api/v1/me/entitlements/").json()["data"]
    card = next(one for one in data if one["code"] == "return-card")
    assert (card["quantity"], card["left"], card["source"]["kind"]) == (1, 1, "package")


def test_an_agent_gives_once_whatever_is_sent_again(ada, bo, browser_of):
    browser, url = browser_of(bo), "/api/v1/members/M10000002/redemptions/"
    body = {"code": "return-card", "subject_key": "order 7", "reason": "坏果"}
    said = [
        browser.post(url, body, content_type="application/json", headers={"Idempotency-Key": key})
        for key in ("k1", "k1", "k2")
    ]
    assert [one.status_code for one in said] == [201, 201, 201]
    assert len({one.json()["id"] for one in said}) == 1
    assert said[0].json()["left"] == 0
    refused = browser.post(
        url, body | {"subject_key": "order 8"}, content_type="application/json",
        headers={"Idempotency-Key": "k3"},
    )  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (409, "entitlement.used_up")
    assert Redemption.objects.count() == 1


def test_chen_reads_nothing_of_the_others(chen, ada, browser_of):
    assert browser_of(chen).get("/api/v1/members/M10000002/entitlements/").status_code == 404


def test_a_rule_is_saved_once_its_reach_was_seen(mei, ops, browser_of):
    browser, url = browser_of(ops), reverse("admin:apass_entitlementrule_add")
    begins = timezone.localtime() + timedelta(hours=1)
    body = {
        "code": "return-card", "rank": "0", "parameters": "{}", "tiers": ["normal"],
        "guided": "any", "effective_from_0": f"{begins:%Y-%m-%d}",
        "effective_from_1": f"{begins:%H:%M:%S}", "reason": "试一试",
    }  # fmt: skip
    assert "M10000001" in browser.post(url, body).content.decode()
    assert not EntitlementRule.objects.exists()
    assert browser.post(url, body | {"seen": "on"}).status_code == 302
    assert EntitlementRule.objects.get().tiers == ["normal"]


def test_the_members_list_gives_grants_after_a_trial(mei, ops, browser_of):
    browser, url = browser_of(ops), reverse("admin:accounts_member_changelist")
    until = timezone.localdate() + timedelta(days=5)
    body = {
        "action": "give_to", "_selected_action": [str(mei.member.pk)], "code": "return-card",
        "until": f"{until:%Y-%m-%d}", "reason": "赔礼",
    }  # fmt: skip
    assert browser.post(url, body | {"step": "try"}).status_code == 200
    assert not Grant.objects.exists()
    assert browser.post(url, body | {"step": "do"}).status_code == 302
    assert Grant.objects.get().member == mei.member
