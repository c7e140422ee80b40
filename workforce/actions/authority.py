"""How far people may decide alone: measured, counted once a month, capped by hand."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_reason
from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from workforce import rules
from workforce.models import AuthorityCap, AuthorityFactor, QualityMeasure
from workforce.queries.authority import bars, cap_of, factor_of


@transaction.atomic
def record_quality(
    user: User,
    month: date,
    *,
    csat_rate: Decimal,
    qa_score: Decimal,
    sample: int,
    by: User | None,
    reason: str = "",
    now: datetime | None = None,
) -> QualityMeasure:
    """Keep what was measured of ``user`` in a month; until it or a later one is counted it may be corrected.

    Raises ``forbidden``, ``quality.month``, ``quality.out_of_scale``, ``quality.counted``.
    """
    require_right(by, "people.manage")
    now = now or timezone.now()
    if month.day != 1 or month >= timezone.localdate(now).replace(day=1):
        raise DomainError("quality.month", _("Name the first day of a month that is over."))
    if not (0 <= csat_rate <= 1 and 0 <= qa_score <= 100 and sample >= 0):
        raise DomainError(
            "quality.out_of_scale",
            _("The share lies between 0 and 1, the score between 0 and 100."),
        )
    if AuthorityFactor.objects.filter(user=user, month__gte=month).exists():
        raise DomainError(
            "quality.counted", _("This month, or a later one, has been counted already.")
        )
    row, _made = QualityMeasure.objects.update_or_create(
        user=user,
        month=month,
        defaults={
            "csat_rate": csat_rate,
            "qa_score": qa_score,
            "sample": sample,
            "recorded_at": now,
        },
    )
    record(
        row,
        "quality.recorded",
        by=by,
        after={"csat_rate": csat_rate, "qa_score": qa_score, "sample": sample},
        reason=reason,
    )
    return row


@transaction.atomic
def count_quality(month: date, *, now: datetime) -> int:
    """Move the factors of everybody measured in ``month``, one step at most; return how many moved.

    A month is counted once for each person; a second call changes nothing. Each change is a line of
    history with what was measured.
    """
    rows = (
        QualityMeasure.objects.uncounted()
        .filter(month=month)
        .select_for_update(of=("self",))
        .select_related("user")
        .order_by("user")
    )
    numbers, moved = bars(now), 0
    for row in rows:
        before = factor_of(row.user, now)
        to = rules.next_factor(before, row.csat_rate, row.qa_score, row.sample, numbers)
        kept = AuthorityFactor.objects.create(
            user=row.user, month=month, factor=to.factor, why=to.why, began_at=now
        )
        if to.factor != before:
            moved += 1
            record(
                kept,
                "authority.counted",
                by=None,
                before={"factor": before},
                after={
                    "factor": to.factor,
                    "month": month,
                    "csat_rate": row.csat_rate,
                    "qa_score": row.qa_score,
                    "sample": row.sample,
                },
            )
    return moved


@transaction.atomic
def cap_authority(
    user: User,
    kind: str,
    amount: Decimal | None,
    *,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> AuthorityCap | None:
    """Bound what ``user`` may decide; zero forbids it, None lifts the cap.

    Raises ``forbidden``, ``person.no_reason``, ``authority.unknown``, ``authority.negative``,
    ``presence.not_agent``. The same again changes nothing.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    if kind not in rules.KINDS:
        raise DomainError("authority.unknown", _("There is no such kind of decision."))
    if amount is not None and amount < 0:
        raise DomainError("authority.negative", _("A cap cannot be negative."))
    if not user.is_agent:
        raise DomainError("presence.not_agent", _("Only people at the desk have a presence."))
    # One at a time: two caps of one moment would leave it open which holds.
    User.objects.select_for_update().get(pk=user.pk)
    now = now or timezone.now()
    before = cap_of(user, kind, now)
    if before == amount:
        return None
    row = AuthorityCap.objects.create(user=user, kind=kind, amount=amount, began_at=now)
    record(
        row,
        "authority.capped" if amount is not None else "authority.cap_lifted",
        by=by,
        before={"amount": before},
        after={"kind": kind, "amount": amount},
        reason=reason,
    )
    return row
