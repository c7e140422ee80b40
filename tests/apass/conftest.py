from datetime import UTC, datetime

import pytest

from accounts.models import Role
from apass import actions
from apass.rollouts import snapshot
from tests.conftest import person

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


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
