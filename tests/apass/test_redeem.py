from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from accounts.models import Tier
from apass.actions import (
    end_grant,
    give_grant,
    publish_entitlement,
    publish_rule,
    redeem,
    release,
)
from apass.entitlements import rules
from apass.models import Allowance, Grant, Redemption, RedemptionRelease
from apass.queries import entitlements_of
from common.errors import DomainError
from common.history import history_of
from tests.apass.conftest import NOW, codes, day, entitlement, one, period, rule
from tests.conftest import member as make_member
from tests.conftest import person


@pytest.fixture
def tea(packages, ops, mei) -> None:
    """Twice a month for normal members."""
    publish_entitlement(entitlement(), by=ops, reason="茶", now=NOW)
    publish_rule(rule(tiers=("normal",)), by=ops, reason="茶", now=NOW)


def drink(member, subject: str, by, now=NOW, **also):
    return redeem(
        member, "tea", **{"subject_key": subject, "key": f"k-{subject}", "by": by, "reason": "渴了",
        "now": now} | also,
    )  # fmt: skip


def test_it_counts_and_says_how_often_still(mei_m, bo, tea):
    made = drink(mei_m, "a", bo)
    assert one(entitlements_of(mei_m, NOW), "tea").left == 1
    assert history_of(made).get().reason == "渴了"


def test_the_same_thing_is_served_once(mei_m, bo, tea):
    assert drink(mei_m, "a", bo) == drink(mei_m, "a", bo, key="another")
    assert Allowance.objects.get().used == 1


def test_the_same_key_gives_the_first_answer(mei_m, bo, tea):
    assert drink(mei_m, "a", bo) == drink(mei_m, "a", bo)
    with pytest.raises(DomainError, match=r"redemption\.other_request"):
        drink(mei_m, "b", bo, key="k-a")


def test_more_than_promised_is_refused_with_the_day_it_begins_anew(mei_m, bo, tea):
    drink(mei_m, "a", bo)
    drink(mei_m, "b", bo)
    with pytest.raises(DomainError) as refused:
        drink(mei_m, "c", bo)
    again_at = rules.period_of("month", NOW).until
    assert refused.value.code == "entitlement.used_up"
    assert refused.value.details["again_at"] == again_at.isoformat()
    assert drink(mei_m, "c", bo, now=again_at).subject_key == "c"


def test_what_is_given_back_may_be_used_again(mei_m, bo, tea):
    first = drink(mei_m, "a", bo)
    release(first, reason="没用上", by=bo, now=NOW)
    assert one(entitlements_of(mei_m, NOW), "tea").left == 2
    second = drink(mei_m, "a", bo, key="once more")
    assert second != first
    assert Redemption.objects.count() == 2


def test_nothing_is_given_back_twice(mei_m, bo, tea):
    first = drink(mei_m, "a", bo)
    release(first, reason="没用上", by=bo, now=NOW)
    with pytest.raises(DomainError, match=r"redemption\.released"):
        release(first, reason="没用上", by=bo, now=NOW)
    assert RedemptionRelease.objects.count() == 1
    assert Allowance.objects.get().used == 0


def test_what_is_not_theirs_is_refused_with_the_reason(ada_m, bo, tea):
    with pytest.raises(DomainError) as refused:
        drink(ada_m, "a", bo)
    assert refused.value.code == "entitlement.not_yours"
    assert refused.value.message


def test_what_nobody_knows_is_refused(mei_m, bo, tea):
    with pytest.raises(DomainError, match=r"entitlement\.unknown"):
        redeem(mei_m, "coffee", subject_key="a", key="a", by=bo, reason="渴了", now=NOW)


def test_an_agent_says_why(mei_m, bo, tea):
    with pytest.raises(DomainError, match=r"redemption\.no_reason"):
        drink(mei_m, "a", bo, reason=" ")


def test_a_member_cannot_give_to_themselves(mei_m, mei, tea):
    with pytest.raises(DomainError, match="forbidden"):
        drink(mei_m, "a", mei)


def test_the_numbers_of_then_are_kept(mei_m, bo, packages):
    period(mei_m, Tier.NORMAL, day(1))
    made = redeem(mei_m, "quick-refund", subject_key="r1", key="r1", by=bo, reason="退", now=NOW)
    assert made.parameters == {"amount": "300.00"}
    assert made.source.startswith("package:")


@pytest.mark.django_db(transaction=True)
def test_of_thirty_at_once_two_are_served(mei_m, tea):
    def ask(number: int) -> str:
        try:
            return str(drink(mei_m, str(number), None).subject_key)
        except DomainError as refused:
            return refused.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(30) as many:
        said = list(many.map(ask, range(30)))
    assert said.count("entitlement.used_up") == 28
    assert Redemption.objects.count() == Allowance.objects.get().used == 2


@pytest.mark.django_db(transaction=True)
def test_of_thirty_that_ask_the_same_all_hear_one_answer(mei_m, tea):
    def ask(number: int) -> str:
        try:
            return drink(mei_m, "a", None, key=f"try {number}").public_key
        finally:
            connections.close_all()

    with ThreadPoolExecutor(30) as many:
        assert len(set(many.map(ask, range(30)))) == 1
    assert Allowance.objects.get().used == 1


def test_a_grant_is_given_once_and_can_be_taken_back(mei_m, ops, packages):
    grant = give_grant(mei_m, "return-card", until=day(25), by=ops, reason="赔礼", now=NOW)
    with pytest.raises(DomainError, match=r"grant\.there"):
        give_grant(mei_m, "return-card", until=day(25), by=ops, reason="赔礼", now=NOW)
    later = NOW + timedelta(hours=1)
    end_grant(grant, by=ops, reason="给错了", now=later)
    assert "return-card" in codes(entitlements_of(mei_m, NOW))
    assert "return-card" not in codes(entitlements_of(mei_m, later))
    with pytest.raises(DomainError, match=r"grant\.ended"):
        end_grant(grant, by=ops, reason="给错了", now=later)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"until": day(1)}, "span.backwards"),
        ({"until": day(25), "parameters": {"speed": 1}}, "parameters.unknown"),
        ({"until": day(25), "reason": ""}, "grant.no_reason"),
    ],
)
def test_a_grant_that_cannot_be_is_refused(mei_m, ops, packages, fields, code):
    with pytest.raises(DomainError, match=code):
        give_grant(mei_m, "return-card", **{"by": ops, "reason": "赔礼", "now": NOW} | fields)
    assert not Grant.objects.exists()


def test_an_agent_gives_no_grants(mei_m, bo, packages):
    with pytest.raises(DomainError, match="forbidden"):
        give_grant(mei_m, "return-card", until=day(25), by=bo, reason="赔礼", now=NOW)


def test_nobody_gives_or_takes_back_what_is_their_own(packages, ops, bo, tea):
    both = person("both", "两边都是", "agent", "operations", "member")
    own = make_member(both, "M20000077", "normal", "13600000077")
    with pytest.raises(DomainError, match=r"conflict\.own_case"):
        drink(own, "a", both)
    made = drink(own, "a", bo)
    with pytest.raises(DomainError, match=r"conflict\.own_case"):
        release(made, reason="算了", by=both, now=NOW)
    until = NOW + timedelta(days=9)
    with pytest.raises(DomainError, match=r"conflict\.own_case"):
        give_grant(own, "return-card", until=until, by=both, reason="想要", now=NOW)
    grant = give_grant(own, "return-card", until=until, by=ops, reason="补偿", now=NOW)
    with pytest.raises(DomainError, match=r"conflict\.own_case"):
        end_grant(grant, by=both, reason="不要了", now=NOW)
    assert Redemption.objects.filter(member=own, release=None).count() == 1


def test_a_grant_ends_in_a_year_that_people_mean(packages, ops, mei_m):
    until = datetime.max.replace(tzinfo=UTC)
    with pytest.raises(DomainError, match=r"span\.far_off"):
        give_grant(mei_m, "return-card", until=until, by=ops, reason="永远", now=NOW)
    with pytest.raises(DomainError, match=r"parameters\.no_mapping"):
        give_grant(
            mei_m, "return-card", until=day(25), by=ops, reason="试", parameters=[1], now=NOW
        )
    assert not Grant.objects.exists()
