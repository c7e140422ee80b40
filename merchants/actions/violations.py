"""A case before its decision: found, told, stated upon, called an emergency, dropped, put to an exam."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.calendars import is_workday
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rules import shanghai_day
from common.text import clean
from common.words import last_day_words
from merchants.actions.case_files import attach
from merchants.actions.case_ratings import name_ratings
from merchants.actions.cases import (
    DECIDE,
    PROPOSE,
    hold_case,
    move,
    require_house,
    require_reason,
    require_staff,
    require_state,
    tell_judges,
    tell_shop,
    words_of,
)
from merchants.actions.taking_effect import catch_up
from merchants.models import (
    Part,
    Rule,
    RuleState,
    RuleVersion,
    Shop,
    Statement,
    Violation,
    ViolationState,
)
from merchants.penalties import rules
from merchants.queries.penalties import is_spam

STATEMENT_OVER = "violation.statement_over"
DECISION_LATE = "violation.decision_late"
EXAM_OVER = "violation.exam_over"
EMERGENCY_OVER = "violation.emergency_over"
MOST_ITEMS = 10_000
MOST_POINTS = 20_000
"""What one case may cost: far above every node, and never more than a balance can hold."""
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# What was never in force, or only tried: nobody is punished by it.
_NOT_LAW = (
    RuleState.DRAFT,
    RuleState.INTERNAL_REVIEW,
    RuleState.CONSULTATION,
    RuleState.RESULT_PUBLISHED,
    RuleState.TRIAL,
    RuleState.DROPPED,
)


def version_in_force(rule: Rule, at: datetime, *, now: datetime) -> RuleVersion:
    """Return the version of ``rule`` by which an act at ``at`` is judged at ``now``.

    One that was to take effect by then does, however late the clock is. Raises ``violation.no_rule``.
    """
    catch_up(rule, now=now)
    found = RuleVersion.objects.in_force(at).filter(rule=rule).exclude(state__in=_NOT_LAW).first()
    if found is None:
        raise DomainError("violation.no_rule", _("This rule was not in force at that moment."))
    return found


@transaction.atomic
def detect_violation(
    shop: Shop,
    *,
    rule: Rule,
    act_at: datetime,
    act: str,
    points: Decimal | None = None,
    items: int = 1,
    evidence: str = "",
    order_no: str = "",
    fake_ratings: Sequence[str] = (),
    by: User | None,
    now: datetime | None = None,
) -> Violation:
    """Open a case against ``shop``; by None for what the house's own machines have found.

    ``points`` is one of those the version in force at ``act_at`` names; left out, its lowest.
    ``fake_ratings`` are the orders whose ratings are not real; they count until the case is decided. The
    shop hears nothing yet. Raises ``forbidden``, ``conflict.own_case``, ``violation.in_the_future``,
    ``violation.no_rule``, ``violation.no_class``, ``violation.points_out_of_range``,
    ``violation.bad_items``, ``violation.unknown_rating``, ``violation.too_many_ratings`` and the codes of
    ``clean``.
    """
    if by is not None:
        require_house(shop, by, PROPOSE)
    now = now or timezone.now()
    if act_at > now:
        raise DomainError("violation.in_the_future", _("The act lies in the future."))
    version = version_in_force(rule, act_at, now=now)
    if not version.violation_class:
        raise DomainError("violation.no_class", _("Nothing follows from breaking this rule."))
    one = require_points(version, points)
    violation = Violation.objects.create(
        violation_no=_new_number(now),
        shop=shop,
        rule_version=version,
        violation_class=version.violation_class,
        act_at=act_at,
        act=words_of(act),
        evidence=words_of(evidence, required=False),
        order_no=clean(order_no, max_chars=40, single_line=True, required=False),
        points=one,
        items=require_items(items, one),
        state=ViolationState.DETECTED,
        detected_at=now,
        detected_by=by,
    )
    name_ratings(violation, fake_ratings)
    facts = ("shop", "rule_version", "act_at", "points", "items", "state")
    after = {name: getattr(violation, name) for name in facts}
    if fake_ratings:
        after["fake_ratings"] = sorted(set(fake_ratings))
    record(violation, "violation.detected", by=by, after=after, at=now)
    return violation


@transaction.atomic
def send_notice(
    violation: Violation, *, by: User | None, reason: str, now: datetime | None = None
) -> Violation:
    """Tell the shop what it is said to have done; its period for a statement begins.

    It ends with the last of its working days. Raises ``forbidden``, ``conflict.own_case``,
    ``penalty.no_reason``, ``violation.cannot_move``.
    """
    require_house(violation.shop, by, DECIDE)
    why = require_reason(reason)
    violation, now = hold_case(violation, now)
    opened = violation.detected_at
    due = rules.end_of_workday(now, value("penalty.statement_workdays", opened), is_workday)
    last = decision_due(violation, due)
    move(
        violation, ViolationState.NOTICED, "violation.noticed", by=by, now=now, reason=why,
        noticed_at=now, statement_due_at=due, decide_by=last,
    )  # fmt: skip
    set_deadline(STATEMENT_OVER, violation, due)
    set_deadline(DECISION_LATE, violation, last)
    tell_shop(
        violation,
        _("%(shop)s: case %(no)s, please state your side"),
        _("Until %(until)s nothing happens. Read what is said and by which rule, then answer."),
        dedupe="noticed",
        now=now,
        until=last_day_words(due),
    )
    return violation


@transaction.atomic
def drop_violation(
    violation: Violation, *, by: User | None, reason: str, now: datetime | None = None
) -> Violation:
    """Let a case go before it is decided; a shop that was told hears of it.

    Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``violation.cannot_move``.
    """
    require_house(violation.shop, by, DECIDE)
    why = require_reason(reason)
    violation, now = hold_case(violation, now)
    was_told = violation.noticed_at is not None
    move(violation, ViolationState.DROPPED, "violation.dropped", by=by, now=now, reason=why)
    drop_clocks(violation)
    if was_told:
        tell_shop(
            violation,
            _("%(shop)s: case %(no)s is dropped"),
            _("Nothing follows from it."),
            dedupe="dropped",
            now=now,
        )
    return violation


@transaction.atomic
def state_side(
    violation: Violation,
    *,
    text: str,
    files: list[str] | None = None,
    by: User,
    now: datetime | None = None,
) -> Statement:
    """Say the shop's side of a case, once, before its period ends; ``files`` are keys of uploads.

    Raises ``not_found``, ``forbidden``, ``violation.too_late``, ``statement.already`` and those of
    attaching files.
    """
    require_staff(violation, by)
    violation, now = hold_case(violation, now)
    if hasattr(violation, "statement"):
        raise DomainError("statement.already", _("You have stated your side already."))
    if not violation.may_state(now):
        raise DomainError("violation.too_late", _("The time for a statement is over."))
    statement = Statement.objects.create(violation=violation, text=words_of(text), by=by, at=now)
    attached = attach(violation, files or [], Part.STATEMENT, by=by)
    record(violation, "violation.stated", by=by, after={"files": attached}, at=now)
    tell_judges(
        violation,
        _("%(shop)s has stated its side of %(no)s"),
        url=_office(violation),
        dedupe="stated",
        now=now,
    )
    return statement


@transaction.atomic
def declare_emergency(
    violation: Violation, *, by: User | None, reason: str, now: datetime | None = None
) -> Violation:
    """Say that a decision cannot wait for the statement; it holds once a second person says so too.

    Neither may have found the case; a second call of the first person changes nothing. Nobody confirming
    it in time, the call lapses by itself, whether the clock has come by or not. Raises
    ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``violation.same_person``,
    ``violation.cannot_move``.
    """
    person = require_house(violation.shop, by, DECIDE)
    why = require_reason(reason)
    violation, now = hold_case(violation, now)
    require_state(violation, ViolationState.NOTICED)
    refuse_finder(violation, person)
    if _has_lapsed(violation, now):
        _lapse(violation, now)
    if violation.emergency_at is not None or violation.emergency_first_by_id == person.pk:
        return violation
    if violation.emergency_first_by_id is None:
        fields = {"emergency_first_by": person, "emergency_first_at": now}
        event = "violation.emergency_called"
    else:
        fields = {"emergency_second_by": person, "emergency_at": now}
        event = "violation.emergency_confirmed"
    for name, given in fields.items():
        setattr(violation, name, given)
    violation.save(update_fields=list(fields))
    record(violation, event, by=person, after=fields, reason=why, at=now)
    if violation.emergency_at is None:
        set_deadline(EMERGENCY_OVER, violation, _lapses_at(violation, now))
    else:
        drop_deadline(EMERGENCY_OVER, violation)
        tell_shop(
            violation,
            _("%(shop)s: case %(no)s cannot wait"),
            _("Two of us found it urgent. You may still state your side until %(until)s."),
            dedupe="emergency",
            now=now,
            until=last_day_words(violation.statement_due_at or now),
        )
    return violation


@transaction.atomic
def lapse_emergency(violation: Violation, *, now: datetime) -> None:
    """End a call of an emergency that nobody has confirmed. Nothing when somebody has, or it moved on."""
    violation, now = hold_case(violation, now)
    if violation.state == ViolationState.NOTICED and _has_lapsed(violation, now):
        _lapse(violation, now)


@transaction.atomic
def choose_exam(violation: Violation, *, by: User, now: datetime | None = None) -> Violation:
    """Take an exam in place of the penalty (以考代罚): for spam, once a year, before the statement ends.

    The decision is due that much later. A second call changes nothing. Raises ``not_found``,
    ``forbidden``, ``exam.not_offered``, ``exam.used``, ``violation.too_late``, ``violation.cannot_move``.
    """
    require_staff(violation, by)
    violation, now = hold_case(violation, now)
    if violation.exam_year is not None:
        return violation
    require_state(violation, ViolationState.NOTICED)
    if not is_spam(violation):
        raise DomainError("exam.not_offered", _("No exam takes the place of this penalty."))
    if not violation.may_state(now):
        raise DomainError("violation.too_late", _("The time for a statement is over."))
    year = shanghai_day(now).year
    due = rules.end_of_day(now, value("penalty.exam_days", violation.detected_at))
    violation.exam_year, violation.exam_due_at = year, due
    try:
        with transaction.atomic():
            violation.save(update_fields=["exam_year", "exam_due_at"])
    except IntegrityError:
        raise DomainError("exam.used", _("The exam of this year was used already.")) from None
    set_deadline(EXAM_OVER, violation, due)
    put_off_decision(violation, due)
    record(
        violation, "violation.exam_chosen", by=by, after={"exam_year": year, "exam_due_at": due},
        at=now,
    )  # fmt: skip
    return violation


@transaction.atomic
def hear_no_more(violation: Violation, *, now: datetime) -> None:
    """Say that the statement period is over: judges are told that a case waits. Nothing when it moved on."""
    violation, now = hold_case(violation, now)
    due = violation.statement_due_at
    if violation.state != ViolationState.NOTICED or due is None or due > now:
        return
    facts = {"stated": hasattr(violation, "statement")}
    record(violation, "violation.heard", by=None, after=facts, at=now)
    # While an exam is open nobody may decide.
    if violation.exam_due_at is None or violation.exam_due_at <= now:
        _tell_that_it_waits(violation, now)


@transaction.atomic
def mark_late(violation: Violation, *, now: datetime) -> None:
    """Say that a case was not decided in time. Nothing when it moved on."""
    violation, now = hold_case(violation, now)
    due = violation.decide_by
    if violation.state != ViolationState.NOTICED or due is None or due > now:
        return
    record(violation, "violation.late", by=None, after={"decide_by": violation.decide_by}, at=now)
    tell_judges(
        violation,
        _("Case %(no)s of %(shop)s should have been decided by now"),
        url=_office(violation),
        dedupe="late",
        now=now,
    )


@transaction.atomic
def close_exam(violation: Violation, *, now: datetime) -> None:
    """Say that the time for an exam is over without one passed: the case is decided as any other."""
    violation, now = hold_case(violation, now)
    due = violation.exam_due_at
    if violation.state != ViolationState.NOTICED or due is None or due > now:
        return
    record(violation, "violation.exam_missed", by=None, after={"exam_due_at": due}, at=now)
    _tell_that_it_waits(violation, now)


def fail_exam(violation: Violation, *, now: datetime) -> None:
    """Close the exam of a held case that was taken and failed: it is decided as any other."""
    violation.exam_due_at = now
    violation.save(update_fields=["exam_due_at"])
    drop_deadline(EXAM_OVER, violation)
    put_off_decision(violation, now)


def decision_due(violation: Violation, heard_at: datetime) -> datetime:
    """Return until when a case is decided for which nothing is waited any more from ``heard_at`` on."""
    days = value("penalty.decision_workdays", violation.detected_at)
    # The end of a day is the first moment of the next: day 1 of the decision is that next day.
    return rules.end_of_workday(heard_at - heard_at.resolution, days, is_workday)


def put_off_decision(violation: Violation, exam_over: datetime) -> None:
    """Let the time for a decision run from the end of the statement or of the exam, whichever is later."""
    assert violation.statement_due_at is not None
    violation.decide_by = decision_due(violation, max(violation.statement_due_at, exam_over))
    violation.save(update_fields=["decide_by"])
    set_deadline(DECISION_LATE, violation, violation.decide_by)


def require_points(version: RuleVersion, points: object) -> Decimal:
    """Return what one act costs: one of the points of the version; None is the lowest of them.

    Raises ``violation.points_out_of_range``, which names those possible.
    """
    possible = sorted(version.points)
    if points is None:
        return possible[0] if possible else Decimal(0)
    try:
        wanted = Decimal(str(points))
    except InvalidOperation:
        wanted = Decimal(-1)
    # A signalling NaN raises when it is compared.
    if not wanted.is_finite():
        wanted = Decimal(-1)
    if wanted in possible or (not possible and wanted == 0):
        return wanted
    raise DomainError(
        "violation.points_out_of_range",
        _("This rule allows these points: %(points)s.")
        % {"points": ", ".join(str(one) for one in possible) or "0"},
        possible=[str(one) for one in possible],
    )


def require_items(items: int, points: Decimal) -> int:
    """Return how many acts there were, of ``points`` each. Raises ``violation.bad_items``."""
    if not 1 <= items <= MOST_ITEMS:
        raise DomainError("violation.bad_items", _("Count at least one act, at most 10,000."))
    if items * points > MOST_POINTS:
        raise DomainError(
            "violation.bad_items",
            _("One case costs %(most)s points at most; so many acts cost more.")
            % {"most": MOST_POINTS},
        )
    return items


def refuse_finder(violation: Violation, by: User) -> None:
    """Raise ``violation.same_person`` when ``by`` found the case: somebody else decides."""
    if violation.detected_by_id == by.pk:
        raise DomainError(
            "violation.same_person", _("Somebody else decides: you have found it yourself.")
        )


def drop_clocks(violation: Violation) -> None:
    """Stop the timers of a case that waits no more."""
    for kind in (STATEMENT_OVER, DECISION_LATE, EXAM_OVER, EMERGENCY_OVER):
        drop_deadline(kind, violation)


def _tell_that_it_waits(violation: Violation, now: datetime) -> None:
    tell_judges(
        violation,
        _("Case %(no)s of %(shop)s waits for a decision"),
        url=_office(violation),
        dedupe="heard",
        now=now,
    )


def _lapses_at(violation: Violation, called_at: datetime) -> datetime:
    waits: timedelta = value("penalty.emergency_waits", violation.detected_at)
    return called_at + waits


def _has_lapsed(violation: Violation, now: datetime) -> bool:
    called = violation.emergency_first_at
    is_open = called is not None and violation.emergency_at is None
    return is_open and _lapses_at(violation, called) <= now  # type: ignore[arg-type]


def _lapse(violation: Violation, now: datetime) -> None:
    before = {
        "emergency_first_by": violation.emergency_first_by,
        "emergency_first_at": violation.emergency_first_at,
    }
    violation.emergency_first_by = violation.emergency_first_at = None
    violation.save(update_fields=list(before))
    record(
        violation, "violation.emergency_lapsed", by=None, before=before,
        after=dict.fromkeys(before), at=now,
    )  # fmt: skip


def _office(violation: Violation) -> str:
    return f"/admin/merchants/violation/{violation.pk}/change/"


def _new_number(now: datetime) -> str:
    """Return a number that cannot be guessed: 40 random bits behind the day."""
    tail = "".join(secrets.choice(_ALPHABET) for _one in range(8))
    return f"V{shanghai_day(now):%y%m%d}{tail}"
