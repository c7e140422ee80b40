"""How a rollout moves: proposed by one, approved by another; held, taken back, finished."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from apass.actions.stages import locked
from apass.models import MetricSnapshot, Rollout, StageChange
from apass.models.rollouts import ChangeState, RolloutState, StageKind
from apass.rollouts import rules
from apass.rollouts.metrics import metrics_of, observe
from apass.rollouts.snapshot import recheck
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right

GUARDRAILS = "rollout.guardrails"
WATCHED = frozenset({RolloutState.RUNNING, RolloutState.HELD})


def propose_stage(
    rollout: Rollout, *, by: User, reason: str, now: datetime | None = None
) -> StageChange:
    """Propose the next stage, with the figures of every metric on every side as they are now.

    They are measured before anything is locked: whoever is decided about meanwhile does not wait.
    Raises ``forbidden``, ``rollout.held``, ``rollout.finished``, ``rollout.at_the_end``,
    ``rollout.waiting``, and ``rollout.no_figures`` when nobody measures anything of these subjects.
    """
    require_right(by, "rollouts.manage")
    moment = now or timezone.now()
    _require_next(Rollout.objects.get(pk=rollout.pk))
    figures = _figures(rollout, moment)
    if not figures:
        raise DomainError(
            "rollout.no_figures",
            _("Nobody measures anything of these subjects: no step can be judged."),
        )
    return _propose(rollout, figures, by=by, reason=reason, now=moment)


@transaction.atomic
def _propose(
    rollout: Rollout, figures: list[MetricSnapshot], *, by: User, reason: str, now: datetime
) -> StageChange:
    rollout = locked(rollout)
    _require_next(rollout)
    change = StageChange.objects.create(
        rollout=rollout,
        from_stage=rollout.reached,
        to_stage=rollout.reached + 1,
        proposed_by=by,
        proposed_at=now,
        reason=reason,
    )
    for figure in figures:
        figure.change = change
    MetricSnapshot.objects.bulk_create(figures)
    record(
        rollout,
        "rollout.proposed",
        by=by,
        before={"stage": change.from_stage},
        after={"stage": change.to_stage},
        reason=reason,
        at=now,
    )
    return change


def _require_next(rollout: Rollout) -> None:
    """Raise unless a next stage may be proposed."""
    if rollout.state in {RolloutState.HELD, RolloutState.FINISHED}:
        raise DomainError(
            f"rollout.{rollout.state}", _("It does not widen as it stands. Let it go on first.")
        )
    if rollout.reached >= rollout.stages.count():
        raise DomainError("rollout.at_the_end", _("There is no further stage."))
    if rollout.changes.filter(state=ChangeState.WAITING).exists():
        raise DomainError("rollout.waiting", _("A step is waiting for a second person already."))


@transaction.atomic
def approve_stage(
    rollout: Rollout, *, by: User, reason: str, now: datetime | None = None
) -> StageChange:
    """Open the proposed stage. Of two who approve at once one does, the other is told.

    Raises ``forbidden``, ``rollout.nothing_waits`` and ``rollout.own_proposal``.
    """
    require_right(by, "rollouts.approve")
    rollout = locked(rollout)
    moment = now or timezone.now()
    change = _decide(rollout, ChangeState.APPROVED, by=by, now=moment)
    before = rollout.reached
    _stand(rollout, RolloutState.RUNNING, change.to_stage, moment)
    record(
        rollout,
        "rollout.widened",
        by=by,
        before={"stage": before},
        after={"stage": change.to_stage},
        reason=reason,
        at=now,
    )
    return change


@transaction.atomic
def reject_stage(
    rollout: Rollout, *, by: User, reason: str, now: datetime | None = None
) -> StageChange:
    """Reject the proposed stage; its author withdraws it so. Raises as :func:`approve_stage`."""
    require_right(by, "rollouts.manage")
    rollout = locked(rollout)
    change = _decide(rollout, ChangeState.REJECTED, by=by, now=now or timezone.now())
    record(
        rollout, "rollout.rejected", by=by, before={"stage": change.to_stage}, reason=reason, at=now
    )
    return change


@transaction.atomic
def hold(rollout: Rollout, *, by: User | None, reason: str, now: datetime | None = None) -> None:
    """Keep it at its stage: who is in stays in, nobody is added. Raises ``forbidden``, ``rollout.bad_move``."""
    require_right(by, "rollouts.manage")
    rollout = _movable(rollout, RolloutState.HELD)
    moment = now or timezone.now()
    _drop_waiting(rollout, moment)
    _stand(rollout, RolloutState.HELD, rollout.reached, moment, stage_since=rollout.stage_since)
    record(rollout, "rollout.held", by=by, reason=reason, at=now)


@transaction.atomic
def resume(rollout: Rollout, *, by: User | None, reason: str, now: datetime | None = None) -> None:
    """Let a held rollout widen again; it stays at its stage. Raises ``forbidden``, ``rollout.bad_move``."""
    require_right(by, "rollouts.approve")
    rollout = locked(rollout)
    if rollout.state != RolloutState.HELD:
        raise _bad_move()
    _stand(rollout, RolloutState.RUNNING, rollout.reached, now or timezone.now())
    record(rollout, "rollout.resumed", by=by, reason=reason, at=now)


@transaction.atomic
def roll_back(
    rollout: Rollout,
    *,
    to_stage: int = 0,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> None:
    """Take it back to an earlier stage, at once and by one person; 0 lets nobody in any more.

    Promises given hold. Raises ``forbidden`` and ``rollout.bad_move``.
    """
    require_right(by, "rollouts.manage")
    rollout = locked(rollout)
    if rollout.state not in rules.OPEN_STATES or not 0 <= to_stage < rollout.reached:
        raise _bad_move()
    step_back(rollout, to_stage, now or timezone.now())
    record(
        rollout,
        "rollout.rolled_back",
        by=by,
        before={"stage": rollout.reached},
        after={"stage": to_stage},
        reason=reason,
        at=now,
    )


@transaction.atomic
def finish(rollout: Rollout, *, by: User | None, reason: str, now: datetime | None = None) -> None:
    """Declare it open to all for good; the holdout stays out until it is let in.

    Raises ``forbidden``, ``rollout.bad_move`` and ``rollout.not_through``.
    """
    require_right(by, "rollouts.approve")
    rollout = _movable(rollout, RolloutState.FINISHED)
    last = rollout.stages.order_by("position").last()
    if last is None or last.kind != StageKind.EVERYBODY or rollout.reached < last.position:
        raise DomainError("rollout.not_through", _("It is not open to all yet."))
    _stand(rollout, RolloutState.FINISHED, rollout.reached, now or timezone.now())
    record(rollout, "rollout.finished", by=by, reason=reason, at=now)


@transaction.atomic
def release_holdout(
    rollout: Rollout, *, by: User | None, reason: str, now: datetime | None = None
) -> None:
    """Let in who was kept outside, once it is finished. Raises ``forbidden``, ``rollout.bad_move``."""
    require_right(by, "rollouts.approve")
    rollout = locked(rollout)
    if rollout.state != RolloutState.FINISHED or rollout.holdout_released_at:
        raise _bad_move()
    Rollout.objects.filter(pk=rollout.pk).update(
        holdout_released_at=now or timezone.now(), revision=F("revision") + 1
    )
    transaction.on_commit(recheck)
    record(rollout, "rollout.holdout_released", by=by, reason=reason, at=now)


def step_back(rollout: Rollout, to_stage: int, now: datetime) -> None:
    """Stand at an earlier stage, held, or at none; a step that waits is not taken any more."""
    _drop_waiting(rollout, now)
    state = RolloutState.HELD if to_stage else RolloutState.BACK
    _stand(rollout, state, to_stage, now, stepped_back_at=now)


def _stand(
    rollout: Rollout, state: str, stage: int, now: datetime, **also: datetime | None
) -> None:
    """Stand at ``stage`` from now on, or since then (``stage_since``); the clock watches while it is open."""
    fields = {"stage_since": now} | also
    Rollout.objects.filter(pk=rollout.pk).update(
        state=state, reached=stage, revision=F("revision") + 1, **fields
    )
    transaction.on_commit(recheck)
    if state in WATCHED:
        watch_on(rollout.pk, now)
    else:
        drop_deadline(GUARDRAILS, str(rollout.pk))


def watch_on(rollout_id: int, now: datetime) -> None:
    """Have the clock measure its guardrails again in a while, as long as it is open."""
    state = Rollout.objects.values_list("state", flat=True).get(pk=rollout_id)
    if state in WATCHED:
        set_deadline(GUARDRAILS, str(rollout_id), now + value("rollout.guardrail_every", now))


def _decide(rollout: Rollout, state: str, *, by: User, now: datetime) -> StageChange:
    change = rollout.changes.filter(state=ChangeState.WAITING).first()
    if change is None:
        raise DomainError("rollout.nothing_waits", _("No step is waiting to be decided."))
    if state == ChangeState.APPROVED and change.proposed_by_id == by.pk:
        raise DomainError(
            "rollout.own_proposal", _("A second person decides: this is your own proposal.")
        )
    done = StageChange.objects.filter(pk=change.pk, state=ChangeState.WAITING).update(
        state=state, decided_by=by, decided_at=now
    )
    if not done:
        raise DomainError("rollout.nothing_waits", _("No step is waiting to be decided."))
    return change


def _drop_waiting(rollout: Rollout, now: datetime) -> None:
    rollout.changes.filter(state=ChangeState.WAITING).update(
        state=ChangeState.REJECTED, decided_at=now
    )


def _movable(rollout: Rollout, to_state: str) -> Rollout:
    rollout = locked(rollout)
    if to_state not in rules.MOVES[rollout.state]:
        raise _bad_move()
    return rollout


def _bad_move() -> DomainError:
    return DomainError("rollout.bad_move", _("This cannot be done as the rollout stands now."))


def _figures(rollout: Rollout, now: datetime) -> list[MetricSnapshot]:
    """Measure size, mean and spread of every metric on every side; of what nobody records, nothing."""
    span = value("rollout.observed", now)
    return [
        MetricSnapshot(
            metric=known.code,
            arm=arm,
            size=sample.size,
            mean=sample.mean,
            spread=sample.spread,
            at=now,
        )
        for known in metrics_of(rollout.subject_kind)
        if known.is_measured
        for arm, sample in observe(rollout, known, now, span=span).items()
    ]
