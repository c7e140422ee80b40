"""The plans of all rollouts in this process: read once, then only what has changed, within a second."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from apass.models import (
    Cohort,
    CohortMember,
    Rollout,
    RolloutDecline,
    RolloutPromise,
    RolloutStage,
)
from apass.rollouts.populations import pilots_of
from apass.rollouts.rules import NAMED, CohortRule, Plan, StageRule

_RECHECK_SECONDS = 1.0
# Who asks about yesterday still finds what held then.
_KEPT_AFTER_ITS_END = timedelta(days=366)
_lock = threading.Lock()
_checked_at = float("-inf")
_cohorts: dict[int, tuple[int, str, CohortRule]] = {}
_plans: dict[int, tuple[int, Plan]] = {}
_by_code: dict[str, tuple[int, Plan]] = {}


def plan_of(code: str) -> tuple[int, Plan] | None:
    """Return the rollout's key and plan as they stood at most a second ago; None when there is none."""
    if time.monotonic() - _checked_at > _RECHECK_SECONDS:
        _refresh()
    return _by_code.get(code)


def forget() -> None:
    """Drop what this process remembers, so that the next question reads the tables."""
    global _checked_at, _cohorts, _plans, _by_code
    with _lock:
        _cohorts, _plans, _by_code, _checked_at = {}, {}, {}, float("-inf")


def recheck() -> None:
    """Have the next question look whether anything has moved."""
    global _checked_at
    _checked_at = float("-inf")


def read_plan(rollout: Rollout) -> Plan:
    """Read one rollout's plan from the tables, whatever this process remembers."""
    return read_plans([rollout])[rollout.pk]


def read_plans(rollouts: list[Rollout]) -> dict[int, Plan]:
    """Read the plans of several rollouts from the tables, by key, in as many queries as of one."""
    stages = RolloutStage.objects.filter(rollout__in=rollouts)
    used = Cohort.objects.filter(pk__in=stages.values("cohort"))
    cohorts = {pk: (code, rule) for pk, (_revision, code, rule) in _read_cohorts(used).items()}
    return _read_plans(rollouts, cohorts)


def plan_at(rollout: Rollout) -> Plan:
    """Return the plan of a rollout just read: what is remembered when it has not moved since."""
    known = _plans.get(rollout.pk)
    return known[1] if known and known[0] == rollout.revision else read_plan(rollout)


def _refresh() -> None:
    global _checked_at, _cohorts, _plans, _by_code
    with _lock:
        if time.monotonic() - _checked_at <= _RECHECK_SECONDS:
            return
        rows = list(Rollout.objects.all())
        cohorts = _fresh_cohorts() if rows else {}
        moved = {pk for pk, found in cohorts.items() if _cohorts.get(pk) is not found}
        users = (
            set(RolloutStage.objects.filter(cohort__in=moved).values_list("rollout_id", flat=True))
            if moved
            else set()
        )
        stale = [
            row
            for row in rows
            if row.pk in users or row.pk not in _plans or _plans[row.pk][0] != row.revision
        ]
        known = {pk: (code, rule) for pk, (_revision, code, rule) in cohorts.items()}
        fresh = _read_plans(stale, known)
        revisions = {row.pk: row.revision for row in stale}
        plans = {
            row.pk: (revisions[row.pk], fresh[row.pk]) if row.pk in fresh else _plans[row.pk]
            for row in rows
        }
        # Swapped whole: other threads read either the old or the new plans, never half of them.
        _cohorts, _plans = cohorts, plans
        _by_code = {plan.code: (pk, plan) for pk, (_revision, plan) in plans.items()}
        _checked_at = time.monotonic()


def _fresh_cohorts() -> dict[int, tuple[int, str, CohortRule]]:
    now = dict(Cohort.objects.values_list("pk", "revision"))
    stale = [pk for pk, revision in now.items() if _cohorts.get(pk, (-1,))[0] != revision]
    kept = {pk: _cohorts[pk] for pk in now if pk not in stale}
    return kept | (_read_cohorts(Cohort.objects.filter(pk__in=stale)) if stale else {})


def _read_cohorts(cohorts: Iterable[Cohort]) -> dict[int, tuple[int, str, CohortRule]]:
    found = list(cohorts)
    lists: dict[int, set[str]] = defaultdict(set)
    for pk, subject in CohortMember.objects.filter(
        cohort__in=[one.pk for one in found if one.is_list]
    ).values_list("cohort_id", "subject"):
        lists[pk].add(subject)
    return {
        one.pk: (
            one.revision,
            one.code,
            CohortRule(keys=frozenset(lists[one.pk]))
            if one.is_list
            else CohortRule(
                tiers=frozenset(one.tiers),
                registered_from=one.registered_from,
                registered_until=one.registered_until,
            ),
        )
        for one in found
    }


def _read_plans(
    rollouts: list[Rollout], cohorts: dict[int, tuple[str, CohortRule]]
) -> dict[int, Plan]:
    if not rollouts:
        return {}
    keys = [row.pk for row in rollouts]
    stages: dict[int, list[StageRule]] = defaultdict(list)
    kinds = {row.pk: row.subject_kind for row in rollouts}
    pilots: dict[str, frozenset[str]] = {}
    for stage in RolloutStage.objects.filter(rollout__in=keys).order_by("position"):
        rule, kind = rule_of(stage, cohorts), kinds[stage.rollout_id]
        if rule.kind == NAMED:
            if kind not in pilots:
                pilots[kind] = pilots_of(kind)
            rule = replace(rule, pilots=pilots[kind])
        stages[stage.rollout_id].append(rule)
    declined: dict[int, set[str]] = defaultdict(set)
    for pk, subject in RolloutDecline.objects.filter(rollout__in=keys).values_list(
        "rollout_id", "subject"
    ):
        declined[pk].add(subject)
    # Of every rollout: also without a step back somebody leaves a tier or a cohort.
    promised: dict[int, dict[str, datetime | None]] = defaultdict(dict)
    running = Q(until=None) | Q(until__gt=timezone.now() - _KEPT_AFTER_ITS_END)
    for pk, subject, until in RolloutPromise.objects.filter(running, rollout__in=keys).values_list(
        "rollout_id", "subject", "until"
    ):
        promised[pk][subject] = until
    return {
        row.pk: Plan(
            code=row.code,
            salt=row.salt,
            kind=row.subject_kind,
            state=row.state,
            reached=row.reached,
            stages=tuple(stages[row.pk]),
            holdout_share=row.holdout_share,
            holdout_released=row.holdout_released_at is not None,
            declined=frozenset(declined[row.pk]),
            promised=dict(promised[row.pk]),
        )
        for row in rollouts
    }


def rule_of(stage: RolloutStage, cohorts: dict[int, tuple[str, CohortRule]]) -> StageRule:
    """Return a stored stage as decisions need it."""
    code, rule = cohorts[stage.cohort_id] if stage.cohort_id else ("", None)
    return StageRule(
        kind=stage.kind,
        name=stage.name,
        keys=frozenset(stage.subjects),
        cohort=rule,
        cohort_code=code,
        share=stage.share,
        tiers=frozenset(stage.tiers),
    )


def cohort_rule(cohort: Cohort | None) -> tuple[str, CohortRule] | None:
    """Return a cohort as decisions need it, read anew."""
    if cohort is None:
        return None
    _revision, code, rule = _read_cohorts([cohort])[cohort.pk]
    return code, rule
