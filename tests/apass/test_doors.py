from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import TierTitle
from apass.models import EntitlementRule, Grant, Redemption
from tests.conftest import member as make_member

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


def test_an_agent_who_buys_finds_nothing_of_their_own_at_the_desks_address(bo, browser_of):
    make_member(bo, "M20000077", "apass", "13600000077")
    browser, address = browser_of(bo), "/api/v1/members/M20000077"
    assert browser.get(f"{address}/entitlements/").status_code == 404
    body = {"code": "return-card", "subject_key": "order 7", "reason": "坏果"}
    refused = browser.post(
        f"{address}/redemptions/", body, content_type="application/json",
        headers={"Idempotency-Key": "k1"},
    )  # fmt: skip
    assert refused.status_code == 404
    assert not Redemption.objects.exists()


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


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1989-12-31", "2100-01-01"])
@pytest.mark.parametrize(
    ("action", "answers"),
    [("give_to", {"code": "return-card"}), ("grant_vip88", {"source_key": "sale 7"})],
)
def test_a_day_nobody_means_is_refused_in_words(action, answers, day, mei, ops, browser_of):
    url = reverse("admin:accounts_member_changelist")
    body = {
        "action": action, "_selected_action": [mei.member.pk], "until": day, "reason": "补偿",
        "step": "do",
    }  # fmt: skip
    page = browser_of(ops).post(url, body | answers)
    assert page.status_code == 200
    assert "1990" in page.content.decode()
    assert not Grant.objects.exists()
    assert not TierTitle.objects.exists()
