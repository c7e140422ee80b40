"""What a rollout is made of: stages that only widen, and guardrails."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from apass.actions.cohorts import keys_or_refusal, require_part
from apass.models import Cohort, Guardrail, Rollout, RolloutStage
from apass.models.rollouts import Direction, RolloutState
from apass.rollouts import rules
from apass.rollouts.features import feature
from apass.rollouts.metrics import metric_named
from apass.rollouts.populations import counted
from apass.rollouts.rules import StageRule
from apass.rollouts.snapshot import cohort_rule, read_plan, recheck
from common.errors import DomainError
from common.history import record
from common.rights import require_right


@transaction.atomic
def open_rollout(
    code: str,
    name: str,
    *,
    kind: str,
    subject_kind: str,
    holdout_share: int = 0,
    owner: User | None = None,
    by: User | None,
    now: datetime | None = None,
) -> Rollout:
    """Begin a rollout that lets nobody in yet. What it is of is closed to all from now on.

    Raises ``forbidden``, ``rollout.taken``, ``rollout.other_kind`` and ``rollout.holdout_too_large``.
    """
    require_right(by, "rollouts.manage")
    declared = feature(code)
    if declared is not None and declared.kind != subject_kind:
        # It would be closed to everybody at once: nobody who asks is of that kind.
        raise DomainError(
            "rollout.other_kind", _("This function is not opened to these, but to others.")
        )
    if not 0 <= holdout_share <= rules.BUCKETS // 2:
        raise DomainError("rollout.holdout_too_large", _("At most half may be kept outside."))
    moment = now or timezone.now()
    try:
        with transaction.atomic():
            rollout = Rollout.objects.create(
                code=code,
                name=name,
                kind=kind,
                subject_kind=subject_kind,
                salt=f"{code}:{secrets.token_hex(8)}",
                owner=owner or by,
                holdout_share=holdout_share,
                made_at=moment,
            )
    except IntegrityError:
        raise DomainError("rollout.taken", _("There is a rollout of this code already.")) from None
    transaction.on_commit(recheck)
    record(rollout, "rollout.opened", by=by, after={"code": code, "name": name}, at=now)
    return rollout


@transaction.atomic
def add_stage(
    rollout: Rollout,
    name: str,
    *,
    kind: str,
    cohort: Cohort | None = None,
    share: int = 0,
    tiers: Sequence[str] = (),
    numbers: Sequence[str] = (),
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> RolloutStage:
    """Add a stage at the end; who is in before stays in. ``share`` in hundredths of a percent.

    Raises ``forbidden``, ``rollout.stage_incomplete``, ``rollout.stage_says_more``, ``rollout.other_subjects``,
    ``rollout.unknown_subject``, ``rollout.shrinks``, ``rollout.matches_nobody`` and
    ``rollout.matches_everybody``.
    """
    require_right(by, "rollouts.manage")
    rollout = locked(rollout)
    if cohort is not None and cohort.subject_kind != rollout.subject_kind:
        raise DomainError(
            "rollout.other_subjects", _("This cohort is of others than the rollout is for.")
        )
    keys = keys_or_refusal(rollout.subject_kind, numbers) if numbers else []
    known = cohort_rule(cohort)
    stage = StageRule(
        kind=kind,
        name=name,
        keys=frozenset(keys),
        cohort=known[1] if known else None,
        cohort_code=known[0] if known else "",
        share=share,
        tiers=frozenset(tiers),
    )
    _require_complete(stage)
    _require_one_kind(stage)
    earlier = read_plan(rollout).stages
    if rules.shrinks(earlier, stage):
        raise DomainError(
            "rollout.shrinks",
            _("Stages only widen: as written, this one would take somebody out."),
        )
    require_part(rollout.subject_kind, stage)
    made = RolloutStage.objects.create(
        rollout=rollout,
        position=len(earlier) + 1,
        name=name,
        kind=kind,
        cohort=cohort,
        share=share,
        tiers=sorted(tiers),
        subjects=keys,
    )
    changed(rollout)
    record(
        rollout,
        "rollout.stage_added",
        by=by,
        after={"stage": made.position, "name": name},
        reason=reason,
        at=now,
    )
    _count(rollout, now or timezone.now())
    return made


@transaction.atomic
def drop_stage(
    rollout: Rollout, *, by: User | None, reason: str, now: datetime | None = None
) -> None:
    """Take the last stage away; one that is open already stays.

    Raises ``forbidden``, ``rollout.no_stage`` and ``rollout.stage_reached``.
    """
    require_right(by, "rollouts.manage")
    rollout = locked(rollout)
    last = rollout.stages.order_by("position").last()
    if last is None:
        raise DomainError("rollout.no_stage", _("There is no stage."))
    waits = rollout.changes.filter(state="waiting", to_stage__gte=last.position).exists()
    if last.position <= rollout.reached or waits:
        raise DomainError(
            "rollout.stage_reached", _("This stage is open, or proposed: it stays as it is.")
        )
    name = last.name
    last.delete()
    changed(rollout)
    record(rollout, "rollout.stage_dropped", by=by, before={"name": name}, reason=reason, at=now)


@transaction.atomic
def count_stages(rollout: Rollout, *, by: User | None, now: datetime | None = None) -> list[int]:
    """Count anew how many are in at each stage; return the counts. Raises ``forbidden``."""
    require_right(by, "rollouts.manage")
    return _count(locked(rollout), now or timezone.now())


@transaction.atomic
def add_guardrail(
    rollout: Rollout,
    metric: str,
    *,
    direction: str,
    threshold: float,
    window: timedelta,
    smallest: int,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> Guardrail:
    """Declare a figure of those let in at which the rollout steps back.

    Raises ``forbidden``, ``guardrail.not_measured``, ``guardrail.bad`` and ``guardrail.taken``.
    """
    require_right(by, "rollouts.manage")
    rollout = locked(rollout)
    known = metric_named(metric)
    if known is None or not known.is_measured or rollout.subject_kind not in known.kinds:
        raise DomainError("guardrail.not_measured", _("Nobody measures this yet."))
    if window <= timedelta(0) or smallest < 1 or direction not in Direction.values:
        raise DomainError("guardrail.bad", _("A window and a sample above zero are needed."))
    try:
        with transaction.atomic():
            made = Guardrail.objects.create(
                rollout=rollout,
                metric=metric,
                direction=direction,
                threshold=threshold,
                window=window,
                smallest=smallest,
            )
    except IntegrityError:
        raise DomainError("guardrail.taken", _("There is such a guardrail already.")) from None
    record(
        rollout,
        "rollout.guardrail_added",
        by=by,
        after={"metric": metric, "direction": direction, "threshold": threshold},
        reason=reason,
        at=now,
    )
    return made


@transaction.atomic
def drop_guardrail(
    rollout: Rollout,
    guardrail: Guardrail,
    *,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> None:
    """Take a guardrail away. Raises ``forbidden``, and ``guardrail.needed`` while it widens."""
    require_right(by, "rollouts.manage")
    rollout = locked(rollout)
    if rollout.state == RolloutState.RUNNING:
        raise DomainError("guardrail.needed", _("Hold the rollout first."))
    gone = rollout.guardrails.filter(pk=guardrail.pk).delete()[0]
    if gone:
        record(
            rollout,
            "rollout.guardrail_dropped",
            by=by,
            before={"metric": guardrail.metric, "threshold": guardrail.threshold},
            reason=reason,
            at=now,
        )


def locked(rollout: Rollout) -> Rollout:
    """Return the rollout as it is now, locked: every move of one rollout waits for the one before."""
    return Rollout.objects.select_for_update().get(pk=rollout.pk)


def changed(rollout: Rollout) -> None:
    """Have every process read the rollout anew."""
    Rollout.objects.filter(pk=rollout.pk).update(revision=F("revision") + 1)
    transaction.on_commit(recheck)


def pilots_changed(kind: str) -> None:
    """Have every process read the rollouts of ``kind`` anew: the list of its pilots has changed."""
    Rollout.objects.filter(subject_kind=kind).update(revision=F("revision") + 1)
    transaction.on_commit(recheck)


def _count(rollout: Rollout, now: datetime) -> list[int]:
    plan = read_plan(rollout)
    if not plan.stages:
        return []
    _all, _means, opened = counted(plan.kind, plan.salt, plan.stages, plan.holdout_share)
    rows = list(rollout.stages.order_by("position"))
    for stage, count in zip(rows, opened, strict=True):
        stage.counted, stage.counted_at = count, now
    RolloutStage.objects.bulk_update(rows, ["counted", "counted_at"])
    return opened


def _require_complete(stage: StageRule) -> None:
    says = {
        rules.NAMED: bool(stage.keys) or stage.cohort is not None,
        rules.SHARE: 1 <= stage.share <= rules.BUCKETS,
        rules.TIERS: bool(stage.tiers),
        rules.EVERYBODY: True,
    }
    if not says.get(stage.kind, False):
        raise DomainError(
            "rollout.stage_incomplete",
            _("Say to whom: a list or a cohort, a share above 0 and up to 100 %, or tiers."),
        )


def _require_one_kind(stage: StageRule) -> None:
    """Refuse what another kind of stage says: it would be left out without a word."""
    says = {
        "numbers": bool(stage.keys) and stage.kind != rules.NAMED,
        "cohort": stage.cohort is not None and stage.kind not in (rules.NAMED, rules.SHARE),
        "share": bool(stage.share) and stage.kind != rules.SHARE,
        "tiers": bool(stage.tiers) and stage.kind != rules.TIERS,
    }
    more = [name for name, is_said in says.items() if is_said]
    if more:
        raise DomainError(
            "rollout.stage_says_more",
            _(
                "A stage says one thing: a list or cohort, a share, tiers, or all. Leave the rest empty."
            ),
            more=more,
        )
