"""A rule takes effect, is looked at again after 30 and 90 days, and ends.

The clock calls :func:`advance` and the reviews; they do nothing when the version has moved on.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right
from merchants.actions.rule_moves import APPROVE, DUE, MANAGE, locked, move, require_move
from merchants.actions.rule_news import tell_notice, tell_team, tell_unmoved
from merchants.actions.rule_review import require_gates
from merchants.models import EffectReview, EndProposal, Rule, RuleState, RuleVersion
from merchants.rulebook import rules
from merchants.rulebook.metrics import Measured, rule_metric

EFFECT = "rulebook.effect"
"""The timer of one effect review."""

FARTHEST = timedelta(days=365)


@transaction.atomic
def give_notice(
    version: RuleVersion,
    *,
    effective_from: datetime,
    target_metric: str,
    target_change: Decimal,
    trial_from: datetime | None = None,
    by: User,
    reason: str,
    now: datetime | None = None,
) -> RuleVersion:
    """Announce from when on a rule holds, and what it is to move by how much (percent, not 0).

    It is tried from ``trial_from`` on when one is given: counted and shown, nothing follows from it. The
    time of notice comes before the trial. Raises ``forbidden``, ``rule.cannot_move``,
    ``rule.not_consulted``, ``gate.missing``, ``gate.too_low``, ``notice.too_short``,
    ``notice.too_far``, ``notice.trial``, ``notice.target``.
    """
    require_right(by, MANAGE)
    version = locked(version)
    require_move(version, RuleState.NOTICE)
    moment = now or timezone.now()
    if version.state == RuleState.INTERNAL_REVIEW and version.skip_approved_by_id is None:
        raise DomainError(
            "rule.not_consulted",
            _("Merchants were not asked, and nobody has ordered that they are not."),
        )
    require_gates(version, now=moment)
    begins = trial_from or effective_from
    if not rules.notice_suffices(moment, begins, value("rules.notice", moment)):
        raise DomainError("notice.too_short", _("A rule is announced seven days before at least."))
    if effective_from - moment > FARTHEST:
        raise DomainError("notice.too_far", _("That is more than a year ahead."))
    if trial_from is not None and trial_from >= effective_from:
        raise DomainError("notice.trial", _("A trial begins before the rule does."))
    if rule_metric(target_metric) is None or not target_change:
        raise DomainError(
            "notice.target", _("Name a measure that the rule is to move, and by how much.")
        )
    move(
        version, RuleState.NOTICE, "rule.notice_given", by=by, reason=reason, now=now,
        notice_at=moment, planned_from=effective_from, trial_from=trial_from,
        target_metric=target_metric, target_change=target_change,
    )  # fmt: skip
    set_deadline(DUE, version, begins)
    tell_notice(version, now=moment)
    return version


@transaction.atomic
def advance(version: RuleVersion, *, now: datetime) -> RuleVersion:
    """Do what is due for a version at ``now``. A second call does nothing more."""
    version = locked(version)
    match version.state:
        case RuleState.CONSULTATION:
            _look_at_consultation(version, now)
        case RuleState.NOTICE if version.trial_from and now >= version.trial_from:
            move(version, RuleState.TRIAL, "rule.trial_begun", by=None, now=now)
            set_deadline(DUE, version, version.planned_from)  # type: ignore[arg-type]
        case RuleState.NOTICE | RuleState.TRIAL if (
            version.planned_from and now >= version.planned_from
        ):
            _take_effect(version, version.planned_from, now)
    return version


def catch_up(rule: Rule, *, now: datetime) -> None:
    """Let what is due of a rule take effect before somebody is judged by it: the clock may be late.

    Inside another action.
    """
    for version in RuleVersion.objects.on_its_way().filter(rule=rule, planned_from__lte=now):
        while True:
            before = version.state
            version = advance(version, now=now)
            if version.state == before:
                break


@transaction.atomic
def retire_version(
    version: RuleVersion, *, by: User, reason: str, now: datetime | None = None
) -> RuleVersion:
    """End a rule in force without another one in its place. Raises ``forbidden``, ``rule.cannot_move``."""
    require_right(by, APPROVE)
    # The next version may be due and the clock late: of two in force one would be retired too late.
    catch_up(version.rule, now=now or timezone.now())
    return _retire(locked(version), by=by, reason=reason, now=now)


def measure_effect(review_id: int, *, now: datetime) -> Callable[[], object]:
    """Measure a review's target before and since while nothing is held; return what writes it down."""
    review = EffectReview.objects.select_related("version").filter(pk=review_id).first()
    metric = rule_metric(review.metric) if review else None
    begun = review.version.effective_from if review else None
    if review is None or begun is None or review.measured_at is not None:
        return lambda: None
    span = timedelta(days=review.days)
    nothing = Measured(None, 0)
    before = metric.measure(begun - span, begun) if metric else nothing
    after = metric.measure(begun, begun + span) if metric else nothing
    return lambda: conclude_effect(review, before, after, now=now)


@transaction.atomic
def conclude_effect(
    review: EffectReview, before: Measured, after: Measured, *, now: datetime
) -> EffectReview:
    """Write down whether a rule moved its target; alarm when not, and after the second review propose its end.

    A second call changes nothing.
    """
    version = locked(review.version)
    review = EffectReview.objects.select_for_update().get(pk=review.pk)
    if review.measured_at is not None:
        return review
    effect = rules.effect_of(
        before.value, before.size, after.value, after.size,
        target_change=review.target_change,
        least_cases=value("rules.review_least_cases", version.notice_at),
    )  # fmt: skip
    review.before, review.before_size = before.value, before.size
    review.after, review.after_size = after.value, after.size
    review.change, review.moved, review.measured_at = effect.change, effect.moved, now
    review.save()
    review.version = version
    record(
        version, "rule.effect_measured", by=None,
        after={"days": review.days, "change": effect.change, "moved": effect.moved}, at=now,
    )  # fmt: skip
    if effect.moved is False and version.state == RuleState.EFFECTIVE:
        proposes = review.days >= value("rules.review_second_days", version.notice_at)
        if proposes:
            EndProposal.objects.get_or_create(
                version=version, defaults={"review": review, "made_at": now}
            )
            record(version, "rule.end_proposed", by=None, after={"days": review.days}, at=now)
        tell_unmoved(review, proposes_end=proposes, now=now)
    return review


@transaction.atomic
def decide_end(
    proposal: EndProposal, *, ends: bool, by: User, reason: str, now: datetime | None = None
) -> EndProposal:
    """Decide on the proposal to end a rule, once. Raises ``forbidden``, ``end.decided``, ``rule.cannot_move``."""
    require_right(by, APPROVE)
    catch_up(proposal.version.rule, now=now or timezone.now())
    version = locked(proposal.version)
    proposal = EndProposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.ends is not None:
        raise DomainError("end.decided", _("This was decided already."))
    proposal.ends, proposal.decided_by, proposal.reason = ends, by, reason
    proposal.decided_at = now or timezone.now()
    proposal.save(update_fields=["ends", "decided_by", "decided_at", "reason"])
    record(version, "rule.end_decided", by=by, after={"ends": ends}, reason=reason, at=now)
    if ends:
        _retire(version, by=by, reason=reason, now=now)
    return proposal


def _look_at_consultation(version: RuleVersion, now: datetime) -> None:
    """Tell the team that the answers are due, and later that they are overdue."""
    ends, due = version.consultation_ends_at, version.result_due_at
    if ends is None or due is None or now < ends:
        return
    if now < due:
        set_deadline(DUE, version, due)
        tell_team(version, _("Answer the merchants: %(title)s"), dedupe="answer", now=now)
        return
    record(version, "rule.result_overdue", by=None, after={"result_due_at": due}, at=now)
    tell_team(version, _("The result is overdue: %(title)s"), dedupe="overdue", now=now)


def _take_effect(version: RuleVersion, moment: datetime, now: datetime) -> None:
    """Let a version hold from ``moment`` on, however late the clock is; the one before ends then."""
    before = version.rule.versions.filter(
        effective_from__isnull=False, effective_until=None
    ).select_for_update().first()  # fmt: skip
    if before is not None:
        move(
            before, RuleState.SUPERSEDED, "rule.superseded", by=None, now=now,
            effective_until=moment,
        )  # fmt: skip
        _forget_reviews(before)
    move(version, RuleState.EFFECTIVE, "rule.took_effect", by=None, now=now, effective_from=moment)
    for key in ("rules.review_first_days", "rules.review_second_days"):
        days = value(key, version.notice_at)
        review = EffectReview.objects.create(
            version=version, days=days, due_at=moment + timedelta(days=days),
            metric=version.target_metric, target_change=version.target_change or Decimal(0),
        )  # fmt: skip
        set_deadline(EFFECT, review, review.due_at)


def _retire(version: RuleVersion, *, by: User, reason: str, now: datetime | None) -> RuleVersion:
    moment = now or timezone.now()
    retired = move(
        version, RuleState.RETIRED, "rule.retired", by=by, reason=reason, now=now,
        effective_until=moment,
    )  # fmt: skip
    _forget_reviews(version)
    return retired


def _forget_reviews(version: RuleVersion) -> None:
    """Drop the timers of reviews that are not due any more: what has ended moves nothing."""
    for review in version.reviews.filter(measured_at=None):
        drop_deadline(EFFECT, review)
