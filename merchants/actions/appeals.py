"""Appeals against penalties: filed once, within net days, ruled by somebody who had not touched the case."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.calendars import is_workday
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.models import Event
from common.parameters import value
from common.words import last_day_words
from merchants.actions.case_files import attach
from merchants.actions.cases import (
    DECIDE,
    hold_case,
    require_house,
    require_reason,
    require_staff,
    tell_judges,
    tell_shop,
    until_words,
    words_of,
)
from merchants.actions.revising import revise_penalty
from merchants.models import (
    Appeal,
    AppealState,
    Outcome,
    Part,
    Penalty,
    Ruling,
    Statement,
    Violation,
)
from merchants.penalties import rules
from merchants.penalties.experience import has_fast_lane

REVIEW = "appeal.review"
REVIEW_MOST = "appeal.review_most"
PAPERS = "appeal.papers"
MOST_CITED = 200


@transaction.atomic
def file_appeal(
    penalty: Penalty,
    *,
    text: str,
    files: list[str] | None = None,
    by: User,
    now: datetime | None = None,
) -> Appeal:
    """Appeal against a penalty, once, while the shop's days last; they stop from here on.

    Raises ``not_found``, ``forbidden``, ``appeal.already``, ``appeal.too_late`` and those of attaching
    files.
    """
    require_staff(penalty.violation, by)
    violation, now = hold_case(penalty.violation, now)
    penalty = violation.penalty
    if Appeal.objects.filter(penalty=penalty).exists():
        raise _already()
    if now >= penalty.appeal_until:
        raise DomainError("appeal.too_late", _("The time for an appeal is over."))
    appeal = Appeal.objects.create(
        penalty=penalty,
        state=AppealState.FILED,
        text=words_of(text),
        by=by,
        filed_at=now,
        came_at=now,
        shop_left=penalty.appeal_until - now,
        due_at=_review_until(penalty, now),
    )
    assert appeal.due_at is not None
    attached = attach(violation, files or [], Part.APPEAL, by=by)
    record(
        appeal, "appeal.filed", by=by, after={"state": appeal.state, "due_at": appeal.due_at,
        "shop_left": appeal.shop_left, "files": attached}, at=now,
    )  # fmt: skip
    set_deadline(REVIEW, appeal, appeal.due_at)
    _tell_judges(appeal, _("%(shop)s appeals against case %(no)s"), "filed", now)
    return appeal


@transaction.atomic
def send_back_appeal(
    appeal: Appeal, *, missing: str, by: User | None, now: datetime | None = None
) -> Appeal:
    """Send an appeal back for papers that are missing; the shop's days go on with what is left of them.

    Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``appeal.same_person``,
    ``appeal.cannot_move``.
    """
    person = require_house(appeal.penalty.shop, by, DECIDE)
    words = require_reason(missing)
    appeal, now = _hold(appeal, now)
    _refuse_touched(appeal, person)
    _move(
        appeal, AppealState.SENT_BACK, "appeal.sent_back", by=person, now=now, reason=words,
        missing=words, due_at=now + appeal.shop_left,
    )  # fmt: skip
    for kind in (REVIEW, REVIEW_MOST):
        drop_deadline(kind, appeal)
    assert appeal.due_at is not None
    set_deadline(PAPERS, appeal, appeal.due_at)
    tell_shop(
        appeal.penalty.violation,
        _("%(shop)s: papers are missing in the appeal against %(no)s"),
        _("Send them until %(until)s: %(missing)s"),
        # Each time it is sent back is told.
        dedupe=f"sent_back:{now.isoformat()}",
        now=now,
        until=until_words(appeal.due_at),
        missing=words[:200],
    )
    return appeal


@transaction.atomic
def send_papers(
    appeal: Appeal,
    *,
    text: str,
    files: list[str] | None = None,
    by: User,
    now: datetime | None = None,
) -> Appeal:
    """Send what was missing; the shop's days stop again. ``text`` is added to what was said.

    Raises ``not_found``, ``forbidden``, ``appeal.cannot_move``, ``appeal.too_late`` and those of files.
    """
    require_staff(appeal.penalty.violation, by)
    appeal, now = _hold(appeal, now)
    due = appeal.due_at
    if appeal.state == AppealState.SENT_BACK and due is not None and now >= due:
        raise DomainError("appeal.too_late", _("The time for an appeal is over."))
    left = due - now if due is not None else appeal.shop_left
    _require_move(appeal, AppealState.FILED)
    said = f"{appeal.text}\n\n{words_of(text)}"
    attached = attach(appeal.penalty.violation, files or [], Part.APPEAL, by=by)
    _move(
        appeal, AppealState.FILED, "appeal.papers_sent", by=by, now=now, text=said, came_at=now,
        shop_left=left, due_at=_review_until(appeal.penalty, now), also={"files": attached},
        extended_at=None, is_late=False,
    )  # fmt: skip
    drop_deadline(PAPERS, appeal)
    assert appeal.due_at is not None
    set_deadline(REVIEW, appeal, appeal.due_at)
    _tell_judges(
        appeal, _("%(shop)s has sent the papers for %(no)s"), f"papers:{now.isoformat()}", now
    )
    return appeal


@transaction.atomic
def extend_review(
    appeal: Appeal, *, by: User | None, reason: str, now: datetime | None = None
) -> Appeal:
    """Take the longest time there is for a review, once; the shop is told why.

    Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``appeal.same_person``,
    ``appeal.cannot_move``, ``appeal.extended``.
    """
    person = require_house(appeal.penalty.shop, by, DECIDE)
    why = require_reason(reason)
    appeal, now = _hold(appeal, now)
    _refuse_touched(appeal, person)
    _require_move(appeal, AppealState.RULED)
    if appeal.extended_at is not None:
        raise DomainError("appeal.extended", _("The review was extended already."))
    most = value("appeal.review_most_workdays", appeal.penalty.violation.detected_at)
    before = {"due_at": appeal.due_at}
    appeal.extended_at = now
    appeal.due_at = rules.end_of_workday(appeal.came_at, most, is_workday)
    appeal.is_late = False
    appeal.save(update_fields=["extended_at", "due_at", "is_late"])
    record(
        appeal, "appeal.extended", by=person, before=before, after={"due_at": appeal.due_at},
        reason=why, at=now,
    )  # fmt: skip
    drop_deadline(REVIEW, appeal)
    set_deadline(REVIEW_MOST, appeal, appeal.due_at)
    tell_shop(
        appeal.penalty.violation,
        _("%(shop)s: the appeal against %(no)s takes longer"),
        _("We answer until %(until)s: %(why)s"),
        # Once for each time it is in review.
        dedupe=f"extended:{appeal.came_at.isoformat()}",
        now=now,
        until=last_day_words(appeal.due_at),
        why=why[:200],
    )
    return appeal


@transaction.atomic
def rule_appeal(
    appeal: Appeal,
    *,
    outcome: str,
    points: object = None,
    reason: str,
    citation: str = "",
    by: User | None,
    now: datetime | None = None,
) -> Ruling:
    """Rule an appeal, once and finally, by somebody who had nothing to do with the case before.

    ``points`` is what a reduced penalty costs in all: less than before, and 0 is a revocation. What is
    revoked or reduced is given back exactly, and listed. Raises ``forbidden``, ``conflict.own_case``,
    ``penalty.no_reason``, ``appeal.unknown_outcome``, ``appeal.same_person``, ``appeal.decided``,
    ``appeal.cannot_move``, ``appeal.points_out_of_range``.
    """
    person = require_house(appeal.penalty.shop, by, DECIDE)
    why = require_reason(reason)
    if outcome not in Outcome.values:
        raise DomainError("appeal.unknown_outcome", _("There is no such outcome."))
    appeal, now = _hold(appeal, now)
    _refuse_touched(appeal, person)
    if appeal.state == AppealState.RULED:
        raise DomainError(
            "appeal.decided",
            _("This appeal is ruled already: “%(outcome)s”.")
            % {"outcome": appeal.ruling.get_outcome_display()},
            outcome=appeal.ruling.outcome,
            by=appeal.ruling.by.shown_name,
        )
    _require_move(appeal, AppealState.RULED)
    before = appeal.penalty.points
    after = rules.ruled_points(outcome, before, points)
    if after is None:
        raise DomainError(
            "appeal.points_out_of_range",
            _("Reduced is less than %(points)s and more than 0.") % {"points": before},
        )
    ruling = _write_ruling(
        Ruling(
            appeal=appeal,
            outcome=outcome,
            points_before=before,
            points_after=after,
            reason=why,
            citation=words_of(citation, required=False)[:MOST_CITED],
            by=person,
            at=now,
        )
    )
    _move(
        appeal, AppealState.RULED, "appeal.ruled", by=person, now=now, reason=why, due_at=None,
        closed_at=now, also={"outcome": outcome, "points": after},
    )  # fmt: skip
    for kind in (REVIEW, REVIEW_MOST, PAPERS):
        drop_deadline(kind, appeal)
    if outcome != Outcome.UPHELD:
        revise_penalty(appeal, after, by=person, now=now)
    tell_shop(
        appeal.penalty.violation,
        _("%(shop)s: the appeal against %(no)s is ruled: %(outcome)s"),
        _("See why, and everything that was given back."),
        dedupe="ruled",
        now=now,
        outcome=Outcome(outcome).label,
    )
    return ruling


@transaction.atomic
def lapse_appeal(appeal: Appeal, *, now: datetime) -> None:
    """End an appeal whose papers never came: the penalty stands. Nothing when it moved on."""
    appeal, now = _hold(appeal, now)
    if appeal.state != AppealState.SENT_BACK or appeal.due_at is None or appeal.due_at > now:
        return
    _move(appeal, AppealState.LAPSED, "appeal.lapsed", by=None, now=now, due_at=None, closed_at=now)
    tell_shop(
        appeal.penalty.violation,
        _("%(shop)s: the appeal against %(no)s has lapsed"),
        _("The papers did not come in time; the penalty stands."),
        dedupe="lapsed",
        now=now,
    )


@transaction.atomic
def mark_appeal_late(appeal: Appeal, *, now: datetime) -> None:
    """Say that an appeal was not ruled in time. Nothing when it moved on, or was said already."""
    appeal, now = _hold(appeal, now)
    is_due = appeal.due_at is not None and appeal.due_at <= now
    if appeal.state != AppealState.FILED or not is_due or appeal.is_late:
        return
    appeal.is_late = True
    appeal.save(update_fields=["is_late"])
    record(appeal, "appeal.late", by=None, after={"due_at": appeal.due_at}, at=now)
    _tell_judges(
        appeal,
        _("The appeal of %(shop)s against %(no)s should have been ruled by now"),
        f"late:{appeal.due_at}",
        now,
    )


def has_touched(appeal: Appeal, person: User) -> bool:
    """Tell whether ``person`` had anything to do with the case before the appeal came.

    Named on the case, or in any line of its history or its penalty's: found, told, stated, decided,
    published, corrected, examined, lifted. What they did with the appeal itself does not count.
    """
    violation: Violation = appeal.penalty.violation
    named = (
        violation.detected_by_id,
        violation.emergency_first_by_id,
        violation.emergency_second_by_id,
        appeal.penalty.decided_by_id,
        appeal.by_id,
    )
    if person.pk in named or Statement.objects.filter(violation=violation, by=person).exists():
        return True
    return Event.objects.filter(
        Q(subject_type=Violation._meta.label_lower, subject_id=str(violation.pk))
        | Q(subject_type=Penalty._meta.label_lower, subject_id=str(appeal.penalty.pk)),
        actor=person,
    ).exists()


# --- Inside ---------------------------------------------------------------------------------------


def _refuse_touched(appeal: Appeal, person: User) -> None:
    if has_touched(appeal, person):
        raise DomainError(
            "appeal.same_person",
            _("Somebody else rules it: you have had to do with this case before."),
        )


def _write_ruling(ruling: Ruling) -> Ruling:
    try:
        with transaction.atomic():
            ruling.save(force_insert=True)
    except IntegrityError:
        raise DomainError("appeal.decided", _("This appeal is ruled already.")) from None
    return ruling


def _hold(appeal: Appeal, now: datetime | None) -> tuple[Appeal, datetime]:
    violation, now = hold_case(appeal.penalty.violation, now)
    held = Appeal.objects.select_for_update().get(pk=appeal.pk)
    held.penalty = violation.penalty
    held.penalty.violation = violation
    return held, now


def _require_move(appeal: Appeal, to: str) -> None:
    if not rules.may_move(rules.APPEAL_MOVES, appeal.state, to):
        raise DomainError(
            "appeal.cannot_move",
            _("This is not possible while it is “%(state)s”.")
            % {"state": appeal.get_state_display()},
            state=appeal.state,
        )


def _move(
    appeal: Appeal,
    to: str,
    event: str,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    also: dict[str, object] | None = None,
    **fields: object,
) -> None:
    _require_move(appeal, to)
    shown = [name for name in ("due_at", "shop_left") if name in fields]
    before = {"state": appeal.state} | {name: getattr(appeal, name) for name in shown}
    fields["state"] = to
    for name, given in fields.items():
        setattr(appeal, name, given)
    appeal.save(update_fields=list(fields))
    after = {"state": to} | {name: fields[name] for name in shown} | (also or {})
    record(appeal, event, by=by, before=before, after=after, reason=reason, at=now)


def _review_until(penalty: Penalty, now: datetime) -> datetime:
    opened = penalty.violation.detected_at
    days = value("appeal.review_workdays", opened)
    if has_fast_lane(penalty.violation.shop, now):
        days = min(days, value("appeal.fast_workdays", opened))
    return rules.end_of_workday(now, days, is_workday)


def _tell_judges(appeal: Appeal, title: object, dedupe: str, now: datetime) -> None:
    tell_judges(
        appeal.penalty.violation,
        title,
        url=f"/admin/merchants/appeal/{appeal.pk}/change/",
        dedupe=f"appeal:{dedupe}",
        now=now,
    )


def _already() -> DomainError:
    return DomainError("appeal.already", _("There was an appeal against this penalty already."))
