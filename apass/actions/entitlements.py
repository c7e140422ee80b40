"""What may be promised is written here: entitlements, rules and packages, each from a moment on."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from apass.actions.drafts import (
    EntitlementDraft,
    PackageDraft,
    RuleDraft,
    resolved,
)
from apass.entitlements import kinds, rules
from apass.entitlements.catalogue import forget
from apass.entitlements.queries import members_in
from apass.entitlements.rules import Refused
from apass.entitlements.words import refusal
from apass.models import Entitlement, EntitlementRule, Kind, PackageItem, ServicePackage
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

    Raises ``forbidden``, ``entitlement.no_reason``, ``entitlement.quantity``, ``span.backwards``,
    ``parameters.*``, ``entitlement.in_the_past`` and ``entitlement.out_of_order``.
    """
    _begin(by, reason)
    made = Entitlement(**asdict(draft) | {"parameters": {}})
    try:
        rules.check_quantity(draft.quantity)
        rules.check_span(made.span)
        made.parameters = kinds.stored(draft.kind, draft.parameters)
    except Refused as refused:
        raise refusal(refused) from None
    _name(made, draft.promise_zh, draft.promise_en)
    _follow(Entitlement, made, now)
    others = Entitlement.objects.filter(code=draft.code).exclude(kind=draft.kind)
    if others.exists():
        raise DomainError(
            "entitlement.other_kind", _("This code belongs to an entitlement of another kind.")
        )
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
    kind = _kind_of(draft.code)
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
    _somebody(made.segment, now)
    _not_past(made.effective_from, now)
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
    _bounds(made)
    _name(made)
    try:
        rules.check_span(made.span)
        rules.check_segment(made.segment, says_everybody=segment.says_everybody)
        items = {
            code: kinds.stored(_kind_of(code), numbers, partly=True)
            for code, numbers in draft.items.items()
        }
    except Refused as refused:
        raise refusal(refused) from None
    _follow(ServicePackage, made, now)
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
    row = type(row).objects.select_for_update().get(pk=row.pk)
    moment = now or timezone.now()
    if row.effective_until is not None and row.effective_until <= moment:
        raise DomainError("entitlement.ended", _("This holds no more."))
    _not_past(at, now)
    if row.effective_until is not None and at > row.effective_until:
        raise DomainError("entitlement.ends_before", _("It ends before that day already."))
    if at <= row.effective_from:
        raise refusal(Refused("span.backwards"))
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
    transaction.on_commit(forget)


def _follow(model: Any, made: Any, now: datetime | None) -> None:
    """Let the version before end where ``made`` begins; versions follow one another."""
    _not_past(made.effective_from, now)
    last = model.objects.filter(code=made.code).order_by("-effective_from").first()
    if last is None:
        return
    if last.effective_from >= made.effective_from:
        raise DomainError(
            "entitlement.out_of_order",
            _("A version that begins then or later is there already. Begin after it."),
        )
    if last.effective_until is None or last.effective_until > made.effective_from:
        last.effective_until = made.effective_from
        last.save(update_fields=["effective_until"])


def _not_past(at: datetime, now: datetime | None) -> None:
    if at < (now or timezone.now()) - timedelta(minutes=1):
        raise DomainError(
            "entitlement.in_the_past", _("What was promised in the past cannot be changed.")
        )


def _kind_of(code: str) -> str:
    kind = Entitlement.objects.filter(code=code).values_list("kind", flat=True).first()
    if kind is None:
        raise DomainError(
            "entitlement.unknown", _("There is no entitlement of this code."), unknown=code
        )
    return str(Kind(kind))


def _somebody(segment: rules.Segment, now: datetime | None) -> None:
    """Refuse what nobody is meant by, among those who are there."""
    if not members_in(segment, now or timezone.now()).exists():
        raise DomainError(
            "segment.nobody", _("No member is like this. Look at the conditions again.")
        )


def _name(made: Any, *also: str) -> None:
    if not all(one.strip() for one in (made.code, made.name_zh, made.name_en, *also)):
        raise DomainError(
            "entitlement.no_name", _("It needs a code, and its words in both languages.")
        )


def _bounds(made: ServicePackage) -> None:
    clocks = (made.first_reply, made.next_reply, made.complaint_resolution, made.call_back)
    if any(one is not None and one <= timedelta(0) for one in clocks):
        raise DomainError("package.clock", _("A clock needs some time to run."))
    if made.queue_priority is not None and not 1 <= made.queue_priority <= 9:
        raise DomainError("package.priority", _("The place in the queue is from 1 to 9."))
    if made.budget_amount is not None and made.budget_amount < 0:
        raise DomainError("package.budget", _("A budget cannot be less than nothing."))
