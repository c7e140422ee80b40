"""What subjects of a rollout get and want: promises that hold, and the word of those who decline."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from apass.actions.cohorts import keys_or_refusal
from apass.actions.definition_checks import require_moments
from apass.actions.stages import changed, locked
from apass.models import Rollout, RolloutDecline, RolloutPromise
from apass.rollouts import rules
from apass.rollouts.rules import Subject
from apass.rollouts.snapshot import plan_at
from common.errors import DomainError
from common.history import record
from common.rights import require_right


@transaction.atomic
def give_promise(
    rollout: Rollout,
    subject: Subject,
    *,
    until: datetime | None,
    by: User | None,
    reason: str = "",
    now: datetime | None = None,
) -> RolloutPromise:
    """Note that ``subject`` was promised something; it holds until then, whatever becomes of the rollout.

    A second promise only lengthens the first. Raises ``rollout.closed`` to whom is not inside, also
    when the rollout steps back at this very moment, ``span.far_off`` and ``rollout.promise_is_over``.
    """
    require_right(by, "rollouts.manage")
    moment = now or timezone.now()
    require_moments(until)
    if until is not None and until <= moment:
        raise DomainError("rollout.promise_is_over", _("A promise must hold for a while."))
    # A step back waits for it, or it for the step back.
    rollout = locked(rollout)
    decision = rules.decide(plan_at(rollout), subject, moment)
    if not decision.is_in:
        raise DomainError("rollout.closed", _("This is not open to them."))
    made, is_new = RolloutPromise.objects.get_or_create(
        rollout=rollout,
        subject=subject.key,
        defaults={"stage": decision.stage, "given_at": moment, "until": until},
    )
    if not is_new:
        if made.until is None or (until is not None and until <= made.until):
            return made
        made.until = until
        made.save(update_fields=["until"])
    changed(rollout)
    record(
        rollout,
        "rollout.promised",
        by=by,
        after={"subject": subject.key, "until": made.until},
        reason=reason,
        at=now,
    )
    return made


@transaction.atomic
def decline(
    rollout: Rollout, number: str, *, by: User | None, reason: str, now: datetime | None = None
) -> bool:
    """Keep a member or a shop out, who does not want to try it; False when they were out by that before.

    Raises ``forbidden`` and ``rollout.unknown_subject``.
    """
    require_right(by, "rollouts.manage")
    (key,) = keys_or_refusal(rollout.subject_kind, [number])
    return decline_for(rollout, key, by=by, reason=reason, now=now)


@transaction.atomic
def decline_for(
    rollout: Rollout, key: str, *, by: User | None, reason: str, now: datetime | None = None
) -> bool:
    """Keep the subject ``key`` out by its own word; False when it was out by that before.

    For the app that knows who speaks for the subject: it has asked before it calls.
    """
    rollout = locked(rollout)
    _row, is_new = RolloutDecline.objects.get_or_create(
        rollout=rollout, subject=key, defaults={"at": now or timezone.now()}
    )
    if is_new:
        changed(rollout)
        record(rollout, "rollout.declined", by=by, after={"subject": key}, reason=reason, at=now)
    return is_new


@transaction.atomic
def take_part_again(
    rollout: Rollout, number: str, *, by: User | None, reason: str, now: datetime | None = None
) -> bool:
    """Take a decline back; False when there was none. Raises as :func:`decline`."""
    require_right(by, "rollouts.manage")
    (key,) = keys_or_refusal(rollout.subject_kind, [number])
    return take_part_for(rollout, key, by=by, reason=reason, now=now)


@transaction.atomic
def take_part_for(
    rollout: Rollout, key: str, *, by: User | None, reason: str, now: datetime | None = None
) -> bool:
    """Take the decline of ``key`` back by its own word; False when there was none."""
    rollout = locked(rollout)
    gone, _rows = RolloutDecline.objects.filter(rollout=rollout, subject=key).delete()
    if gone:
        changed(rollout)
        record(rollout, "rollout.takes_part", by=by, after={"subject": key}, reason=reason, at=now)
    return bool(gone)
