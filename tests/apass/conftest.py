"""A house with the packages of the tiers, whose definitions are read anew by every question."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from accounts.models import Guide, Member, MemberPeriod, Role, Tier
from apass import actions
from apass.actions import EntitlementDraft, RuleDraft, SegmentDraft
from apass.entitlements import catalogue
from apass.entitlements.defaults import make_default_packages
from apass.rollouts import snapshot
from tests.conftest import person

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_catalogue(fresh_parameters, monkeypatch):
    monkeypatch.setattr(catalogue, "_RECHECK_SECONDS", -1.0)


@pytest.fixture
def packages(db) -> None:
    make_default_packages(apps)


@pytest.fixture
def ada_m(ada) -> Member:
    return ada.member


@pytest.fixture
def mei_m(mei) -> Member:
    return mei.member


@pytest.fixture
def newcomer(db) -> Member:
    """Led by the hand since the first of November."""
    made = Member.objects.create(
        member_no="M20000001", display_name="新来的", tier=Tier.NEW, registered_at=day(1)
    )
    period(made, Tier.NEW, day(1))
    guide(made)
    return made


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, number, hour, tzinfo=UTC)


def period(member: Member, tier: str, since: datetime, until=None, band="fair") -> MemberPeriod:
    return MemberPeriod.objects.create(
        member=member, tier=tier, band=band, since=since, until=until, rules_version=1, why="test"
    )


def guide(member: Member, **fields) -> Guide:
    return Guide.objects.create(
        member=member, **{"began_at": day(1), "ends_at": day(1) + timedelta(days=90)} | fields
    )


def entitlement(code: str = "tea", **fields) -> EntitlementDraft:
    return EntitlementDraft(
        **{
            "code": code,
            "kind": "return_card",
            "name_zh": "一杯茶",
            "name_en": "A cup of tea",
            "promise_zh": "请您喝茶。",
            "promise_en": "A cup of tea for you.",
            "period": "month",
            "quantity": 2,
            "effective_from": NOW,
        }
        | fields
    )


def rule(code: str = "tea", **fields) -> RuleDraft:
    segment = {
        name: fields.pop(name) for name in list(fields) if name in SegmentDraft.__dataclass_fields__
    }
    return RuleDraft(
        **{"code": code, "segment": SegmentDraft(**segment), "effective_from": NOW} | fields
    )


def codes(rights) -> list[str]:
    return [one.code for one in rights]


def one(rights, code: str):
    return next(right for right in rights if right.code == code)


@pytest.fixture
def zhao(db):
    """Ops' colleague, who decides what Ops proposes."""
    return person("zhao", "赵舒", Role.OPERATIONS)


@pytest.fixture
def rollout(ops):
    """Products, to be opened to members step by step; nobody is in yet."""
    return actions.open_rollout(
        "products", "商品卡", kind="feature", subject_kind="member", by=ops, now=NOW
    )


def widen(rollout, ops, zhao, *, now=NOW):
    """Open the next stage: Ops proposes, Zhao approves."""
    actions.propose_stage(rollout, by=ops, reason="下一步", now=now)
    actions.approve_stage(rollout, by=zhao, reason="指标正常", now=now)
    rollout.refresh_from_db()
    snapshot.recheck()


def pilot(rollout, number, ops, name="试点"):
    """Add a stage of named members."""
    return actions.add_stage(
        rollout, name, kind="named", numbers=[number], by=ops, reason="先试", now=NOW
    )
