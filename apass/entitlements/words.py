"""The sentences of promises: why a definition is refused, why something cannot be given, what a number says."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import CreditBand, Tier
from apass.entitlements.catalogue import catalogue
from apass.entitlements.rules import GRANT, RULE, Refused, Right
from apass.models import Kind, Period
from common.errors import DomainError
from common.words import last_day_words

_REFUSALS = {
    "entitlement.quantity": gettext_lazy("How often must be at least once; leave it empty for no limit."),
    "entitlement.too_often": gettext_lazy(
        "How often is at most %(most)s times; leave it empty for no limit."
    ),
    "span.far_off": gettext_lazy("Days lie between the years 1990 and 2099."),
    "span.backwards": gettext_lazy("It would end before it begins."),
    "segment.nobody": gettext_lazy("This is for nobody: the last day of registration is before the first."),
    "segment.everybody": gettext_lazy(
        "This is for everybody. Name a condition, or say that everybody is meant."
    ),
    "segment.not_everybody": gettext_lazy(
        "It says everybody, and names conditions as well. Choose one of the two."
    ),
    "parameters.no_mapping": gettext_lazy(
        'Write the numbers as names with their values, in braces: {"amount": "800.00"}'
    ),
    "parameters.unknown": gettext_lazy("This kind has no number called %(names)s."),
    "parameters.missing": gettext_lazy("This kind needs the number %(names)s."),
    "parameters.odd": gettext_lazy("%(name)s has a value it cannot have."),
    "promise.unknown_number": gettext_lazy(
        "The promise names %(names)s in braces; this kind has no such number."
    ),
    "rule.ambiguous": gettext_lazy(
        "Rule %(other)s promises some of the same members other numbers. Give one of the two another rank."
    ),
    "package.overlaps": gettext_lazy(
        "Package %(other)s has the same rank, and some members would have both. "
        "Change the rank, the members or the dates."
    ),
}  # fmt: skip


def refusal(refused: Refused) -> DomainError:
    """Return what a definition is refused with, in words."""
    facts = {
        name: ", ".join(given) if isinstance(given, list) else given
        for name, given in refused.facts.items()
    }
    details = {
        name: given.isoformat() if hasattr(given, "isoformat") else given
        for name, given in refused.facts.items()
    }
    return DomainError(refused.code, str(_REFUSALS[refused.code]) % facts, **details)


def filled(words: str, numbers: Mapping[str, Any]) -> str:
    """Return the words of a promise with its numbers where they are named: ``{days}``."""
    for name, number in numbers.items():
        shown = "、".join(number) if isinstance(number, list) else str(number)
        words = words.replace(f"{{{name}}}", shown.removesuffix(".00"))
    return words


def day_words(moment: datetime) -> str:
    """Return a moment as people say it: the day and the time in Shanghai."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def end_words(until: datetime | None) -> str:
    """Say until when a promise holds: the last whole day, where it ends at midnight."""
    if until is None:
        return _("No end is set.")
    local = timezone.localtime(until)
    if local.time() == time(0):
        return _("Until the end of %(day)s.") % {"day": last_day_words(until)}
    return _("Until %(day)s.") % {"day": day_words(until)}


def limit_words(kind: str, parameters: Mapping[str, Any]) -> str:
    """Say the numbers of a promise in one short phrase; empty when there are none."""
    match kind:
        case Kind.QUICK_REFUND:
            return _("up to ¥%(amount)s") % {"amount": _yuan(parameters.get("amount"))}
        case Kind.FIRST_REPLY:
            return _("within %(time)s") % {"time": _span_words(parameters.get("seconds", 0))}
        case Kind.COMPLAINT:
            return _("within %(hours)s hours") % {"hours": parameters.get("hours")}
        case Kind.WORRY_FREE:
            return _("%(days)s days, freight up to ¥%(freight)s") % {
                "days": parameters.get("days"),
                "freight": _yuan(parameters.get("freight")),
            }
        case Kind.MANAGER:
            return _("calls back within %(time)s") % {
                "time": _span_words(parameters.get("call_back_seconds", 0))
            }
        case Kind.NO_RETURN:
            return _("%(categories)s, up to ¥%(amount)s") % {
                "categories": "、".join(parameters.get("categories", [])),
                "amount": _yuan(parameters.get("amount")),
            }
    return ""


def _yuan(amount: Any) -> str:
    """Return a stored amount as it is read: 1,200 or 99.50."""
    number = Decimal(str(amount or 0))
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.2f}"


def _span_words(seconds: int) -> str:
    """Return seconds as people say them: whole minutes as minutes."""
    if seconds >= 120 and seconds % 60 == 0:
        return _("%(minutes)s minutes") % {"minutes": seconds // 60}
    return _("%(seconds)s seconds") % {"seconds": seconds}


def brought_words(rights: Sequence[Right]) -> str:
    """Say what a tier brings, by name and number, in the language of the moment."""
    entitlements = catalogue().entitlements
    said = []
    for one in rights:
        name, limit = entitlements[one.terms.key].name, limit_words(one.terms.kind, one.parameters)
        said.append(f"{name} {limit}" if limit else name)
    return _("; ").join(said)


def often_words(right: Right) -> str:
    """Say how often a right may still be used; empty without a limit."""
    if right.left is None or right.terms.quantity is None:
        return ""
    period = right.terms.period
    numbers = {"left": right.left, "quantity": right.terms.quantity}
    if period == Period.ONCE:
        return _("%(left)s of %(quantity)s left") % numbers
    return _("%(left)s of %(quantity)s left %(period)s") % {
        **numbers,
        "period": {
            Period.DAY: _("today"),
            Period.MONTH: _("this month"),
            Period.YEAR: _("this year"),
        }[Period(period)],
    }


def source_words(right: Right, packages: Mapping[int, Any]) -> str:
    """Say where a right comes from: a promise kept, the package by name, a rule, something given apart."""
    if right.kept:
        return _("Promised to you before; we keep it")
    if right.source.kind == GRANT:
        return _("Given to you personally")
    if right.source.kind == RULE:
        return _("By a rule for members like you")
    return str(packages[right.source.key].name)


def segment_words(row: Any) -> str:
    """Say whom a rule or package is for."""
    segment = row.segment
    if segment.is_everybody:
        return _("everybody")
    parts = []
    if row.tiers:
        parts.append("、".join(str(Tier(one).label) for one in row.tiers))
    if row.bands:
        parts.append("、".join(str(CreditBand(one).label) for one in row.bands))
    if segment.guided is not None:
        parts.append(str(row.get_guided_display()))
    if row.registered_from or row.registered_until:
        parts.append(f"{row.registered_from or ''} – {row.registered_until or ''}")
    words = "；".join(parts)
    return f"{words}（{row.segment_code}）" if row.segment_code else words
