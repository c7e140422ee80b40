from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from accounts.actions.segments import change_segment, delete_segment, make_segment
from accounts.models import Segment
from apass.actions import (
    PackageDraft,
    SegmentDraft,
    end_package,
    publish_entitlement,
    publish_package,
    publish_rule,
    redeem,
)
from apass.models import Entitlement, EntitlementRule, PackageItem, ServicePackage
from apass.queries import package_of
from common.errors import DomainError
from common.history import history_of
from common.models import Event
from tests.apass.conftest import NOW, entitlement, rule

pytestmark = pytest.mark.usefixtures("packages", "mei", "ada")


def counts() -> tuple[int, ...]:
    rows = (Entitlement, EntitlementRule, ServicePackage, PackageItem, Event)
    return tuple(model.objects.count() for model in rows)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"quantity": 0}, "entitlement.quantity"),
        ({"quantity": -3}, "entitlement.quantity"),
        ({"effective_until": NOW}, "span.backwards"),
        ({"effective_until": NOW - timedelta(days=1)}, "span.backwards"),
        ({"parameters": {"speed": 1}}, "parameters.unknown"),
        ({"kind": "quick_refund"}, "parameters.missing"),
        ({"name_en": " "}, "entitlement.no_name"),
        ({"effective_from": NOW - timedelta(days=2)}, "entitlement.in_the_past"),
        ({"code": "complaint"}, "entitlement.other_kind"),
        ({"quantity": 1_000_001}, "entitlement.too_often"),
        ({"effective_until": datetime.max.replace(tzinfo=UTC)}, "span.far_off"),
        ({"effective_from": datetime.min.replace(tzinfo=UTC)}, "span.far_off"),
        ({"parameters": ["amount"]}, "parameters.no_mapping"),
        ({"parameters": "amount"}, "parameters.no_mapping"),
        ({"parameters": 7}, "parameters.no_mapping"),
        ({"rollout_code": "tea-2026"}, "entitlement.unknown_rollout"),
        ({"promise_zh": "{days}天内请您喝茶。"}, "promise.unknown_number"),
    ],
)
def test_an_entitlement_that_cannot_be_is_refused_whole(ops, fields, code):
    before = counts()
    with pytest.raises(DomainError) as refused:
        publish_entitlement(entitlement(**fields), by=ops, reason="试", now=NOW)
    assert refused.value.code == code
    assert counts() == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "segment.everybody"),
        ({"says_everybody": True, "tiers": ("new",)}, "segment.not_everybody"),
        ({"tiers": ("super",)}, "segment.nobody"),  # nobody in the house is one
        ({"tiers": ("normal",), "parameters": {"speed": 1}}, "parameters.unknown"),
        ({"tiers": ("normal",), "code": "coffee"}, "entitlement.unknown"),
        ({"tiers": ("normal",), "effective_until": NOW}, "span.backwards"),
        ({"registered_until": date.max}, "span.far_off"),
        ({"registered_from": date.min}, "span.far_off"),
        ({"tiers": ("normal",), "parameters": [1]}, "parameters.no_mapping"),
        ({"tiers": ("normal",), "rank": 40_000}, "entitlement.rank"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_whole(ops, fields, code):
    before = counts()
    with pytest.raises(DomainError) as refused:
        publish_rule(rule(**{"code": "return-card"} | fields), by=ops, reason="试", now=NOW)
    assert refused.value.code == code
    assert counts() == before


def test_everybody_is_meant_when_it_is_said(ops):
    publish_rule(rule("return-card", says_everybody=True), by=ops, reason="都有", now=NOW)


def test_two_rules_nobody_could_choose_between_are_refused(ops):
    for tiers, amount, goes in ((("normal",), "1", True), (("normal", "apass"), "2", False)):
        draft = rule("quick-refund", tiers=tiers, parameters={"amount": amount})
        if goes:
            publish_rule(draft, by=ops, reason="试", now=NOW)
        else:
            with pytest.raises(DomainError, match=r"rule\.ambiguous"):
                publish_rule(draft, by=ops, reason="试", now=NOW)


@pytest.mark.parametrize(
    "publish",
    [
        lambda ops: publish_rule(rule("return-card"), by=ops, reason="试", now=NOW),
        *(
            lambda ops, fields=fields: publish_entitlement(
                entitlement(**fields), by=ops, reason="试", now=NOW
            )
            for fields in (
                {"quantity": 1_000_001},
                {"effective_until": datetime.max.replace(tzinfo=UTC)},
                {"parameters": [1]},
                {"rollout_code": "tea-2026"},
            )
        ),
    ],
)
def test_a_refusal_speaks_both_languages(ops, publish):
    said = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            with pytest.raises(DomainError) as refused:
                publish(ops)
            said[language] = str(refused.value.message)
    assert said["en"].isascii()
    assert not said["zh-hans"].isascii()


def test_once_used_a_promise_keeps_its_period(ops, bo, mei):
    later = NOW + timedelta(days=1)
    for code in ("tea", "coffee"):
        publish_entitlement(entitlement(code), by=ops, reason="茶", now=NOW)
    publish_rule(rule(tiers=("normal",)), by=ops, reason="茶", now=NOW)
    publish_entitlement(
        entitlement("coffee", period="year", effective_from=later), by=ops, reason="改年", now=NOW
    )
    yearly = entitlement(period="year", effective_from=later)
    redeem(mei.member, "tea", subject_key="a", key="k", by=bo, reason="渴了", now=NOW)
    with pytest.raises(DomainError, match=r"entitlement\.other_period"):
        publish_entitlement(yearly, by=ops, reason="改年", now=NOW)
    more = entitlement(quantity=3, effective_from=later)
    assert publish_entitlement(more, by=ops, reason="多些", now=NOW).quantity == 3


def package(code: str = "gold", **fields) -> PackageDraft:
    segment = fields.pop("segment", SegmentDraft(tiers=("normal",), bands=("fair",)))
    return PackageDraft(
        **{
            "code": code,
            "name_zh": "金包",
            "name_en": "Gold",
            "segment": segment,
            "rank": 1,
            "items": {"quick-refund": {"amount": "600"}, "return-card": {}},
            "effective_from": NOW,
        }
        | fields
    )


def test_a_package_of_a_lower_rank_takes_over(ops, mei):
    made = publish_package(package(queue_priority=2), by=ops, reason="试", now=NOW)
    assert package_of(mei.member, NOW) == made
    assert package_of(mei.member, NOW - timedelta(seconds=1)).code == "normal"
    assert history_of(made).get().action == "service_package.published"
    assert dict(made.items.values_list("code", "parameters"))["quick-refund"] == {
        "amount": "600.00"
    }


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rank": 10}, "package.overlaps"),
        ({"segment": SegmentDraft()}, "segment.everybody"),
        ({"items": {"coffee": {}}}, "entitlement.unknown"),
        ({"items": {"quick-refund": {"speed": 1}}}, "parameters.unknown"),
        ({"first_reply": timedelta(0)}, "package.clock"),
        ({"queue_priority": 0}, "package.priority"),
        ({"budget_amount": Decimal(-1)}, "package.budget"),
        ({"effective_until": NOW}, "span.backwards"),
        ({"effective_until": datetime.max.replace(tzinfo=UTC)}, "span.far_off"),
        ({"items": {"quick-refund": [600]}}, "parameters.no_mapping"),
        ({"rank": -1}, "entitlement.rank"),
        ({"team_code": "nobody-knows"}, "package.unknown_team"),
        ({"first_reply": timedelta(days=367)}, "package.clock"),
        ({"budget_amount": Decimal(10) ** 12}, "package.budget"),
    ],
)
def test_a_package_that_cannot_be_is_refused_whole(ops, fields, code):
    before = counts()
    with pytest.raises(DomainError) as refused:
        publish_package(package(**fields), by=ops, reason="试", now=NOW)
    assert refused.value.code == code
    assert counts() == before


def test_a_package_ends_and_the_one_behind_it_counts(ops, mei):
    made = publish_package(package(), by=ops, reason="试", now=NOW)
    ends = NOW + timedelta(days=1)
    end_package(made, at=ends, by=ops, reason="不试了", now=NOW)
    assert package_of(mei.member, ends).code == "normal"


def test_the_next_version_of_a_package_ends_the_one_before(ops, mei):
    first = publish_package(package(), by=ops, reason="试", now=NOW)
    later = NOW + timedelta(days=1)
    publish_package(package(effective_from=later), by=ops, reason="再试", now=NOW)
    first.refresh_from_db()
    assert first.effective_until == later


def test_the_version_that_is_cut_short_says_so_in_its_history(ops):
    first = publish_package(package(), by=ops, reason="试", now=NOW)
    rule_first = publish_entitlement(entitlement(), by=ops, reason="茶", now=NOW)
    later = NOW + timedelta(days=1)
    publish_package(package(effective_from=later), by=ops, reason="再试", now=NOW)
    publish_entitlement(
        entitlement(quantity=3, effective_from=later), by=ops, reason="多些", now=NOW
    )
    for row, action, why in (
        (first, "service_package.ended", "再试"),
        (rule_first, "entitlement.ended", "多些"),
    ):
        line = history_of(row).get(action=action)
        assert (line.actor, line.reason) == (ops, why)
        assert line.before == {"effective_until": None}
        assert line.after["effective_until"].startswith("2026-11-21")


def test_only_who_runs_the_house_publishes(bo, wen):
    for person in (bo, wen):
        with pytest.raises(DomainError, match="forbidden"):
            publish_entitlement(entitlement(), by=person, reason="试", now=NOW)


# --- by a named segment -----------------------------------------------------------------------------


def named(ops, code="calm", **conditions) -> Segment:
    asked = conditions or {"tiers": ["normal"], "guided": False, "registered_to": "2099-12-31"}
    return make_segment(code, "老会员", asked, by=ops, reason="按人群", now=NOW)


def test_a_package_is_for_a_segment_that_has_a_name(ops, mei, ada):
    segment = named(ops)
    made = publish_package(
        package(segment=SegmentDraft(named="calm")), by=ops, reason="试", now=NOW
    )
    assert (made.tiers, made.guided, made.segment_code) == (["normal"], "no", "calm")
    assert package_of(mei.member, NOW).code == "gold"
    # What is promised does not move with the segment.
    change_segment(
        segment, name="老会员", conditions={"tiers": ["apass"]}, by=ops, reason="改", now=NOW
    )
    assert package_of(mei.member, NOW).code == "gold"


def test_a_segment_that_serves_somebody_stays(ops, mei):
    segment = named(ops)
    made = publish_package(
        package(segment=SegmentDraft(named="calm")), by=ops, reason="试", now=NOW
    )
    with pytest.raises(DomainError) as refused:
        delete_segment(segment, by=ops, reason="不要了", now=NOW)
    assert refused.value.code == "segment.used"
    assert refused.value.details["used_by"] == ["金包"]
    later = NOW + timedelta(days=1)
    end_package(made, at=later, by=ops, reason="停", now=NOW)
    delete_segment(segment, by=ops, reason="不要了", now=later)
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (SegmentDraft(named="nothing"), "segment.unknown"),
        (SegmentDraft(named="scored"), "segment.moves"),
        (SegmentDraft(named="calm", tiers=("super",)), "segment.twice"),
        (SegmentDraft(tiers=("normal",), registered_until=date(9999, 12, 31)), "span.far_off"),
    ],
)
def test_what_a_package_cannot_be_for_is_refused_whole(draft, code, ops, mei):
    named(ops)
    named(ops, "scored", value_from=100)
    before = ServicePackage.objects.count()
    with pytest.raises(DomainError) as refused:
        publish_package(package(segment=draft), by=ops, reason="试", now=NOW)
    assert refused.value.code == code
    assert ServicePackage.objects.count() == before
