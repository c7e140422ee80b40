"""Who is promised what: segments, periods, and which of several sources counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from common.rules import SHANGHAI, is_in_bounds, midnight, shanghai_day

MOST_OFTEN = 1_000_000
BEGINNING = datetime(2000, 1, 1, tzinfo=SHANGHAI)
FOREVER = datetime(9999, 1, 1, tzinfo=SHANGHAI)

DAY, MONTH, YEAR, ONCE = "day", "month", "year", "once"
PACKAGE, RULE, GRANT = "package", "rule", "grant"
"""Where a right comes from."""


class Refused(ValueError):
    """A definition that cannot hold. ``code`` is stable; ``facts`` help to say why."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class Facts:
    """What counts of a member at a moment.

    ``is_guided``: led by the hand, and not a second account. ``has_first_order_open``: guided, and no
    order is completed yet. The three ``_until`` are when that is known to change.
    """

    tier: str
    band: str
    is_guided: bool = False
    has_first_order_open: bool = False
    registered_at: datetime | None = None
    period_until: datetime | None = None
    guide_until: datetime | None = None
    title_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Who: each of the conditions must hold; an empty one asks nothing.

    ``registered_from`` and ``registered_until`` are days in Shanghai, the last one included.
    """

    tiers: frozenset[str] = frozenset()
    bands: frozenset[str] = frozenset()
    guided: bool | None = None
    registered_from: date | None = None
    registered_until: date | None = None

    @property
    def is_everybody(self) -> bool:
        return not (
            self.tiers
            or self.bands
            or self.guided is not None
            or self.registered_from
            or self.registered_until
        )

    def has(self, facts: Facts) -> bool:
        """Tell whether a member of these facts is meant."""
        if self.tiers and facts.tier not in self.tiers:
            return False
        if self.bands and facts.band not in self.bands:
            return False
        if self.guided is not None and facts.is_guided != self.guided:
            return False
        if not (self.registered_from or self.registered_until):
            return True
        if facts.registered_at is None:
            return False
        day = shanghai_day(facts.registered_at)
        return (self.registered_from or date.min) <= day <= (self.registered_until or date.max)

    def meets(self, other: "Segment") -> bool:
        """Tell whether somebody could be meant by both."""
        if self.tiers and other.tiers and not self.tiers & other.tiers:
            return False
        if self.bands and other.bands and not self.bands & other.bands:
            return False
        if None not in (self.guided, other.guided) and self.guided != other.guided:
            return False
        starts = max(self.registered_from or date.min, other.registered_from or date.min)
        ends = min(self.registered_until or date.max, other.registered_until or date.max)
        return starts <= ends


def check_segment(segment: Segment, *, says_everybody: bool) -> None:
    """Refuse who nobody can be, and everybody unless it is said. Raises ``Refused``."""
    starts, ends = segment.registered_from, segment.registered_until
    check_moments(starts, ends)
    if starts and ends and ends < starts:
        raise Refused("segment.nobody", registered_from=starts, registered_until=ends)
    if segment.is_everybody and not says_everybody:
        raise Refused("segment.everybody")
    if not segment.is_everybody and says_everybody:
        raise Refused("segment.not_everybody")


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment up to another, which is no longer inside."""

    since: datetime
    until: datetime | None = None

    def has(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def meets(self, other: "Span") -> bool:
        return self.since < (other.until or FOREVER) and other.since < (self.until or FOREVER)


def check_moments(*moments: date | None) -> None:
    """Refuse years nobody means. Raises ``Refused``."""
    if not is_in_bounds(*moments):
        raise Refused("span.far_off")


def check_span(span: Span) -> None:
    """Refuse years nobody means, and an end that is not after the beginning. Raises ``Refused``."""
    check_moments(span.since, span.until)
    if span.until is not None and span.until <= span.since:
        raise Refused("span.backwards", since=span.since, until=span.until)


def check_quantity(quantity: int | None) -> None:
    """Refuse none, less than none and a slip of the hand; None is without limit. Raises ``Refused``."""
    if quantity is None:
        return
    if quantity <= 0:
        raise Refused("entitlement.quantity", quantity=quantity)
    if quantity > MOST_OFTEN:
        raise Refused("entitlement.too_often", most=MOST_OFTEN)


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of an entitlement: what is promised, how often in which period."""

    code: str
    kind: str
    period: str
    quantity: int | None
    span: Span
    parameters: dict[str, Any] = field(default_factory=dict)
    rollout: str = ""
    key: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A rule by which a segment has an entitlement; of several the lowest ``rank`` counts."""

    code: str
    segment: Segment
    span: Span
    rank: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)
    key: int = 0


@dataclass(frozen=True, slots=True)
class Package:
    """A service package: entitlements for a segment. Each member has one: the lowest ``rank``."""

    code: str
    rank: int
    segment: Segment
    span: Span
    items: tuple[tuple[str, dict[str, Any]], ...] = ()
    key: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where a right comes from: which package, rule or grant, and since when that holds."""

    kind: str
    key: int
    since: datetime


class Right(NamedTuple):
    """What one member is promised at a moment.

    ``until`` is the first change that is known: of the source, the guide, the title, the period.
    ``left`` is what is left in the period that runs, None without limit. ``kept``: a promise given
    before a rollout stepped back is all that it still rests on.
    """

    code: str
    terms: Terms
    parameters: dict[str, Any]
    source: Source
    until: datetime | None
    left: int | None
    kept: bool = False


def check_claim(new: Claim, others: Iterable[Claim]) -> None:
    """Refuse two rules of which nobody could say which counts. Raises ``Refused``."""
    for other in others:
        if (
            other.code == new.code
            and other.rank == new.rank
            and other.key != new.key
            and other.parameters != new.parameters
            and other.span.meets(new.span)
            and other.segment.meets(new.segment)
        ):
            raise Refused("rule.ambiguous", other=other.key)


def check_package(new: Package, others: Iterable[Package]) -> None:
    """Refuse two packages of one rank that somebody could have at one moment. Raises ``Refused``."""
    for other in others:
        if (
            other.rank == new.rank
            and other.key != new.key
            and other.span.meets(new.span)
            and other.segment.meets(new.segment)
        ):
            raise Refused("package.overlaps", other=other.code)


def period_of(period: str, at: datetime) -> Span:
    """Return the period in Shanghai that ``at`` is in: its first moment, and the first after it."""
    day = shanghai_day(at)
    match period:
        case "day":
            return Span(midnight(day), midnight(day + timedelta(days=1)))
        case "month":
            first = day.replace(day=1)
            return Span(midnight(first), midnight((first + timedelta(days=31)).replace(day=1)))
        case "year":
            return Span(midnight(date(day.year, 1, 1)), midnight(date(day.year + 1, 1, 1)))
        case _:
            return Span(BEGINNING, FOREVER)


def package_for(facts: Facts, packages: Iterable[Package], at: datetime) -> Package | None:
    """Return the one package a member of these facts has at ``at``."""
    fitting = [one for one in packages if one.span.has(at) and one.segment.has(facts)]
    return min(fitting, key=lambda one: (one.rank, one.code), default=None)


FIRST_ORDER, WORRY_FREE = "first_order", "worry_free_return"
GUIDED_KINDS = frozenset({FIRST_ORDER, WORRY_FREE})
"""Promises of the guide party: they end with it, whoever else a rule names."""


def is_due(kind: str, facts: Facts) -> bool:
    """Tell whether a kind of promise can be a member's at all: the first order is guaranteed once."""
    if kind == FIRST_ORDER:
        return facts.has_first_order_open
    return kind != WORRY_FREE or facts.is_guided


def rights_for(
    facts: Facts,
    terms: Sequence[Terms],
    claims: Sequence[Claim],
    packages: Sequence[Package],
    at: datetime,
) -> list[Right]:
    """Return what members of these facts are promised at ``at``, by code; nothing is used yet.

    A rule counts before the package. ``until`` knows the definitions, not yet the member.
    """
    in_force = {one.code: one for one in terms if one.span.has(at)}
    found: dict[str, Right] = {}
    package = package_for(facts, packages, at)
    for code, parameters in package.items if package else ():
        _add(found, in_force.get(code), facts, parameters, package, PACKAGE)
    for claim in sorted(claims, key=lambda one: (-one.rank, -one.key)):
        if claim.span.has(at) and claim.segment.has(facts):
            _add(found, in_force.get(claim.code), facts, claim.parameters, claim, RULE)
    return [found[code] for code in sorted(found)]


def _add(
    found: dict[str, Right],
    terms: Terms | None,
    facts: Facts,
    parameters: dict[str, Any],
    giver: Any,
    kind: str,
) -> None:
    if terms is None or not is_due(terms.kind, facts):
        return
    found[terms.code] = Right(
        terms.code,
        terms,
        {**terms.parameters, **parameters},
        Source(kind, giver.key, max(giver.span.since, terms.span.since)),
        soonest(giver.span.until, terms.span.until),
        terms.quantity,
    )


def soonest(*moments: datetime | None) -> datetime | None:
    """Return the first of the moments that are known."""
    return min((one for one in moments if one is not None), default=None)


def known_change(facts: Facts) -> datetime | None:
    """Return when the facts of a member are known to change."""
    guide = facts.guide_until if facts.is_guided else None
    return soonest(facts.period_until, guide, facts.title_until)


def changes_at(facts: Facts, right: Right) -> datetime | None:
    """Return when a right is known to change for a member of these facts."""
    return soonest(right.until, known_change(facts))
