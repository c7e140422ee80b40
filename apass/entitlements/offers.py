"""What may be given to a member now, and why the rest may not: the desk's panel, the member's page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Member, Tier
from apass.entitlements import rules
from apass.entitlements.catalogue import Catalogue, catalogue
from apass.entitlements.queries import entitlements_of, facts_of, is_open_for, shown_entitlements
from apass.entitlements.rules import Facts, Right, Terms
from apass.entitlements.words import day_words, filled, limit_words, often_words, source_words
from apass.models import Kind

BY_HAND = frozenset({Kind.RETURN_CARD, Kind.FREE_PICKUP, Kind.NO_RETURN, Kind.WORRY_FREE})
"""What an agent gives with a button; the others are clocks and quotas that work by themselves."""


@dataclass(frozen=True)
class Refusal:
    """What a member is not promised now: why, and from when it may be; None when nobody knows."""

    terms: Terms
    reason: str
    again_at: datetime | None


def offers_of(member: Member, at: datetime) -> tuple[list[Right], list[Refusal]]:
    """Return what may be given to ``member`` at ``at``, and what may not with the reason."""
    held, rights = catalogue(), shown_entitlements(member, at)
    allowed = [one for one in rights if one.left is None or one.left > 0]
    used = [_used_up(one, at) for one in rights if one.left == 0]
    mine = {one.code for one in rights}
    rest = [one for code, one in sorted(held.terms_at(at).items()) if code not in mine]
    facts = facts_of(member, at) if rest else None
    missing = [
        _missing(held, one, facts, at)
        for one in rest
        if facts is not None and is_open_for(one.rollout, member.pk, facts, at)
    ]
    return allowed, used + missing


def why_not(member: Member, code: str, at: datetime) -> tuple[str, datetime | None]:
    """Say why ``member`` cannot have ``code`` at ``at``, and from when they can, when that is known."""
    held = catalogue()
    right = next((one for one in entitlements_of(member, at) if one.code == code), None)
    if right is not None:
        refused = _used_up(right, at)
    else:
        refused = _missing(held, held.terms_at(at)[code], facts_of(member, at), at)
    return refused.reason, refused.again_at


def _used_up(right: Right, at: datetime) -> Refusal:
    if right.terms.period == rules.ONCE:
        return Refusal(right.terms, _("Used up."), None)
    until = rules.period_of(right.terms.period, at).until
    again_at = None if right.until and until and right.until <= until else until
    if again_at is None:
        return Refusal(right.terms, _("Used up."), None)
    return Refusal(
        right.terms, _("Used up; again from %(day)s.") % {"day": day_words(again_at)}, again_at
    )


def _missing(held: Catalogue, terms: Terms, facts: Facts, at: datetime) -> Refusal:
    givers = [one for one in held.givers if one.span.has(at) and terms.code in _codes(one)]
    tiers = {tier for one in givers for tier in one.segment.tiers}
    if facts.tier in tiers or (givers and not tiers):
        return Refusal(terms, _of_guide(terms, facts), None)
    later = [
        one.span.since
        for one in held.givers
        if one.span.since > at and terms.code in _codes(one) and one.segment.has(facts)
    ]
    if later:
        first = min(later)
        return Refusal(terms, _("Promised from %(day)s on.") % {"day": day_words(first)}, first)
    if not tiers:
        return Refusal(terms, _("Given to single members only."), None)
    names = "、".join(str(Tier(one).label) for one in Tier.values if one in tiers)
    return Refusal(terms, _("For %(tiers)s.") % {"tiers": names}, None)


def _of_guide(terms: Terms, facts: Facts) -> str:
    if terms.kind == rules.FIRST_ORDER and facts.is_guided:
        return _("The first order is completed; it was for that one.")
    if terms.kind in rules.GUIDED_KINDS and not facts.is_guided:
        return _("Only while a new member is led by the hand.")
    return _("Not for members of this credit, or who registered then.")


def _codes(giver: Any) -> set[str]:
    if isinstance(giver, rules.Package):
        return {code for code, _numbers in giver.items}
    return {giver.code}


def right_card(right: Right, held: Catalogue, *, for_desk: bool = False) -> dict[str, Any]:
    """Return a right as doors show it: words in the language of the moment, and the numbers."""
    entitlement = held.entitlements[right.terms.key]
    card = {
        "code": right.code,
        "kind": right.terms.kind,
        "name": entitlement.name,
        "promise": filled(entitlement.promise, right.parameters),
        "limit": limit_words(right.terms.kind, right.parameters),
        "parameters": right.parameters,
        "period": right.terms.period,
        "quantity": right.terms.quantity,
        "left": right.left,
        "often": often_words(right),
        "source": {
            "kind": right.source.kind,
            "name": source_words(right, held.packages),
            "since": right.source.since,
        },
        "until": right.until,
        "kept": right.kept,
    }
    return card | {"by_hand": right.terms.kind in BY_HAND} if for_desk else card


def refusal_card(refused: Refusal, held: Catalogue) -> dict[str, Any]:
    """Return what is not promised as doors show it."""
    return {
        "code": refused.terms.code,
        "kind": refused.terms.kind,
        "name": held.entitlements[refused.terms.key].name,
        "reason": refused.reason,
        "again_at": refused.again_at,
    }


def offers_card(member: Member, at: datetime) -> dict[str, Any]:
    """Return what the desk may give ``member`` at ``at``, and what not with the reason."""
    held = catalogue()
    allowed, refused = offers_of(member, at)
    return {
        "allowed": [right_card(one, held, for_desk=True) for one in allowed],
        "refused": [refusal_card(one, held) for one in refused],
    }


def promises_card(member: Member, at: datetime) -> list[dict[str, Any]]:
    """Return what ``member`` is promised at ``at``, used up or not."""
    held = catalogue()
    return [right_card(one, held) for one in shown_entitlements(member, at)]
