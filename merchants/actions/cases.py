"""What every move of a case does: hold the shop, ask who may, write, record, tell.

Locks are taken in one order: the gate of the year's end (shared), the shop, the case, what hangs on it.
Everything that changes a shop's penalties holds the shop, so that no two of them judge on old points.
"""

from datetime import datetime, time
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify_many
from accounts.models import User
from accounts.rules import RIGHTS
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.masking import mask_text
from common.rights import require_right
from common.rules import SHANGHAI
from common.text import clean
from common.words import last_day_words
from merchants.models import Shop, StaffRight, Violation, ViolationState, shops_of, works_for
from merchants.penalties import rules

YEAR_END_GATE = 0x78_69_61_6F_22
"""Whoever moves points holds this shared, the year's clearing alone."""

DECIDE = "penalties.decide"
PROPOSE = "penalties.propose"
NO_REASON = "penalty.no_reason"
LONGEST_TEXT = 4000
_ALREADY = _("This is not possible while it is “%(state)s”.")


def hold_shop(shop_id: int, now: datetime | None) -> tuple[Shop, datetime]:
    """Return the shop, locked, and the moment: ``now``, or when the wait for the lock was over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [YEAR_END_GATE])
    shop = Shop.objects.select_for_update(no_key=True).get(pk=shop_id)
    return shop, now or timezone.now()


def hold_case(violation: Violation, now: datetime | None) -> tuple[Violation, datetime]:
    """Return the case as it is now, held with its shop, and the moment after the wait."""
    _shop, now = hold_shop(violation.shop_id, now)
    held = (
        Violation.objects.select_for_update(of=("self",))
        .select_related("shop", "rule_version__rule", "penalty")
        .get(pk=violation.pk)
    )
    return held, now


def require_house(shop: Shop, by: User | None, right: str) -> User:
    """Return ``by``, a person who may ``right`` and has nothing to do with the shop's merchant.

    Raises ``forbidden`` and ``conflict.own_case``. Nobody decides about a merchant they work or worked
    for, and the clock decides about none.
    """
    if by is None:
        raise Forbidden()
    require_right(by, right)
    if works_for(by, shop):
        raise Forbidden(
            _("You work or have worked for this merchant. A colleague does it."),
            code="conflict.own_case",
        )
    return by


def require_staff(violation: Violation, by: User, *, right: str = StaffRight.ANSWER) -> None:
    """Raise unless ``by`` works for the shop and may ``right``: ``not_found`` for who is of another shop."""
    mine = shops_of(by).filter(pk=violation.shop_id)
    if not by.is_active or violation.noticed_at is None or not mine.exists():
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    if not shops_of(by, right).filter(pk=violation.shop_id).exists():
        raise Forbidden(_("Your account has no right to state and appeal."))


def require_reason(reason: str) -> str:
    """Return the reason, clean and masked; raise ``penalty.no_reason`` without one."""
    if not reason.strip():
        raise DomainError(NO_REASON, _("Write why."))
    return words_of(reason)


def words_of(text: object, *, required: bool = True) -> str:
    """Return what somebody wrote as it is stored: clean, and without what points at a buyer."""
    return mask_text(clean(text, max_chars=LONGEST_TEXT, required=required))


def require_state(violation: Violation, *states: str) -> None:
    """Raise ``violation.cannot_move`` unless a held case is in one of ``states``; it names its state."""
    if violation.state in states:
        return
    raise DomainError(
        "violation.cannot_move",
        _ALREADY % {"state": violation.get_state_display()},
        state=violation.state,
    )


def move(
    violation: Violation,
    to: str,
    event: str,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    also: dict[str, Any] | None = None,
    **fields: Any,
) -> Violation:
    """Take a held case to another state, with its line of history; ``also`` goes into the line alone."""
    if not rules.may_move(rules.MOVES, violation.state, to):
        require_state(violation, *(s for s in rules.MOVES if to in rules.MOVES[s]))
    before = {"state": violation.state} | {name: getattr(violation, name) for name in fields}
    if to in {ViolationState.ENDED, ViolationState.DROPPED}:
        fields["ended_at"] = now
    fields["state"] = to
    for name, given in fields.items():
        setattr(violation, name, given)
    violation.save(update_fields=list(fields))
    record(
        violation, event, by=by, before=before, after=fields | (also or {}), reason=reason, at=now
    )
    return violation


def until_words(end: datetime) -> str:
    """Say until when something runs: the last day, and the time when it ends within one (Shanghai)."""
    local = end.astimezone(SHANGHAI)
    if local.time() == time():
        return last_day_words(end)
    return f"{local:%Y-%m-%d %H:%M}"


def page_of(violation: Violation) -> str:
    """Return the address of the shop's page of a case."""
    return f"/shop/violations/{violation.violation_no}/"


def tell_shop(
    violation: Violation,
    title: object,
    body: object = "",
    *,
    dedupe: str,
    now: datetime,
    **words: Any,
) -> None:
    """Tell everybody who works for the shop; ``words`` are put into the sentences."""
    notify_many(
        User.objects.filter(
            staff_accounts__merchant__shops=violation.shop_id, staff_accounts__ended_at=None
        ).distinct(),
        "shop.penalty",
        title=title,
        body=body,
        url=page_of(violation),
        subject=violation,
        dedupe=dedupe,
        words={"no": violation.violation_no, "shop": violation.shop.name} | words,
        now=now,
    )


def tell_judges(
    violation: Violation, title: object, *, url: str, dedupe: str, now: datetime, **words: Any
) -> None:
    """Tell those of the house who decide."""
    roles = [role for role, rights in RIGHTS.items() if DECIDE in rights]
    notify_many(
        User.objects.filter(roles__overlap=roles),
        "shop.case",
        title=title,
        url=url,
        subject=violation,
        dedupe=dedupe,
        words={"no": violation.violation_no, "shop": violation.shop.name} | words,
        now=now,
    )
