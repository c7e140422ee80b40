"""Emergency measures: taken at once by one person, over by themselves unless a second one confirms; precedents."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.text import clean
from merchants.actions.rule_moves import APPROVE, LONGEST_ANSWER, MANAGE, require_second
from merchants.models import (
    EMERGENCY_HOLDS,
    EmergencyMeasure,
    EmergencyState,
    EmergencyTarget,
    Precedent,
    Rule,
)
from merchants.rulebook.conditions import check_condition
from merchants.rulebook.simulating import matching_numbers
from merchants.rulebook.vocabulary import source_named
from merchants.signals import emergency_moved

EXPIRES = "rulebook.emergency"
SUBJECTS = ("product", "shop")


@transaction.atomic
def order_emergency(
    title: str,
    *,
    subject: str,
    condition: dict[str, Any],
    by: User,
    reason: str,
    now: datetime | None = None,
) -> EmergencyMeasure:
    """Take off the shelves what ``condition`` is true of now: products, or all that these shops sell.

    The set is drawn up once; what is listed later is not in it. Raises ``forbidden``,
    ``emergency.subject``, ``condition.*``, ``emergency.nothing``, ``emergency.too_many``.
    """
    require_right(by, MANAGE)
    moment = now or timezone.now()
    source = source_named(subject) if subject in SUBJECTS else None
    if source is None:
        raise DomainError("emergency.subject", _("A measure is about products or shops."))
    checked = check_condition(condition, subject)
    most = value("rules.emergency_most_targets", moment)
    numbers = matching_numbers(source, checked, most + 1)
    if not numbers:
        raise DomainError("emergency.nothing", _("The condition is true of nothing."))
    if len(numbers) > most:
        raise DomainError(
            "emergency.too_many",
            _("More than %(most)s: narrow it down.") % {"most": most},
            most=most,
        )
    measure = EmergencyMeasure.objects.create(
        title=clean(title, max_chars=120, single_line=True),
        reason=clean(reason, max_chars=LONGEST_ANSWER),
        subject=subject, condition=checked, ordered_by=by, since=moment,
        expires_at=moment + value("rules.emergency_holds", moment), targets_count=len(numbers),
    )  # fmt: skip
    EmergencyTarget.objects.bulk_create(
        [EmergencyTarget(measure=measure, kind=subject, number=number) for number in numbers],
        batch_size=5_000,
    )
    set_deadline(EXPIRES, measure, measure.expires_at)
    record(
        measure, "emergency.ordered", by=by,
        after={"subject": subject, "targets": len(numbers), "expires_at": measure.expires_at},
        reason=reason, at=now,
    )  # fmt: skip
    emergency_moved.send(EmergencyMeasure, measure=measure.pk)
    return measure


@transaction.atomic
def confirm_emergency(
    measure: EmergencyMeasure,
    *,
    until: datetime,
    by: User,
    reason: str,
    now: datetime | None = None,
) -> EmergencyMeasure:
    """Let a measure hold until a later moment; never who ordered it, and once.

    Raises ``forbidden``, ``emergency.over``, ``emergency.confirmed``, ``rule.same_person``,
    ``emergency.until``.
    """
    require_right(by, APPROVE)
    measure = _locked(measure)
    moment = now or timezone.now()
    if measure.state == EmergencyState.CONFIRMED:
        raise DomainError("emergency.confirmed", _("It is confirmed already."))
    # What has run out is over, also when the clock has not come by yet.
    if measure.state != EmergencyState.ACTIVE or moment >= measure.expires_at:
        raise DomainError("emergency.over", _("It has ended."))
    require_second(by, measure.ordered_by_id)
    if (
        not measure.expires_at
        < until
        <= measure.since + value("rules.emergency_most", measure.since)
    ):
        raise DomainError(
            "emergency.until",
            _("A confirmed measure ends later than by itself, and within its limit."),
        )
    measure.state, measure.confirmed_by = EmergencyState.CONFIRMED, by
    measure.confirmed_until = until
    measure.save(update_fields=["state", "confirmed_by", "confirmed_until"])
    set_deadline(EXPIRES, measure, until)
    record(measure, "emergency.confirmed", by=by, after={"until": until}, reason=reason, at=now)
    emergency_moved.send(EmergencyMeasure, measure=measure.pk)
    return measure


@transaction.atomic
def lift_emergency(
    measure: EmergencyMeasure, *, by: User, reason: str, now: datetime | None = None
) -> EmergencyMeasure:
    """End a measure early; one person suffices. Raises ``forbidden``, ``emergency.over``."""
    require_right(by, MANAGE)
    measure = _locked(measure)
    if measure.state not in EMERGENCY_HOLDS:
        raise DomainError("emergency.over", _("It has ended."))
    drop_deadline(EXPIRES, measure)
    return _end(measure, EmergencyState.LIFTED, "emergency.lifted", by=by, reason=reason, now=now)


@transaction.atomic
def expire_emergency(measure: EmergencyMeasure, *, now: datetime) -> bool:
    """End a measure whose time is over; tell whether it was. The clock calls this."""
    measure = _locked(measure)
    ends = measure.confirmed_until or measure.expires_at
    if measure.state not in EMERGENCY_HOLDS or now < ends:
        return False
    _end(measure, EmergencyState.EXPIRED, "emergency.expired", by=None, reason="", now=now)
    return True


@transaction.atomic
def add_precedent(
    title: str,
    *,
    facts: str,
    verdict: str,
    judged_on: date,
    case_no: str = "",
    rule: Rule | None = None,
    by: User,
    now: datetime | None = None,
) -> Precedent:
    """Keep a case that was judged, with the rule born from it when there is one. Raises ``forbidden``,
    ``precedent.future``, the codes of text."""
    require_right(by, MANAGE)
    moment = now or timezone.now()
    if judged_on > timezone.localdate(moment):
        raise DomainError("precedent.future", _("That day has not come yet."))
    precedent = Precedent.objects.create(
        title=clean(title, max_chars=120, single_line=True),
        facts=clean(facts, max_chars=LONGEST_ANSWER),
        verdict=clean(verdict, max_chars=LONGEST_ANSWER),
        case_no=clean(case_no, max_chars=60, single_line=True, required=False),
        judged_on=judged_on, rule=rule, by=by, at=moment,
    )  # fmt: skip
    record(
        precedent, "precedent.added", by=by, after={"title": precedent.title, "rule": rule}, at=now
    )
    return precedent


@transaction.atomic
def name_born_rule(
    precedent: Precedent, rule: Rule, *, by: User, reason: str, now: datetime | None = None
) -> Precedent:
    """Say which rule was born from a precedent. Raises ``forbidden``."""
    require_right(by, MANAGE)
    precedent = Precedent.objects.select_for_update().get(pk=precedent.pk)
    before = precedent.rule_id
    precedent.rule = rule
    precedent.save(update_fields=["rule"])
    record(
        precedent, "precedent.rule_named", by=by, before={"rule": before}, after={"rule": rule},
        reason=reason, at=now,
    )  # fmt: skip
    return precedent


def _locked(measure: EmergencyMeasure) -> EmergencyMeasure:
    return EmergencyMeasure.objects.select_for_update().get(pk=measure.pk)


def _end(
    measure: EmergencyMeasure, state: str, event: str, *, by: User | None, reason: str,
    now: datetime | None,
) -> EmergencyMeasure:  # fmt: skip
    before = measure.state
    measure.state, measure.ended_at = state, now or timezone.now()
    measure.save(update_fields=["state", "ended_at"])
    record(
        measure,
        event,
        by=by,
        before={"state": before},
        after={"state": state},
        reason=reason,
        at=now,
    )
    emergency_moved.send(EmergencyMeasure, measure=measure.pk)
    return measure
