"""Thousands asked at once are told what each is told alone: over a mixed population, in one statement."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Guide, Member, MemberPeriod, Tier, TierTitle
from apass import actions
from apass.actions import publish_entitlement, publish_rule
from apass.entitlements import catalogue
from apass.models import Allowance, Grant
from apass.queries import entitlements_of, entitlements_of_many
from tests.apass.conftest import NOW, day, entitlement, guide, rule, widen

pytestmark = pytest.mark.usefixtures("packages")
TIERS = (Tier.NEW, Tier.NORMAL, Tier.SUPER, Tier.VIP88, Tier.APASS)
BANDS = ("poor", "fair", "good", "excellent")
MOMENTS = (day(5), NOW - timedelta(seconds=1), NOW, day(25), day(30))


@pytest.fixture
def crowd(ops) -> list[Member]:
    """Ninety members who differ in all that counts: with and without a period, a guide, a title, a use."""
    made = Member.objects.bulk_create(
        Member(
            member_no=f"M3000{n:04}",
            display_name=f"人{n}",
            tier=TIERS[n % 5],
            registered_at=None if n % 17 == 3 else day(1) - timedelta(days=n * 11, minutes=n),
        )
        for n in range(90)
    )
    MemberPeriod.objects.bulk_create(
        MemberPeriod(
            member=one, tier=TIERS[(n + half) % 5], band=BANDS[n % 4], rules_version=1, why="test",
            since=day(1) if not half else day(20, n % 20),
            until=day(20, n % 20) if not half else None,
        )
        for n, one in enumerate(made)
        if n % 7
        for half in (0, 1)
    )  # fmt: skip
    for n, one in enumerate(made):
        if n % 6 == 0:
            guide(one, ends_at=day(2) + timedelta(days=n), completed=n % 2)
        if n % 6 == 0 and n % 4 == 0:
            Guide.objects.filter(member=one).update(first_completed_at=day(15))
        if n % 5 == 3:
            TierTitle.objects.create(
                member=one, tier=TIERS[n % 5], since=day(1), until=day(21 + n % 9),
                source_key=f"t{n}", ended_at=day(22) if n % 2 else None,
            )  # fmt: skip
        if n % 8 == 1:
            Allowance.objects.create(
                member=one, code="quick-refund", since=day(1), until=day(30), used=n % 3
            )
            Allowance.objects.create(
                member=one, code="free-pickup", since=day(1), until=day(30), used=2
            )
        if n % 9 == 2:
            Grant.objects.create(
                member=one, code=("return-card", "quick-refund")[n % 2], since=day(3),
                until=day(24), parameters={"amount": "999.00"} if n % 2 else {}, reason="试",
                ended_at=day(19) if n % 4 == 0 else None,
            )  # fmt: skip
    return made


def same(crowd: list[Member]) -> int:
    """Hold both answers against one another at every moment; return how many rights there were."""
    count = 0
    for at in MOMENTS:
        many = entitlements_of_many([one.pk for one in crowd], at)
        assert len(many) == len(crowd)
        for one in crowd:
            assert list(many[one.pk]) == entitlements_of(one, at), (one, at)
            count += len(many[one.pk])
    return count


def test_many_are_told_what_each_is_told_alone(crowd):
    assert same(crowd) > 3 * len(crowd)


def test_so_they_are_with_rules_over_bands_and_days(crowd, ops):
    for fields in (
        {"code": "free-pickup", "bands": ("good",), "registered_until": day(1).date()},
        {
            "code": "return-card",
            "tiers": ("super",),
            "registered_from": NOW.date() - timedelta(300),
        },
    ):
        publish_rule(rule(**fields), by=ops, reason="试", now=NOW)
    assert same(crowd) > 0


def test_a_rule_over_days_of_one_tier_tells_the_others_nothing(crowd, ops):
    publish_rule(
        rule("return-card", tiers=("super",), registered_from=NOW.date() - timedelta(300)),
        by=ops, reason="试", now=NOW,
    )  # fmt: skip
    assert same(crowd) > 0


def test_so_they_are_behind_a_rollout_that_asks_for_the_day_of_registration(crowd, ops, zhao):
    trial = actions.open_rollout(
        "tea", "喝茶", kind="entitlement", subject_kind="member", by=ops, now=NOW
    )
    year = actions.open_cohort(
        "recent", "近一年注册", subject_kind="member", is_list=False,
        registered_from=day(1) - timedelta(days=365), by=ops, now=NOW,
    )  # fmt: skip
    actions.add_stage(
        trial, "一半", kind="share", share=5000, cohort=year, by=ops, reason="试", now=NOW
    )
    widen(trial, ops, zhao)
    publish_entitlement(
        entitlement(rollout_code="tea", effective_from=NOW), by=ops, reason="茶", now=NOW
    )
    publish_rule(rule(says_everybody=True), by=ops, reason="茶", now=NOW)
    assert same(crowd) > 0
    many = entitlements_of_many([one.pk for one in crowd], NOW)
    drinkers = [key for key, rights in many.items() if any(one.code == "tea" for one in rights)]
    assert 0 < len(drinkers) < 30


def test_all_are_asked_of_in_one_statement_and_who_is_not_there_is_left_out(crowd, monkeypatch):
    monkeypatch.setattr(catalogue, "_RECHECK_SECONDS", 3600.0)
    catalogue.catalogue()
    keys = [one.pk for one in crowd]
    with CaptureQueriesContext(connection) as asked:
        many = entitlements_of_many([*keys, *keys, 999_999_999], NOW)
        rights = [many[key] for key in keys]
    assert len(asked) == 1
    assert len(many) == len(keys)
    assert all(rights)
    assert 999_999_999 not in many
    assert len(entitlements_of_many([], NOW)) == 0
