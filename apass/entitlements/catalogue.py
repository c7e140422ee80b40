"""What may be promised, kept in the process: a few rows, asked by every answer, fresh within a second."""

import time
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from apass.entitlements import rules
from apass.entitlements.rules import Claim, Facts, Package, Right, Terms
from apass.models import Entitlement, EntitlementRule, PackageItem, ServicePackage
from common.rules import SHANGHAI

_RECHECK_SECONDS = 1.0
_MOST_PLANS = 5000
_held: "Catalogue | None" = None
_checked_at = float("-inf")

Plan = tuple[Right, ...]


@dataclass
class Catalogue:
    """Entitlements, rules and packages of all times, and what follows for members of equal facts.

    Nothing but tier, band, guide, first order, day of registration and moment decides: members who
    do not differ in what the definitions tell apart share one plan.
    """

    entitlements: dict[int, Entitlement]
    packages: dict[int, ServicePackage]
    terms: list[Terms]
    known_claims: list[Claim]
    known_packages: list[Package]
    # The days rules tell registrations apart by, and the tiers they ask it of; none: of all.
    days: list[date] = field(default_factory=list)
    day_tiers: frozenset[str] = frozenset()
    _moments: list[datetime] = field(default_factory=list)
    _plans: dict[tuple[object, ...], Plan] = field(default_factory=dict)

    has_rollouts: bool = False

    def __post_init__(self) -> None:
        self.has_rollouts = any(one.rollout for one in self.terms)
        segments = [one.segment for one in self.givers]
        starts = {one.registered_from for one in segments}
        after = {
            one.registered_until + timedelta(days=1) for one in segments if one.registered_until
        }
        self.days = sorted(one for one in {*starts, *after} if one)
        asking = [one for one in segments if one.registered_from or one.registered_until]
        if all(one.tiers for one in asking):
            self.day_tiers = frozenset().union(*(one.tiers for one in asking))
        spans = [*(one.span for one in self.terms), *(one.span for one in self.givers)]
        edges = {one.since for one in spans} | {one.until for one in spans}
        self._moments = sorted(one for one in edges if one)

    @property
    def givers(self) -> list[Claim | Package]:
        """All that gives an entitlement to a segment."""
        return [*self.known_claims, *self.known_packages]

    def plan(self, facts: Facts, at: datetime) -> Plan:
        """Return what members of these facts are promised at ``at``; nothing is used yet."""
        key = (
            facts.tier,
            facts.band,
            facts.is_guided,
            facts.has_first_order_open,
            self._day_of(facts.registered_at),
            bisect_right(self._moments, at),
        )
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = tuple(
                rules.rights_for(facts, self.terms, self.known_claims, self.known_packages, at)
            )
        return plan

    def package(self, facts: Facts, at: datetime) -> ServicePackage | None:
        """Return the package members of these facts have at ``at``."""
        found = rules.package_for(facts, self.known_packages, at)
        return self.packages[found.key] if found else None

    def terms_at(self, at: datetime) -> dict[str, Terms]:
        """Return the versions in force at ``at``, by code."""
        return {one.code: one for one in self.terms if one.span.has(at)}

    def _day_of(self, registered_at: datetime | None) -> int:
        if not self.days:
            return 0
        if registered_at is None:
            return -1
        return bisect_right(self.days, registered_at.astimezone(SHANGHAI).date())


def catalogue() -> Catalogue:
    """Return what may be promised. Changes of other processes are seen within a second."""
    global _held, _checked_at
    held = _held
    if held is None or time.monotonic() - _checked_at > _RECHECK_SECONDS:
        held = read_catalogue()
        # Swapped whole: other threads see either the old one or the new one.
        _held, _checked_at = held, time.monotonic()
    return held


def read_catalogue() -> Catalogue:
    """Read it from the tables, as this transaction sees them."""
    entitlements = Entitlement.objects.filter(is_live=True).in_bulk()
    packages = ServicePackage.objects.in_bulk()
    items: dict[int, list[PackageItem]] = {}
    for item in PackageItem.objects.all():
        items.setdefault(item.package_id, []).append(item)
    return Catalogue(
        entitlements,
        packages,
        [one.terms for one in entitlements.values()],
        [one.claim for one in EntitlementRule.objects.all()],
        [
            one.package((item.code, item.parameters) for item in items.get(key, ()))
            for key, one in packages.items()
        ],
    )


def forget() -> None:
    """Drop what this process remembers, so that the next question reads the tables."""
    global _checked_at
    _checked_at = float("-inf")
