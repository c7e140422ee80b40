"""Promises are used here: counted, never more often than promised, given back as a row of its own."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case
from accounts.models import Member, User
from apass.entitlements import kinds, rules
from apass.entitlements.catalogue import catalogue
from apass.entitlements.offers import why_not
from apass.entitlements.queries import shown_entitlements
from apass.entitlements.rules import Refused, Right
from apass.entitlements.words import refusal
from apass.models import Entitlement, Grant, Redemption, RedemptionRelease
from common.errors import DomainError
from common.history import record
from common.rights import require_right

# One more use, unless there is none left: the row is made, or locked and counted, in one statement.
_TAKE = """
INSERT INTO apass_allowance AS a (member_id, code, since, until, used)
VALUES (%(member)s, %(code)s, %(since)s, %(until)s, 1)
ON CONFLICT (member_id, until, code) DO UPDATE SET used = a.used + 1
 WHERE %(quantity)s::int IS NULL OR a.used < %(quantity)s::int
RETURNING id
"""


@transaction.atomic
def redeem(
    member: Member,
    code: str,
    *,
    subject_key: str,
    key: str,
    by: User | None,
    reason: str = "",
    now: datetime | None = None,
) -> Redemption:
    """Use an entitlement of ``member`` once, for the thing ``subject_key`` names.

    ``key`` is the caller's: the same key again, or the same thing again, gives the first answer.
    Raises ``forbidden``, ``conflict.own_case``, ``redemption.no_reason``, ``redemption.no_key``,
    ``redemption.other_request``, ``entitlement.unknown``, ``entitlement.not_yours`` and
    ``entitlement.used_up`` (``again_at``).
    """
    require_right(by, "entitlements.redeem")
    refuse_own_case(member.pk, by)
    if by is not None and not reason.strip():
        raise DomainError("redemption.no_reason", _("Write why you give it."))
    if not key:
        raise DomainError("redemption.no_key", _("Send an Idempotency-Key with it."))
    moment = now or timezone.now()
    _alone(member, code)
    first = Redemption.objects.filter(member=member, idempotency_key=key).first()
    if first is not None:
        if (first.code, first.subject_key) != (code, subject_key):
            raise DomainError(
                "redemption.other_request", _("This key belongs to another redemption.")
            )
        return first
    same = Redemption.objects.filter(
        member=member, code=code, subject_key=subject_key, release=None
    ).first()
    if same is not None:
        return same
    right = _right_of(member, code, moment)
    made = Redemption.objects.create(
        member=member,
        entitlement_id=right.terms.key,
        code=code,
        allowance_id=_take(member, right, moment),
        subject_key=subject_key,
        idempotency_key=key,
        parameters=right.parameters,
        source=f"{right.source.kind}:{right.source.key}",
        at=moment,
        by=by,
        reason=reason,
    )
    record(
        made,
        "redemption.made",
        by=by,
        after={"code": code, "member": member, "subject_key": subject_key, "source": made.source},
        reason=reason,
    )
    return made


@transaction.atomic
def release(
    redemption: Redemption, *, reason: str, by: User | None, now: datetime | None = None
) -> RedemptionRelease:
    """Give a redemption back: it counts no more in its period. Raises ``redemption.released``."""
    require_right(by, "entitlements.redeem")
    refuse_own_case(redemption.member_id, by)
    if not reason.strip():
        raise DomainError("redemption.no_reason", _("Write why it is given back."))
    moment = now or timezone.now()
    _alone(redemption.member, redemption.code)
    made, is_new = RedemptionRelease.objects.get_or_create(
        redemption=redemption, defaults={"at": moment, "by": by, "reason": reason}
    )
    if not is_new:
        raise DomainError("redemption.released", _("This has been given back already."))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE apass_allowance SET used = used - 1 WHERE id = %s", [redemption.allowance_id]
        )
    record(
        redemption,
        "redemption.released",
        by=by,
        before={"code": redemption.code, "subject_key": redemption.subject_key},
        reason=reason,
    )
    return made


@transaction.atomic
def give_grant(
    member: Member,
    code: str,
    *,
    until: datetime,
    by: User | None,
    reason: str,
    parameters: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> Grant:
    """Give a member an entitlement apart from rules and packages, from now up to ``until``.

    Raises ``forbidden``, ``conflict.own_case``, ``grant.no_reason``, ``entitlement.unknown``, ``span.backwards``,
    ``parameters.*`` and ``grant.there`` when a grant of the same code runs already.
    """
    require_right(by, "entitlements.manage")
    refuse_own_case(member.pk, by)
    if not reason.strip():
        raise DomainError("grant.no_reason", _("Write why they are given it."))
    moment = now or timezone.now()
    terms = Entitlement.objects.filter(code=code, is_live=True, effective_from__lte=moment)
    version = terms.order_by("-effective_from").first()
    if version is None or not version.span.has(moment):
        raise _unknown(code)
    try:
        rules.check_span(rules.Span(moment, until))
        numbers = kinds.stored(version.kind, parameters or {}, partly=True)
    except Refused as refused:
        raise refusal(refused) from None
    _alone(member, code)
    if Grant.objects.filter(member=member, code=code, ended_at=None, until__gt=moment).exists():
        raise DomainError("grant.there", _("They were given this already, and it still runs."))
    made = Grant.objects.create(
        member=member,
        code=code,
        since=moment,
        until=until,
        parameters=numbers,
        by=by,
        reason=reason,
    )
    record(
        made,
        "grant.given",
        by=by,
        after={"member": member, "code": code, "until": until, "parameters": numbers},
        reason=reason,
    )
    return made


@transaction.atomic
def end_grant(grant: Grant, *, by: User | None, reason: str, now: datetime | None = None) -> None:
    """Take a grant back from now on; what was redeemed by it is kept. Raises ``grant.ended``."""
    require_right(by, "entitlements.manage")
    refuse_own_case(grant.member_id, by)
    if not reason.strip():
        raise DomainError("grant.no_reason", _("Write why it is taken back."))
    moment = now or timezone.now()
    running = Grant.objects.filter(pk=grant.pk, ended_at=None, until__gt=moment)
    if not running.update(ended_at=moment):
        raise DomainError("grant.ended", _("This grant runs no more."))
    record(
        grant,
        "grant.ended",
        by=by,
        before={"ended_at": None},
        after={"ended_at": moment},
        reason=reason,
    )


def _alone(member: Member, code: str) -> None:
    """Let nobody else use the same entitlement of the same member until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"entitlement:{member.pk}:{code}"],
        )


def _right_of(member: Member, code: str, at: datetime) -> Right:
    right = next((one for one in shown_entitlements(member, at) if one.code == code), None)
    if right is not None:
        return right
    if code not in catalogue().terms_at(at):
        raise _unknown(code)
    reason, again_at = why_not(member, code, at)
    raise DomainError("entitlement.not_yours", reason, again_at=again_at and again_at.isoformat())


def _take(member: Member, right: Right, at: datetime) -> int:
    period = rules.period_of(right.terms.period, at)
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "member": member.pk,
                "code": right.code,
                "since": period.since,
                "until": period.until,
                "quantity": right.terms.quantity,
            },
        )
        row = cursor.fetchone()
    if row is None:
        reason, again_at = why_not(member, right.code, at)
        raise DomainError("entitlement.used_up", reason, again_at=again_at and again_at.isoformat())
    return int(row[0])


def _unknown(code: str) -> DomainError:
    return DomainError(
        "entitlement.unknown", _("There is no entitlement of this code."), unknown=code
    )
