"""The decision of a case and what follows: measures begin, the public notice, the end."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.calendars import is_workday
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.words import last_day_words
from merchants.actions.case_ratings import stop_counting
from merchants.actions.cases import (
    DECIDE,
    hold_case,
    move,
    require_house,
    require_reason,
    require_state,
    tell_shop,
)
from merchants.actions.limits import refresh_limits
from merchants.actions.points import balance_of, post_points
from merchants.actions.violations import (
    drop_clocks,
    fail_exam,
    refuse_finder,
    require_items,
    require_points,
)
from merchants.models import (
    EndReason,
    Measure,
    Penalty,
    PointsCause,
    Violation,
    ViolationState,
)
from merchants.penalties import rules
from merchants.queries.penalties import nodes_at, settled, spam_cap_left, standing_of

BEGIN = "penalty.begin"
END = "penalty.end"
NOTICE = "penalty.notice"


@transaction.atomic
def decide_violation(
    violation: Violation,
    *,
    points: object = None,
    items: int | None = None,
    reason: str,
    by: User | None,
    now: datetime | None = None,
) -> Penalty:
    """Decide a case, after the statement period or in an emergency: points, node, measures, dates.

    ``points`` and ``items`` are those of the case when left out. Of several nodes met the heaviest runs.
    Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``violation.same_person`` (as
    whoever found it), ``violation.cannot_move``, ``violation.statement_open``, ``violation.exam_open``,
    ``violation.points_out_of_range``, ``violation.bad_items``.
    """
    person = require_house(violation.shop, by, DECIDE)
    why = require_reason(reason)
    violation, now = hold_case(violation, now)
    refuse_finder(violation, person)
    require_state(violation, ViolationState.NOTICED)
    _require_heard(violation, now)
    violation.points = require_points(
        violation.rule_version, violation.points if points is None else points
    )
    violation.items = require_items(violation.items if items is None else items, violation.points)
    penalty = _judge(violation, why, person, now)
    move(
        violation, ViolationState.DECIDED, "violation.decided", by=person, now=now, reason=why,
        also={"penalty_points": penalty.points, "node": penalty.node, "until": penalty.until},
        decided_at=now, points=violation.points, items=violation.items,
    )  # fmt: skip
    drop_clocks(violation)
    tell_shop(
        violation,
        _("%(shop)s: case %(no)s is decided, %(points)s points"),
        _("See why, what follows and what restores. You may appeal until %(until)s."),
        dedupe="decided",
        now=now,
        points=penalty.points,
        until=last_day_words(penalty.appeal_until),
    )
    if not penalty.node:
        stop_counting(penalty, now=now)
        return close_penalty(penalty, EndReason.POINTS_ALONE, by=person, now=now)
    set_deadline(NOTICE, penalty, _published_by(penalty))
    if penalty.starts_at > now:
        set_deadline(BEGIN, penalty, penalty.starts_at)
        return penalty
    return begin_penalty(penalty, now=now)


@transaction.atomic
def begin_penalty(penalty: Penalty, *, now: datetime) -> Penalty:
    """Put the measures of a decision into force. Nothing when it is too early, or the case moved on."""
    violation, now = hold_case(penalty.violation, now)
    penalty = violation.penalty
    if violation.state != ViolationState.DECIDED or penalty.starts_at > now:
        return penalty
    penalty.begun_at = now
    penalty.save(update_fields=["begun_at"])
    move(
        violation, ViolationState.EXECUTING, "violation.executing", by=None, now=now,
        also={"measures": _kinds(penalty), "until": penalty.until},
    )  # fmt: skip
    refresh_limits(violation.shop, now=now, by=None)
    stop_counting(penalty, now=now)
    if penalty.until is not None:
        set_deadline(END, penalty, penalty.until)
    return penalty


@transaction.atomic
def end_period(penalty: Penalty, *, now: datetime) -> Penalty:
    """End a penalty whose time is over; when something is missing (correction, exam) the shop is told.

    Nothing when the time is not over, or the case moved on.
    """
    violation, now = hold_case(penalty.violation, now)
    penalty = violation.penalty
    if violation.state != ViolationState.EXECUTING:
        return penalty
    missing = standing_of(penalty).missing(now)
    if "period" in missing:
        return penalty
    if not missing:
        return close_penalty(penalty, EndReason.PERIOD, by=None, now=now)
    record(violation, "penalty.period_over", by=None, after={"missing": missing}, at=now)
    tell_shop(
        violation,
        _("%(shop)s: the time of case %(no)s is over, something is missing"),
        _("It ends as soon as what was wrong is corrected and the exam is passed."),
        dedupe="period_over",
        now=now,
    )
    return penalty


@transaction.atomic
def confirm_correction(
    penalty: Penalty, *, by: User | None, reason: str, now: datetime | None = None
) -> Penalty:
    """Confirm that the shop has put right what was wrong; a second call changes nothing.

    Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``violation.cannot_move``.
    """
    person = require_house(penalty.shop, by, DECIDE)
    why = require_reason(reason)
    violation, now = hold_case(penalty.violation, now)
    penalty = violation.penalty
    require_state(violation, ViolationState.DECIDED, ViolationState.EXECUTING)
    if penalty.corrected_at is not None:
        return penalty
    penalty.corrected_at = now
    penalty.save(update_fields=["corrected_at"])
    record(
        violation, "penalty.corrected", by=person, after={"corrected_at": now}, reason=why, at=now
    )
    return end_period(penalty, now=now)


@transaction.atomic
def record_exam(
    violation: Violation, score: int, *, by: User | None, reason: str, now: datetime | None = None
) -> Violation:
    """Write down how the shop did in an exam, of 100: in place of the penalty, or to be restored.

    Passed in place of the penalty, the case ends without points; failed, it is decided. Raises
    ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``exam.bad_score``, ``exam.none``.
    """
    person = require_house(violation.shop, by, DECIDE)
    why = require_reason(reason)
    if not 0 <= score <= 100:
        raise DomainError("exam.bad_score", _("An exam has 0 to 100 points."))
    violation, now = hold_case(violation, now)
    passed = score >= value("penalty.exam_pass", violation.detected_at)
    facts = {"exam_score": score, "passed": passed}
    if _waits_for_exam(violation, now):
        record(violation, "violation.exam_taken", by=person, after=facts, reason=why, at=now)
        if passed:
            _end_by_exam(violation, person, now)
        else:
            fail_exam(violation, now=now)
        return violation
    if violation.state not in {ViolationState.DECIDED, ViolationState.EXECUTING}:
        raise DomainError("exam.none", _("No exam is asked for in this case."))
    penalty = violation.penalty
    before = {"exam_score": penalty.exam_score}
    penalty.exam_score = score
    if passed and penalty.exam_passed_at is None:
        penalty.exam_passed_at = now
    penalty.save(update_fields=["exam_score", "exam_passed_at"])
    record(
        violation, "penalty.exam_taken", by=person, before=before, after=facts, reason=why, at=now
    )
    end_period(penalty, now=now)
    violation.refresh_from_db()
    return violation


@transaction.atomic
def lift_penalty(
    penalty: Penalty, *, by: User | None, reason: str, now: datetime | None = None
) -> Penalty:
    """End a penalty before its time (解除); the points stay.

    Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``violation.same_person`` (as
    whoever found it), ``violation.cannot_move``.
    """
    person = require_house(penalty.shop, by, DECIDE)
    why = require_reason(reason)
    violation, now = hold_case(penalty.violation, now)
    refuse_finder(violation, person)
    require_state(violation, ViolationState.DECIDED, ViolationState.EXECUTING)
    return close_penalty(violation.penalty, EndReason.LIFTED, by=person, now=now, reason=why)


@transaction.atomic
def publish_notice(
    penalty: Penalty, *, by: User | None, reason: str = "", now: datetime | None = None
) -> Penalty:
    """Make a penalty public (公示): shop, act and measures, until it ends. By None: the clock.

    A second call changes nothing. Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``,
    ``penalty.nothing_public`` (no measures, or over).
    """
    why = ""
    if by is not None:
        require_house(penalty.shop, by, DECIDE)
        why = require_reason(reason)
    violation, now = hold_case(penalty.violation, now)
    penalty = violation.penalty
    if penalty.published_at is not None:
        return penalty
    if penalty.ended_at is not None or not penalty.node:
        raise DomainError("penalty.nothing_public", _("There is no measure to make public."))
    penalty.published_at = now
    penalty.save(update_fields=["published_at"])
    drop_deadline(NOTICE, penalty)
    after = {"published_at": now}
    record(violation, "penalty.published", by=by, after=after, reason=why, at=now)
    return penalty


def close_penalty(
    penalty: Penalty, why: str, *, by: User | None, now: datetime, reason: str = ""
) -> Penalty:
    """End a held penalty with everything that runs under it: measures, public notice, timers. Inside others."""
    violation = penalty.violation
    penalty.ended_at = now
    if penalty.published_at is not None and penalty.withdrawn_at is None:
        penalty.withdrawn_at = now
    penalty.save(update_fields=["ended_at", "withdrawn_at"])
    penalty.measures.filter(ended_at=None).update(ended_at=now)
    move(
        violation, ViolationState.ENDED, "violation.ended", by=by, now=now, reason=reason,
        also={"measures": []}, ended_why=why,
    )  # fmt: skip
    for kind in (BEGIN, END, NOTICE):
        drop_deadline(kind, penalty)
    refresh_limits(violation.shop, now=now, by=by)
    if why != EndReason.POINTS_ALONE:
        tell_shop(
            violation, _("%(shop)s: what followed from case %(no)s has ended"),
            dedupe="ended", now=now,
        )  # fmt: skip
    return penalty


def _judge(violation: Violation, why: str, person: User, now: datetime) -> Penalty:
    """Make the penalty of a held case: what it costs, what it meets, from when until when."""
    opened, klass = violation.detected_at, violation.violation_class
    total = rules.cost(violation.points, violation.items, spam_cap_left(violation, opened))
    is_strike = klass == rules.C and total >= value("penalty.strike_points", opened)
    balance = balance_of(violation.shop_id, klass, now)
    charge = rules.Charge(violation.pk, now, total, is_strike)
    replayed, _sum = settled(violation.shop_id, klass, now, charge, opened)
    met = replayed[violation.pk]
    node = next((one for one in nodes_at(opened) if one.code == met.node), None)
    starts = now + value("penalty.begins_after", opened) if node else now
    heard = violation.statement_due_at
    assert heard is not None
    penalty = Penalty.objects.create(
        violation=violation,
        shop=violation.shop,
        points=total,
        points_before=met.before,
        is_strike=is_strike,
        node=met.node,
        reason=why,
        decided_by=person,
        decided_at=now,
        heard_at=heard,
        is_emergency=violation.emergency_at is not None and now < heard,
        starts_at=starts,
        until=starts + node.lasts if node and node.lasts else None,
        notice_due_at=_notice_due(now, opened) if node else None,
        appeal_until=rules.end_of_day(now, value("appeal.days", opened)),
    )
    violation.penalty = penalty
    Measure.objects.bulk_create(
        Measure(
            shop=violation.shop, kind=kind, penalty=penalty, starts_at=starts, until=penalty.until
        )
        for kind in (node.measures if node else ())
    )
    post_points(balance, total, PointsCause.DECISION, str(violation.pk), penalty, now)
    return penalty


def _require_heard(violation: Violation, now: datetime) -> None:
    is_emergency = violation.emergency_at is not None
    # A shop's choice of an exam does not make wait what two people have found urgent.
    if not is_emergency and violation.exam_due_at is not None and now < violation.exam_due_at:
        raise DomainError(
            "violation.exam_open", _("The shop has chosen an exam; its time is not over.")
        )
    due = violation.statement_due_at
    if not is_emergency and (due is None or now < due):
        raise DomainError(
            "violation.statement_open",
            _("The shop may state its side until %(until)s; nothing is decided before.")
            % {"until": last_day_words(due) if due else ""},
            until=due.isoformat() if due else "",
        )


def _waits_for_exam(violation: Violation, now: datetime) -> bool:
    due = violation.exam_due_at
    return violation.state == ViolationState.NOTICED and due is not None and now < due


def _end_by_exam(violation: Violation, person: User, now: datetime) -> None:
    move(
        violation, ViolationState.ENDED, "violation.ended", by=person, now=now,
        ended_why=EndReason.EXAM,
    )  # fmt: skip
    drop_clocks(violation)
    tell_shop(
        violation, _("%(shop)s: the exam is passed, case %(no)s has no penalty"),
        dedupe="exam", now=now,
    )  # fmt: skip


def _notice_due(now: datetime, opened: datetime) -> datetime:
    return rules.end_of_workday(now, value("penalty.notice_workdays", opened), is_workday)


def _published_by(penalty: Penalty) -> datetime:
    """Return when the clock publishes a notice that nobody has published: in time, not just after it."""
    assert penalty.notice_due_at is not None
    return penalty.notice_due_at - value("penalty.notice_lead", penalty.decided_at)


def _kinds(penalty: Penalty) -> list[str]:
    return list(penalty.measures.filter(ended_at=None).values_list("kind", flat=True))
