from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tier, TierTitle
from apass.actions import give_grant, publish_entitlement, publish_rule
from apass.entitlements import catalogue
from apass.entitlements.offers import offers_of
from apass.models import Entitlement, ServicePackage
from apass.queries import entitlements_of, entitlements_of_many, package_of, queue_priority
from tests.apass.conftest import NOW, codes, day, entitlement, one, period, rule

pytestmark = pytest.mark.usefixtures("packages")


@pytest.mark.parametrize(
    ("tier", "has", "amount"),
    [
        (Tier.NORMAL, [], "300.00"),
        (Tier.SUPER, [], "800.00"),
        (Tier.VIP88, ["free-pickup"], "1000.00"),
        (Tier.APASS, ["dedicated-manager", "return-card"], "1200.00"),
    ],
)
def test_each_tier_has_what_its_table_says(mei_m, tier, has, amount):
    period(mei_m, tier, day(1))
    rights = entitlements_of(mei_m, NOW)
    assert codes(rights) == sorted(["complaint", "first-reply", "quick-refund", *has])
    assert one(rights, "quick-refund").parameters == {"amount": amount}


def test_a_member_without_a_period_has_what_their_row_says(ada_m):
    assert "return-card" in codes(entitlements_of(ada_m, NOW))


def test_the_past_is_answered_by_the_period_of_then(mei_m):
    period(mei_m, Tier.SUPER, day(1), day(10))
    period(mei_m, Tier.NORMAL, day(10))
    before, after = (entitlements_of(mei_m, at) for at in (day(10) - timedelta(seconds=1), day(10)))
    assert one(before, "quick-refund").parameters["amount"] == "800.00"
    assert one(before, "quick-refund").until == day(10)
    assert one(after, "quick-refund").parameters["amount"] == "300.00"


def test_a_guided_member_sees_the_guarantee_and_until_when(newcomer):
    rights = entitlements_of(newcomer, NOW)
    assert one(rights, "first-order").until == day(1) + timedelta(days=90)
    assert one(rights, "worry-free-return").parameters == {"days": 7, "freight": "25.00"}


def test_the_second_order_no_longer_qualifies(newcomer):
    newcomer.guide.first_completed_at = day(15)
    newcomer.guide.save()
    assert "first-order" in codes(entitlements_of(newcomer, day(15) - timedelta(seconds=1)))
    after = codes(entitlements_of(newcomer, day(15)))
    assert "first-order" not in after
    assert "worry-free-return" in after


def test_a_second_account_is_promised_nothing_twice(newcomer, mei_m):
    newcomer.guide.doubled_with = mei_m
    newcomer.guide.save()
    assert not {"first-order", "worry-free-return"} & set(codes(entitlements_of(newcomer, NOW)))


def test_the_guide_ends_with_its_ninetieth_day(newcomer):
    ends = newcomer.guide.ends_at
    assert "worry-free-return" in codes(entitlements_of(newcomer, ends - timedelta(seconds=1)))
    assert "worry-free-return" not in codes(entitlements_of(newcomer, ends))


def test_a_title_that_ends_says_until_when(ada_m):
    TierTitle.objects.create(
        member=ada_m, tier=Tier.APASS, since=day(1), until=day(30), source_key="inv_1"
    )
    assert one(entitlements_of(ada_m, NOW), "return-card").until == day(30)


def test_a_rule_counts_before_the_package(mei_m, ops):
    publish_rule(
        rule("quick-refund", tiers=("normal",), bands=("fair",), parameters={"amount": "450"}),
        by=ops, reason="试一试", now=NOW,
    )  # fmt: skip
    right = one(entitlements_of(mei_m, NOW), "quick-refund")
    assert (right.parameters["amount"], right.source.kind) == ("450.00", "rule")


def test_of_two_rules_the_lower_rank_counts(mei_m, ops):
    for rank, amount in ((2, "500"), (1, "400")):
        publish_rule(
            rule("quick-refund", tiers=("normal",), rank=rank, parameters={"amount": amount}),
            by=ops, reason="试一试", now=NOW,
        )  # fmt: skip
    assert one(entitlements_of(mei_m, NOW), "quick-refund").parameters["amount"] == "400.00"


def test_a_new_version_begins_where_the_old_one_ends(mei_m, ops):
    later = NOW + timedelta(days=3)
    publish_entitlement(
        entitlement("quick-refund", kind="quick_refund", period="once", quantity=None,
                    parameters={"amount": "1"}, effective_from=later),
        by=ops, reason="新版", now=NOW,
    )  # fmt: skip
    rights = entitlements_of(mei_m, NOW)
    assert one(rights, "quick-refund").until == later
    assert Entitlement.objects.filter(code="quick-refund").count() == 2
    assert one(entitlements_of(mei_m, later), "quick-refund").source.since == later


def test_what_is_granted_lasts_until_its_day(mei_m, ops):
    give_grant(mei_m, "return-card", until=day(25), by=ops, reason="受委屈了", now=NOW)
    right = one(entitlements_of(mei_m, NOW), "return-card")
    assert (right.source.kind, right.until) == ("grant", day(25))
    assert "return-card" not in codes(entitlements_of(mei_m, day(25)))


def test_behind_a_rollout_nobody_knows_nothing_is_open(mei_m, ops):
    publish_entitlement(entitlement(), by=ops, reason="茶", now=NOW)
    # No form writes this: the rollout was taken away since.
    Entitlement.objects.filter(code="tea").update(rollout_code="tea-2026")
    publish_rule(rule(tiers=("normal",)), by=ops, reason="茶", now=NOW)
    assert "tea" not in codes(entitlements_of(mei_m, NOW))
    assert "tea" not in [one.terms.code for one in offers_of(mei_m, NOW)[1]]
    assert "tea" not in codes(entitlements_of_many([mei_m.pk], NOW)[mei_m.pk])


def test_one_member_is_one_query(mei_m, monkeypatch):
    monkeypatch.setattr(catalogue, "_RECHECK_SECONDS", 3600.0)
    queue_priority(mei_m, NOW)
    with CaptureQueriesContext(connection) as asked:
        entitlements_of(mei_m, NOW)
        entitlements_of_many([mei_m.pk], NOW)
        queue_priority(mei_m, NOW)
    assert len(asked) == 3


def test_many_are_told_what_each_is_told(mei_m, ada_m, newcomer, chen, ops):
    period(mei_m, Tier.SUPER, day(1), day(10))
    period(mei_m, Tier.NORMAL, day(10), band="good")
    give_grant(chen.member, "return-card", until=day(25), by=ops, reason="好人", now=NOW)
    publish_rule(
        rule("free-pickup", bands=("good",), registered_until=day(10).date()),
        by=ops, reason="信用好", now=NOW,
    )  # fmt: skip
    members = [mei_m, ada_m, newcomer, chen.member]
    for at in (day(5), NOW, day(24, 16), day(26)):
        many = entitlements_of_many([one.pk for one in members], at)
        assert {key: list(rights) for key, rights in many.items()} == {
            one.pk: entitlements_of(one, at) for one in members
        }


def test_the_place_in_the_queue_is_the_packages_when_it_names_one(mei_m, ada_m):
    assert (queue_priority(mei_m, NOW), queue_priority(ada_m, NOW)) == (4, 1)
    ServicePackage.objects.filter(code="normal").update(queue_priority=2)
    assert queue_priority(mei_m, NOW) == 2
    assert package_of(mei_m, NOW).first_reply == timedelta(seconds=180)


def test_the_desk_hears_why_not(mei_m, newcomer):
    allowed, refused = offers_of(mei_m, NOW)
    assert codes(allowed) == ["complaint", "first-reply", "quick-refund"]
    said = {one.terms.code: one.reason for one in refused}
    assert said["return-card"].endswith("APASS。") or "APASS" in said["return-card"]
    newcomer.guide.first_completed_at = day(15)
    newcomer.guide.save()
    said = {one.terms.code: one.reason for one in offers_of(newcomer, NOW)[1]}
    assert said["first-order"] != said["return-card"]
