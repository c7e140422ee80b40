"""What members are promised, and what the desk may give them now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import CreditBand, Member
from apass.entitlements import rules
from apass.entitlements.catalogue import Catalogue, Plan, catalogue
from apass.entitlements.kinds import best_of
from apass.entitlements.reading import Found, Given, read_one
from apass.entitlements.reading_many import Answers, read_many
from apass.entitlements.rules import (
    GRANT,
    Facts,
    Right,
    Source,
    Terms,
    changes_at,
    known_change,
    soonest,
)
from apass.models import ServicePackage
from apass.rollouts.deciding import decide, meet
from apass.rollouts.rules import Decision, Subject
from common.rules import midnight, midnight_after

Ask = Callable[..., Decision]
"""``decide`` leaves no trace; ``meet`` notes that the member has met the rollout."""


def entitlements_of(member: Member, at: datetime | None = None) -> list[Right]:
    """Return what ``member`` is promised at ``at`` (now when left out), by code: one query.

    At a moment of the past it is what was promised then; what is left of a period is what is left
    now.
    """
    moment = at or timezone.now()
    found = read_one(member.pk, moment)
    return [] if found is None else list(_rights(catalogue(), found, member.pk, moment))


def shown_entitlements(member: Member, now: datetime) -> list[Right]:
    """Return what ``member`` is promised, to be shown or used: they meet the rollouts it is behind."""
    found = read_one(member.pk, now)
    return [] if found is None else list(_rights(catalogue(), found, member.pk, now, ask=meet))


def entitlements_of_many(
    member_ids: Sequence[int], at: datetime | None = None
) -> Mapping[int, Sequence[Right]]:
    """Return what each of the members is promised at ``at``: one query for all of them.

    What follows from it is worked out when it is read, once for all members of whom the same counts.
    """
    moment, held = at or timezone.now(), catalogue()

    def rights(member_id: int, found: Found) -> Plan:
        return _rights(held, found, member_id, moment)

    # A rollout tells members apart by their key, and asks for the very moment of registration.
    each = held.has_rollouts
    found = read_many(member_ids, moment, days=held.days, tiers=held.day_tiers, exact=each)
    return Answers(found, rights, alike=not each)


def gained(before: str, after: str, at: datetime) -> list[Right]:
    """Return what members of the tier ``after`` are promised that ``before`` is not, or not so much of.

    Whatever their credit: what some credit brings, or what is only tried on some, is left out.
    """
    held = catalogue()
    some, *others = (_gained_with(band, held, before, after, at) for band in CreditBand.values)
    return [
        one
        for one in some.values()
        if all(_is_same(other.get(one.code), one.parameters) for other in others)
    ]


def is_open_for(rollout_code: str, member_id: int, facts: Facts, at: datetime) -> bool:
    """Tell whether what is behind a rollout is open for a member; without a rollout it always is.

    What names a rollout that the house does not know is open to nobody.
    """
    return not rollout_code or _asked(decide, rollout_code, member_id, facts, at).is_in


def package_of(member: Member, at: datetime | None = None) -> ServicePackage | None:
    """Return the service package ``member`` has at ``at``: one query."""
    moment, held = at or timezone.now(), catalogue()
    if not held.packages:
        return None
    found = read_one(member.pk, moment)
    return held.package(found.facts, moment) if found else None


def facts_of(member: Member, at: datetime) -> Facts:
    """Return what counts of ``member`` at ``at``; of one who is not there what their row says."""
    found = read_one(member.pk, at)
    return found.facts if found else Facts(member.tier, CreditBand.FAIR.value)


def members_in(segment: rules.Segment, at: datetime) -> Any:
    """Return the members of a segment at ``at``, as rows to count or to list."""
    period = Q(periods__since__lte=at) & (Q(periods__until=None) | Q(periods__until__gt=at))
    rows = Member.objects.filter(hidden_at=None, erased_at=None)
    if segment.tiers:
        with_period = Member.objects.filter(period, periods__tier__in=segment.tiers)
        without = Q(tier__in=segment.tiers) & ~Q(pk__in=Member.objects.filter(period).values("pk"))
        rows = rows.filter(Q(pk__in=with_period.values("pk")) | without)
    if segment.bands:
        inside = Q(
            pk__in=Member.objects.filter(period, periods__band__in=segment.bands).values("pk")
        )
        if CreditBand.FAIR in segment.bands:
            inside |= ~Q(pk__in=Member.objects.filter(period).values("pk"))
        rows = rows.filter(inside)
    guided = (
        Q(guide__began_at__lte=at, guide__ends_at__gt=at, guide__doubled_with=None)
        & (Q(guide__ended_at=None) | Q(guide__ended_at__gt=at))
    )  # fmt: skip
    if segment.guided is not None:
        led = Q(pk__in=Member.objects.filter(guided).values("pk"))
        rows = rows.filter(led if segment.guided else ~led)
    if segment.registered_from:
        rows = rows.filter(registered_at__gte=midnight(segment.registered_from))
    if segment.registered_until:
        rows = rows.filter(registered_at__lt=midnight_after(segment.registered_until))
    return rows


def _gained_with(
    band: str, held: Catalogue, before: str, after: str, at: datetime
) -> dict[str, Right]:
    had = {one.code: one.parameters for one in held.plan(Facts(before, band), at)}
    return {
        one.code: one
        for one in held.plan(Facts(after, band), at)
        if not one.terms.rollout
        and not (one.code in had and best_of(had[one.code], one.parameters) == had[one.code])
    }


def _is_same(right: Right | None, parameters: Mapping[str, Any]) -> bool:
    return right is not None and right.parameters == parameters


def _rights(
    held: Catalogue, found: Found, member_id: int, at: datetime, *, ask: Ask = decide
) -> Plan:
    facts, used, given = found
    plan = held.plan(facts, at)
    if held.has_rollouts:
        plan = _open_ones(plan, ask, member_id, facts, at)
    # What was given to somebody by name is theirs, whoever else the rollout lets in.
    if given:
        plan = _with_grants(held, plan, given, facts, at)
    change = known_change(facts)
    if not used and change is None:
        return plan
    return tuple(_own(one, change, used) for one in plan)


def _open_ones(plan: Plan, ask: Ask, member_id: int, facts: Facts, at: datetime) -> Plan:
    """Leave out what a rollout keeps closed; what was promised before it stepped back is marked."""
    rights = []
    for right in plan:
        if right.terms.rollout:
            decision = _asked(ask, right.terms.rollout, member_id, facts, at)
            if not decision.is_in:
                continue
            if decision.is_promised:
                right = right._replace(until=soonest(right.until, decision.until), kept=True)
        rights.append(right)
    return tuple(rights)


def _asked(ask: Ask, code: str, member_id: int, facts: Facts, at: datetime) -> Decision:
    return ask(code, Subject(f"member:{member_id}", facts.tier, facts.registered_at), now=at)


def _own(right: Right, change: datetime | None, used: Mapping[str, int]) -> Right:
    """Return a right of a plan as it is this member's: how often still, and until when."""
    code, terms, parameters, source, until, left, kept = right
    if left is not None and code in used:
        left = max(left - used[code], 0)
    if change is not None and source.kind != GRANT and (until is None or change < until):
        until = change
    return Right(code, terms, parameters, source, until, left, kept)


def _with_grants(
    held: Catalogue, plan: Plan, given: Iterable[Given], facts: Facts, at: datetime
) -> Plan:
    rights, terms = {one.code: one for one in plan}, held.terms_at(at)
    for one in given:
        if version := terms.get(one.code):
            rights[one.code] = _granted(version, one, rights.get(one.code), facts)
    return tuple(rights[code] for code in sorted(rights))


def _granted(version: Terms, one: Given, before: Right | None, facts: Facts) -> Right:
    """Return what a grant makes of what the member has without it: more or longer, never less."""
    numbers = {**version.parameters, **one.parameters}
    until = soonest(one.until, version.span.until)
    source = Source(GRANT, one.key, one.since)
    if before is None:
        return Right(one.code, version, numbers, source, until, version.quantity)
    best = best_of(before.parameters, numbers)
    if best == before.parameters and _lasts(changes_at(facts, before), until):
        return before
    # Of both together the first end changes something, unless the grant alone is as good as both.
    is_enough = best_of(numbers, before.parameters) == numbers
    ends = until if is_enough else soonest(until, changes_at(facts, before))
    return before._replace(parameters=best, source=source, until=ends, kept=False)


def _lasts(first: datetime | None, other: datetime | None) -> bool:
    return first is None or (other is not None and first >= other)
