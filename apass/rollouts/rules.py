"""Who is inside a rollout: stable buckets, stages that only widen, guardrails. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

BUCKETS = 10_000
"""A share is counted in hundredths of a percent."""

DRAFT, RUNNING, HELD, BACK, FINISHED = "draft", "running", "held", "back", "finished"
"""A rollout is not begun, widening, kept where it is, taken back to nobody, or finished."""

OPEN_STATES = frozenset({RUNNING, HELD, FINISHED})
"""States in which the stage reached lets people in."""

MOVES: dict[str, frozenset[str]] = {
    DRAFT: frozenset({RUNNING}),
    RUNNING: frozenset({HELD, BACK, FINISHED}),
    HELD: frozenset({RUNNING, BACK}),
    BACK: frozenset({RUNNING}),
    FINISHED: frozenset({BACK}),
}

NAMED, SHARE, TIERS, EVERYBODY = "named", "share", "tiers", "all"
"""What a stage opens to: a list, a share of a cohort, tiers, all."""

TREATED, HOLDOUT, CONTROL = "treated", "holdout", "control"
"""Who was let in, who is kept out on purpose, whose bucket was not drawn yet."""

PROMISED = "promised"
"""Why somebody is in whom no stage lets in: it was promised before."""

AT_MOST, AT_LEAST = "at_most", "at_least"

_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a service is for, and the facts stages ask: ``member:12`` or ``shop:S3001``."""

    key: str
    tier: str = ""
    registered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CohortRule:
    """A list of keys, or a rule over tier and day of registration (from inclusive, until exclusive)."""

    keys: frozenset[str] | None = None
    tiers: frozenset[str] = frozenset()
    registered_from: datetime | None = None
    registered_until: datetime | None = None

    def has(self, subject: Subject) -> bool:
        """Tell whether ``subject`` belongs; who has no day of registration is in no span of days."""
        if self.keys is not None:
            return subject.key in self.keys
        if self.tiers and subject.tier not in self.tiers:
            return False
        if self.registered_from is None and self.registered_until is None:
            return True
        day = subject.registered_at
        return (
            day is not None
            and (self.registered_from is None or day >= self.registered_from)
            and (self.registered_until is None or day < self.registered_until)
        )


@dataclass(frozen=True, slots=True)
class StageRule:
    """One stage. ``share`` is in hundredths of a percent of ``cohort``; without a cohort, of all.

    ``pilots`` are those who are in by themselves where a stage is for named pilots: who is on their
    list now, whatever the stage names beside them.
    """

    kind: str
    name: str = ""
    keys: frozenset[str] = frozenset()
    cohort: CohortRule | None = None
    cohort_code: str = ""
    share: int = 0
    tiers: frozenset[str] = frozenset()
    pilots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """A rollout as decisions need it. ``reached`` stages, from the first, are open; stages add up."""

    code: str
    salt: str
    kind: str
    state: str = DRAFT
    reached: int = 0
    stages: tuple[StageRule, ...] = ()
    holdout_share: int = 0
    holdout_released: bool = False
    declined: frozenset[str] = frozenset()
    promised: Mapping[str, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """In or out, and why: stage, promised, holdout, share, cohort, declined, closed, kind.

    ``until`` is how long a promise lets somebody in whom no stage does; None when it has no end.
    """

    is_in: bool
    why: str
    stage: int = 0
    arm: str = ""
    until: datetime | None = None

    @property
    def is_promised(self) -> bool:
        """Tell whether a promise alone lets them in."""
        return self.why == PROMISED


# Asked by every request of everybody: the same few answers are made once.
_NOT_OF_THE_KIND, _DECLINED = Decision(False, "kind"), Decision(False, "declined")
_CLOSED, _NOT_MEANT = Decision(False, "closed"), Decision(False, "cohort")
_HELD_OUT = Decision(False, "holdout", 0, HOLDOUT)
_NOT_DRAWN = Decision(False, "share", 0, CONTROL)


@cache
def _let_in(position: int) -> Decision:
    return Decision(True, "stage", position, TREATED)


def bucket(salt: str, subject: str) -> int:
    """Return the place 0–9999 of ``subject``: the same on every run, machine and in SQL.

    The first 48 bits of SHA-256 of ``salt:subject`` (UTF-8), modulo 10,000.
    """
    digest = hashlib.sha256(f"{salt}:{subject}".encode()).digest()
    return int.from_bytes(digest[:6]) % BUCKETS


def is_held_out(plan: Plan, subject: str) -> bool:
    """Tell whether ``subject`` stays outside at every stage; drawn by a hash of its own."""
    if plan.holdout_released or not plan.holdout_share:
        return False
    return bucket(f"{plan.salt}:holdout", subject) < plan.holdout_share


def decide(plan: Plan, subject: Subject, now: datetime) -> Decision:
    """Decide about ``subject``. What was promised holds after a step back; who declined is out."""
    if not subject.key.startswith(plan.kind + ":"):
        return _NOT_OF_THE_KIND
    if subject.key in plan.declined:
        return _DECLINED
    reached = plan.stages[: plan.reached] if plan.state in OPEN_STATES else ()
    held_out = is_held_out(plan, subject.key)
    if not held_out:
        place = -1  # drawn once, and only where a share asks for it
        for position, stage in enumerate(reached, start=1):
            if stage.kind == SHARE and place < 0:
                place = bucket(plan.salt, subject.key)
            if _lets_in(stage, subject, place):
                return _let_in(position)
    if _is_promised(plan, subject.key, now):
        return Decision(True, PROMISED, 0, TREATED, plan.promised[subject.key])
    if not reached:
        return _CLOSED
    return _outside(reached, subject, held_out=held_out)


def _outside(reached: Sequence[StageRule], subject: Subject, *, held_out: bool) -> Decision:
    """Say why somebody is out; who could have been drawn is compared with those who were."""
    meant = any(_means(stage, subject) for stage in reached)
    if held_out and meant:
        return _HELD_OUT
    return _NOT_DRAWN if meant else _NOT_MEANT


def _is_promised(plan: Plan, key: str, now: datetime) -> bool:
    if key not in plan.promised:
        return False
    until = plan.promised[key]
    return until is None or until > now


def _lets_in(stage: StageRule, subject: Subject, place: int) -> bool:
    if stage.kind == SHARE:
        return place < stage.share and _means(stage, subject)
    return _means(stage, subject)


def _means(stage: StageRule, subject: Subject) -> bool:
    match stage.kind:
        case "named":
            listed = subject.key in stage.keys or subject.key in stage.pilots
            return listed or (stage.cohort is not None and stage.cohort.has(subject))
        case "share":
            return stage.cohort is None or stage.cohort.has(subject)
        case "tiers":
            return subject.tier in stage.tiers
        case _:
            return True


def shrinks(earlier: Sequence[StageRule], later: StageRule) -> bool:
    """Tell whether ``later``, read as it is written, takes somebody out or lets nobody new in.

    Nothing comes after all. Lists, shares and tiers are compared with those before: a share of the
    same people, or of part of them, must grow; a list keeps the names it repeats; tiers are added to.
    """
    return any(_narrows(stage, later) for stage in earlier)


def _narrows(before: StageRule, later: StageRule) -> bool:
    if before.kind == EVERYBODY:
        return True
    if later.kind != before.kind:
        return False
    if later.kind == SHARE:
        if _covers(before.cohort, later.cohort) and later.share <= before.share:
            return True
        return _covers(later.cohort, before.cohort) and later.share < before.share
    if later.kind == TIERS:
        return not later.tiers > before.tiers
    return _list_narrows(before, later)


def _list_narrows(before: StageRule, later: StageRule) -> bool:
    """A list of others adds them; one that repeats some names and leaves others out takes those out."""
    adds_no_cohort = later.cohort is None or (
        before.cohort is not None and _covers(before.cohort, later.cohort)
    )
    if later.keys <= before.keys and adds_no_cohort:
        return True
    return bool(later.keys & before.keys) and not before.keys <= later.keys


def _covers(wide: CohortRule | None, narrow: CohortRule | None) -> bool:
    """Tell whether everybody of ``narrow`` is of ``wide`` for certain; None is everybody."""
    if wide is None:
        return True
    if narrow is None:
        return False
    if wide.keys is not None or narrow.keys is not None:
        return wide.keys is not None and narrow.keys is not None and narrow.keys <= wide.keys
    return (
        (not wide.tiers or (bool(narrow.tiers) and narrow.tiers <= wide.tiers))
        and (wide.registered_from or _EVER) <= (narrow.registered_from or _EVER)
        and (narrow.registered_until or _NEVER) <= (wide.registered_until or _NEVER)
    )


def trips(direction: str, threshold: float, measured: float | None) -> bool:
    """Tell whether a guardrail trips; exactly at the threshold it holds, unmeasured it holds."""
    if measured is None:
        return False
    return measured > threshold if direction == AT_MOST else measured < threshold
