"""What may be promised is written here: entitlements, rules and packages, each from a moment on."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from apass.actions.definition_checks import (
    kind_of,
    require_moments,
    require_names,
    require_not_past,
    require_rank,
    require_rollout,
    require_same_promise,
    require_service,
    require_somebody,
)
from apass.actions.drafts import EntitlementDraft, PackageDraft, RuleDraft, resolved
from apass.entitlements import kinds, rules
from apass.entitlements.catalogue import forget
from apass.entitlements.rules import Refused
from apass.entitlements.words import refusal
from apass.models import (
    Entitlement,
    EntitlementRule,
    PackageItem,
    ServicePackage,
)
from common.errors import DomainError
from common.history import record
from common.rights import require_right

RIGHT = "entitlements.manage"
_ORDER = 0x656E7469  # one writer of definitions at a time: each is checked against all others


@transaction.atomic
def publish_entitlement(
    draft: EntitlementDraft, *, by: User | None, reason: str, now: datetime | None = None
) -> Entitlement:
    """Make an entitlement, or its next version: what is in force under its code ends when this begins.

    Raises ``forbidden``, ``entitlement.no_reason``, ``entitlement.quantity``,
    ``entitlement.too_often``, ``span.*``, ``parameters.*``, ``promise.unknown_number``, ``entitlement.in_the_past``,
    ``entitlement.out_of_order``, ``entitlement.other_kind``, ``entitlement.other_period`` and
    ``entitlement.unknown_rollout``.
    """
    _begin(by, reason)
    made = Entitlement(**asdict(draft) | {"parameters": {}})
    try:
        rules.check_quantity(draft.quantity)
        rules.check_span(made.span)
        made.parameters = kinds.stored(draft.kind, draft.parameters)
        kinds.check_words(draft.kind, draft.promise_zh, draft.promise_en)
    except Refused as refused:
        raise refusal(refused) from None
    require_names(made, draft.promise_zh, draft.promise_en)
    _follow(made, "entitlement", now, by, reason)
    require_same_promise(made)
    require_rollout(made.rollout_code)
    made.save(force_insert=True)
    return _published(made, "entitlement", by, reason)


@transaction.atomic
def publish_rule(
    draft: RuleDraft, *, by: User | None, reason: str, now: datetime | None = None
) -> EntitlementRule:
    """Say who else has an entitlement. Also raises ``segment.*`` and ``rule.ambiguous``.

    A named segment is copied as it is at this moment: what is promised does not move with it.
    """
    _begin(by, reason)
    require_rank(draft.rank)
    kind = kind_of(draft.code)
    segment = resolved(draft.segment)
    made = EntitlementRule(
        code=draft.code,
        rank=draft.rank,
        effective_from=draft.effective_from,
        effective_until=draft.effective_until,
        **segment.fields(),
    )
    try:
        rules.check_span(made.span)
        rules.check_segment(made.segment, says_everybody=segment.says_everybody)
        made.parameters = kinds.stored(kind, draft.parameters, partly=True)
        rules.check_claim(
            made.claim, [one.claim for one in EntitlementRule.objects.filter(code=draft.code)]
        )
    except Refused as refused:
        raise refusal(refused) from None
    require_somebody(made.segment, now)
    require_not_past(made.effective_from, now)
    made.save(force_insert=True)
    return _published(made, "entitlement_rule", by, reason)


@transaction.atomic
def publish_package(
    draft: PackageDraft, *, by: User | None, reason: str, now: datetime | None = None
) -> ServicePackage:
    """Make a service package, or its next version. Also raises ``segment.*`` and ``package.overlaps``."""
    _begin(by, reason)
    given = {
        name: value
        for name, value in vars(draft).items()
        if name not in {"segment", "items", "parameters"}
    }
    segment = resolved(draft.segment)
    made = ServicePackage(**given, **segment.fields())
    require_service(made)
    require_names(made)
    try:
        rules.check_span(made.span)
        rules.check_segment(made.segment, says_everybody=segment.says_everybody)
        items = {
            code: kinds.stored(kind_of(code), numbers, partly=True)
            for code, numbers in draft.items.items()
        }
    except Refused as refused:
        raise refusal(refused) from None
    _follow(made, "service_package", now, by, reason)
    try:
        rules.check_package(made.package(), [one.package() for one in ServicePackage.objects.all()])
    except Refused as refused:
        raise refusal(refused) from None
    made.save(force_insert=True)
    PackageItem.objects.bulk_create(
        PackageItem(package=made, code=code, parameters=numbers) for code, numbers in items.items()
    )
    return _published(made, "service_package", by, reason, entitlements=sorted(items))


class _Tried(Exception):
    """Takes back what was tried."""


def refusal_to_publish(
    draft: EntitlementDraft | RuleDraft | PackageDraft, *, by: User | None, reason: str
) -> DomainError | None:
    """Try ``draft`` out without keeping anything; return why it is refused, None when it is not."""
    try:
        with transaction.atomic():
            match draft:
                case EntitlementDraft():
                    publish_entitlement(draft, by=by, reason=reason)
                case RuleDraft():
                    publish_rule(draft, by=by, reason=reason)
                case PackageDraft():
                    publish_package(draft, by=by, reason=reason)
            raise _Tried
    except _Tried:
        return None
    except DomainError as refused:
        return refused


@transaction.atomic
def end_entitlement(
    row: Entitlement, *, at: datetime, by: User | None, reason: str, now: datetime | None = None
) -> None:
    """Promise it no more from ``at`` on; what was redeemed is kept. Raises ``entitlement.ended``."""
    _end(row, "entitlement", at, by, reason, now)


@transaction.atomic
def end_rule(
    row: EntitlementRule, *, at: datetime, by: User | None, reason: str, now: datetime | None = None
) -> None:
    """Let a rule hold no more from ``at`` on."""
    _end(row, "entitlement_rule", at, by, reason, now)


@transaction.atomic
def end_package(
    row: ServicePackage, *, at: datetime, by: User | None, reason: str, now: datetime | None = None
) -> None:
    """Serve nobody with a package any more from ``at`` on."""
    _end(row, "service_package", at, by, reason, now)


def _begin(by: User | None, reason: str) -> None:
    require_right(by, RIGHT)
    if not reason.strip():
        raise DomainError("entitlement.no_reason", _("Write why this is promised or no more."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ORDER])


def _published(made: Any, noun: str, by: User | None, reason: str, **also: Any) -> Any:
    after = {
        field.name: getattr(made, field.attname)
        for field in made._meta.concrete_fields
        if not field.primary_key
    }
    record(made, f"{noun}.published", by=by, after=after | also, reason=reason)
    transaction.on_commit(forget)
    return made


def _end(
    row: Any, noun: str, at: datetime, by: User | None, reason: str, now: datetime | None
) -> None:
    _begin(by, reason)
    require_moments(at)
    row = type(row).objects.select_for_update().get(pk=row.pk)
    moment = now or timezone.now()
    if row.effective_until is not None and row.effective_until <= moment:
        raise DomainError("entitlement.ended", _("This holds no more."))
    require_not_past(at, now)
    if row.effective_until is not None and at > row.effective_until:
        raise DomainError("entitlement.ends_before", _("It ends before that day already."))
    if at <= row.effective_from:
        raise refusal(Refused("span.backwards"))
    _cut(row, noun, at, by, reason)
    transaction.on_commit(forget)


def _cut(row: Any, noun: str, at: datetime, by: User | None, reason: str) -> None:
    before, row.effective_until = row.effective_until, at
    row.save(update_fields=["effective_until"])
    record(
        row,
        f"{noun}.ended",
        by=by,
        before={"effective_until": before},
        after={"effective_until": at},
        reason=reason,
    )


def _follow(made: Any, noun: str, now: datetime | None, by: User | None, reason: str) -> None:
    """Let the version before end where ``made`` begins; versions follow one another."""
    require_not_past(made.effective_from, now)
    last = type(made).objects.filter(code=made.code).order_by("-effective_from").first()
    if last is None:
        return
    if last.effective_from >= made.effective_from:
        raise DomainError(
            "entitlement.out_of_order",
            _("A version that begins then or later is there already. Begin after it."),
        )
    if last.effective_until is None or last.effective_until > made.effective_from:
        _cut(last, noun, made.effective_from, by, reason)
