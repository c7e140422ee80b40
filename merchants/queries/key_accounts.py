"""Whom a shop calls at a moment."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from common.rules import shanghai_day
from merchants.key_accounts import rules
from merchants.key_accounts.registry import presences_of
from merchants.models import ManagerAbsence, ManagerAssignment, Shop


@dataclass(frozen=True)
class Called:
    """Whom to call: ``role`` and ``why`` are words of ``rules``; nobody in person is the queue.

    ``back_on`` is the day on which the manager is back, ``presence`` a word when anybody knows it.
    """

    role: str
    why: str
    person: User | None = None
    presence: str = ""
    back_on: date | None = None


def who_to_call(shop: Shop, at: datetime) -> Called:
    """Return whom ``shop`` calls at ``at``: its manager, the deputy while they are away, else the queue.

    An account that is closed or has changed its work counts as away. Three queries at most.
    """
    row = ManagerAssignment.objects.at(at).of_shop(shop).select_related("manager", "deputy").first()
    if row is None:
        return Called(rules.QUEUE, rules.NOBODY)
    away = away_until([row.manager_id, row.deputy_id], at)
    role, why = rules.turn(
        manager_here=row.manager_id not in away and can_look_after(row.manager),
        deputy_here=row.deputy_id not in away and can_look_after(row.deputy),
    )
    person = {rules.MANAGER: row.manager, rules.DEPUTY: row.deputy}.get(role)
    presence = presences_of([person.pk]).get(person.pk, "") if person is not None else ""
    return Called(role, why, person, presence, away.get(row.manager_id))


def away_until(people: list[int], at: datetime) -> dict[int, date]:
    """Return the first day on which each of ``people`` who is away at ``at`` is back. One query."""
    day = shanghai_day(at)
    rows = ManagerAbsence.objects.holding(day, at).filter(person__in=people)
    found: dict[int, date] = {}
    for person, last_day in rows.values_list("person_id", "last_day"):
        back = date.fromordinal(last_day.toordinal() + 1)
        found[person] = max(back, found.get(person, back))
    return found


def can_look_after(user: User) -> bool:
    """Tell whether somebody is an account manager now."""
    return user.is_active and Role.ACCOUNT_MANAGER in user.roles


def manager_card(shop: Shop, at: datetime) -> dict[str, Any]:
    """Return whom ``shop`` calls, in words, for its home and its programs."""
    called = who_to_call(shop, at)
    return {
        "shop_no": shop.shop_no,
        "role": called.role,
        "role_label": role_words(called.role),
        "why": called.why,
        "why_label": why_words(called),
        "name": called.person.display_name if called.person else queue_name(),
        "person": called.person.public_key if called.person else None,
        "presence": called.presence or None,
        "manager_back_on": called.back_on,
    }


def queue_name() -> str:
    """Name the queue of operations that takes what has no manager."""
    return _("Merchant service of operations")


def role_words(role: str) -> str:
    """Say in which part somebody is called."""
    return {
        rules.MANAGER: _("Account manager"),
        rules.DEPUTY: _("Deputy"),
        rules.QUEUE: _("On duty"),
    }[role]


def why_words(called: Called) -> str:
    """Say why it is they."""
    return {
        rules.IN_CHARGE: _("Looks after your shop."),
        rules.MANAGER_AWAY: _("Your account manager is away; the deputy has all that was said."),
        rules.BOTH_AWAY: _("Manager and deputy are away; operations take your call."),
        rules.NOBODY: _("Your shop has no account manager of its own; operations take your call."),
    }[called.why]
