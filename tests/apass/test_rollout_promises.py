"""Entitlements behind a rollout: met where they are shown, kept after a step back, and said so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Tier
from apass import actions
from apass.actions import give_grant, publish_entitlement, publish_rule, redeem
from apass.entitlements.offers import offers_card, promises_card
from apass.models import Exposure, RolloutPromise
from apass.queries import entitlements_of, entitlements_of_many
from apass.rollouts import snapshot
from apass.rollouts.deciding import decide, member_subject
from apass.rollouts.exposures import notebook
from common.errors import DomainError
from tests.admin.test_acts import act
from tests.apass.conftest import NOW, codes, day, entitlement, one, period, pilot, rule, widen

pytestmark = pytest.mark.usefixtures("packages")
HOUR = timedelta(hours=1)


@pytest.fixture
def trial(ops, zhao, mei, ada, chen, bo):
    """Tea for normal members, behind a rollout that lets Mei in."""
    opened = actions.open_rollout(
        "tea", "喝茶", kind="entitlement", subject_kind="member", by=ops, now=NOW
    )
    publish_entitlement(entitlement(rollout_code="tea"), by=ops, reason="茶", now=NOW)
    publish_rule(rule(tiers=("normal", "apass")), by=ops, reason="茶", now=NOW)
    pilot(opened, "M10000001", ops)
    widen(opened, ops, zhao)
    return opened


def shown(member, now=NOW):
    return {card["code"]: card for card in promises_card(member, now)}


def test_open_then_promised_then_a_step_back_and_still_there_marked(
    trial, ops, bo, mei, ada, browser_of
):
    page = browser_of(mei).get("/me/promises/").content.decode()
    assert "一杯茶" in page
    assert "一杯茶" not in browser_of(ada).get("/me/promises/").content.decode()
    until = timezone.localdate() + timedelta(days=3)
    act(browser_of(ops), trial, "promise", number="M10000001", until=f"{until:%Y-%m-%d}")
    assert RolloutPromise.objects.get().subject == f"member:{mei.member.pk}"
    act(browser_of(ops), trial, "take_back", to_stage="0")
    snapshot.recheck()
    page = browser_of(mei).get("/me/promises/").content.decode()
    assert "一杯茶" in page
    assert "之前答应您的" in page
    told = browser_of(mei).get("/api/v1/me/entitlements/").json()["data"]
    assert [card["kept"] for card in told if card["code"] == "tea"] == [True]
    assert not any(card["kept"] for card in told if card["code"] != "tea")
    desk = offers_card(mei.member, timezone.now())["allowed"]
    assert [card["source"]["name"] for card in desk if card["code"] == "tea"] == [
        "之前答应您的，我们算数"
    ]
    made = redeem(mei.member, "tea", subject_key="a", key="k", by=bo, reason="渴了")
    assert made.code == "tea"
    assert "一杯茶" not in browser_of(ada).get("/me/promises/").content.decode()


def test_a_kept_promise_ends_with_its_day(trial, ops, mei):
    actions.give_promise(
        trial, member_subject(mei.member), until=day(25), by=ops, reason="说好的", now=NOW
    )
    actions.roll_back(trial, by=ops, reason="退", now=NOW)
    assert one(entitlements_of(mei.member, NOW), "tea").until == day(25)
    assert one(entitlements_of_many([mei.member.pk], NOW)[mei.member.pk], "tea").kept
    assert "tea" not in codes(entitlements_of(mei.member, day(25)))


def test_who_is_shown_it_has_met_it_and_lists_leave_no_trace(trial, mei, ada):
    entitlements_of_many([mei.member.pk, ada.member.pk], NOW)
    entitlements_of(mei.member, NOW)
    notebook.flush()
    assert not Exposure.objects.exists()
    shown(mei.member)
    shown(ada.member)
    offers_card(mei.member, NOW)
    notebook.flush()
    assert list(Exposure.objects.values_list("subject", "arm")) == [
        (f"member:{mei.member.pk}", "treated")
    ]


def test_a_promise_holds_for_who_leaves_the_tier_that_let_them_in(ops, zhao, mei, ada):
    trial = actions.open_rollout(
        "tea", "喝茶", kind="entitlement", subject_kind="member", by=ops, now=NOW
    )
    actions.add_stage(trial, "普通", kind="tiers", tiers=["normal"], by=ops, reason="试")
    widen(trial, ops, zhao)
    actions.give_promise(trial, member_subject(mei.member), until=None, by=ops, now=NOW)
    mei.member.tier = Tier.SUPER
    assert decide("tea", member_subject(mei.member), now=NOW).why == "promised"


def test_a_lengthened_promise_is_seen_after_a_step_back(trial, ops, mei):
    subject = member_subject(mei.member)
    actions.give_promise(trial, subject, until=NOW + HOUR, by=ops, now=NOW)
    actions.roll_back(trial, by=ops, reason="退", now=NOW)
    snapshot.recheck()
    assert decide("tea", subject, now=NOW).is_in
    actions.give_promise(trial, subject, until=NOW + 9 * HOUR, by=ops, now=NOW)
    snapshot.recheck()
    assert decide("tea", subject, now=NOW + 8 * HOUR).is_in


def test_a_promise_is_given_in_years_people_mean(trial, ops, mei):
    with pytest.raises(DomainError, match=r"span\.far_off"):
        actions.give_promise(
            trial, member_subject(mei.member), until=NOW.replace(year=9999), by=ops, now=NOW
        )


def test_what_was_given_by_name_does_not_wait_for_the_rollout(trial, ops, ada):
    give_grant(ada.member, "tea", until=day(25), by=ops, reason="补偿", now=NOW)
    right = one(entitlements_of(ada.member, NOW), "tea")
    assert (right.source.kind, right.until) == ("grant", day(25))


@pytest.mark.parametrize(
    ("amount", "has", "source"),
    [
        ("100.00", "1200.00", "package"),  # less than the package: the package counts
        ("1200.00", "1200.00", "package"),
        ("1500.00", "1500.00", "grant"),
    ],
)
def test_a_grant_never_shrinks_what_is_promised(amount, has, source, ops, ada):
    period(ada.member, Tier.APASS, day(1))
    give_grant(
        ada.member, "quick-refund", until=day(25), by=ops, reason="补偿",
        parameters={"amount": amount}, now=NOW,
    )  # fmt: skip
    right = one(entitlements_of(ada.member, NOW), "quick-refund")
    assert (right.parameters["amount"], right.source.kind) == (has, source)
    assert one(entitlements_of(ada.member, day(25)), "quick-refund").parameters == {
        "amount": "1200.00"
    }


def test_of_times_the_shorter_and_of_days_the_longer_counts(ops, ada, newcomer):
    for code, numbers, better in (
        ("first-reply", {"seconds": 300}, {"seconds": 10}),
        ("first-reply", {"seconds": 5}, {"seconds": 5}),
    ):
        grant = give_grant(
            ada.member, code, until=day(25), by=ops, reason="试", parameters=numbers, now=NOW
        )
        assert one(entitlements_of(ada.member, NOW), code).parameters == better
        actions.end_grant(grant, by=ops, reason="好了", now=NOW)
    give_grant(
        newcomer, "worry-free-return", until=day(25), by=ops, reason="试",
        parameters={"days": 15, "freight": "5.00"}, now=NOW,
    )  # fmt: skip
    right = one(entitlements_of(newcomer, NOW), "worry-free-return")
    assert right.parameters == {"days": 15, "freight": "25.00"}


def test_a_grant_of_the_same_kinds_in_another_order_lasts_as_long_as_it_says(ops, ada):
    """What the package gives ends on the 22nd; the grant holds all of it until the 25th."""
    numbers = {"categories": ["生鲜", "玩具"], "amount": "50.00"}
    keep = entitlement("keep", kind="no_return_refund", parameters=numbers, quantity=None)
    publish_entitlement(keep, by=ops, reason="不用寄", now=NOW)
    publish_rule(
        rule("keep", tiers=("apass",), effective_until=day(22)), by=ops, reason="不用寄", now=NOW
    )
    period(ada.member, Tier.APASS, day(1))
    again = numbers | {"categories": ["玩具", "生鲜"]}
    give_grant(ada.member, "keep", until=day(25), by=ops, reason="补偿", parameters=again, now=NOW)
    right = one(entitlements_of(ada.member, NOW), "keep")
    assert set(right.parameters["categories"]) == {"生鲜", "玩具"}
    assert (right.source.kind, right.until) == ("grant", day(25))
