"""Definitions as they were filled in, before anything is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Segment
from apass.entitlements import named_segments, rules
from apass.models import Guided
from common.errors import DomainError


@dataclass(frozen=True, kw_only=True)
class SegmentDraft:
    """Whom something is for, as it was filled in; ``named`` is the code of a segment that says it all."""

    named: str = ""
    tiers: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    guided: str = Guided.ANY
    registered_from: date | None = None
    registered_until: date | None = None
    says_everybody: bool = False

    def fields(self) -> dict[str, Any]:
        """Return the columns of a rule or package that say whom it is for."""
        return {
            "tiers": list(self.tiers),
            "bands": list(self.bands),
            "guided": self.guided,
            "registered_from": self.registered_from,
            "registered_until": self.registered_until,
            "segment_code": self.named,
        }


@dataclass(frozen=True, kw_only=True)
class EntitlementDraft:
    """An entitlement, or its next version, as it was filled in."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    promise_zh: str
    promise_en: str
    period: str = rules.ONCE
    quantity: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    effective_from: datetime
    effective_until: datetime | None = None
    is_live: bool = True
    rollout_code: str = ""


@dataclass(frozen=True, kw_only=True)
class RuleDraft:
    """A rule of who has an entitlement, as it was filled in."""

    code: str
    segment: SegmentDraft
    rank: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    effective_from: datetime
    effective_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PackageDraft:
    """A service package, or its next version, as it was filled in."""

    code: str
    name_zh: str
    name_en: str
    segment: SegmentDraft
    rank: int = 10
    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    first_reply: timedelta | None = None
    next_reply: timedelta | None = None
    complaint_resolution: timedelta | None = None
    call_back: timedelta | None = None
    queue_priority: int | None = None
    team_code: str = ""
    persona: str = ""
    budget_amount: Decimal | None = None
    effective_from: datetime
    effective_until: datetime | None = None


def resolved(draft: SegmentDraft) -> SegmentDraft:
    """Return whom it is for with the conditions of the segment it names, which cannot go meanwhile."""
    if not draft.named:
        return draft
    if draft != SegmentDraft(named=draft.named):
        raise DomainError(
            "segment.twice", _("Choose a segment, or name conditions; both at once is unclear.")
        )
    segment = Segment.objects.select_for_update().filter(code=draft.named).first()
    if segment is None:
        raise DomainError("segment.unknown", _("There is no segment of this code any more."))
    if not named_segments.fits(segment):
        raise DomainError(
            "segment.moves",
            _("Promises go by tier, credit band, guide and registration alone: scores move daily."),
        )
    found = named_segments.fields_of(segment)
    return SegmentDraft(
        named=draft.named,
        tiers=tuple(found["tiers"]),
        bands=tuple(found["bands"]),
        guided=found["guided"],
        registered_from=found["registered_from"],
        registered_until=found["registered_until"],
    )
