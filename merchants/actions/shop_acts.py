"""What one of our own does to a shop at once: within their limit alone, above it with a second person (D6).

Limits are days by role, parameters of merchants: this app stands below the one that knows levels and
quality factors, and a role says enough for who may act on a shop at all.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify_many
from accounts.models import User
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from merchants.actions.cases import hold_shop, require_house, require_reason, until_words
from merchants.actions.limits import refresh_limits
from merchants.actions.violations import version_in_force
from merchants.models import ActKind, ActState, Measure, Rule, Shop, ShopAct
from merchants.penalties import rules
from merchants.queries.penalties import act_limit

ACT = "shops.act"
OVER = "shop_act.over"
WAITS = "shop_act.waits"
MEASURE_OF = {
    ActKind.CLOSE: rules.SHOP_CLOSE,
    ActKind.RESTRICT: rules.LISTING_BAN,
    ActKind.DELIST: rules.DELIST_ALL,
    ActKind.REWARD: rules.EXPOSURE_BOOST,
}


@transaction.atomic
def act_on_shop(
    shop: Shop,
    kind: str,
    *,
    days: int,
    reason: str,
    rule: Rule | None = None,
    by: User | None,
    now: datetime | None = None,
) -> ShopAct:
    """Close, restrict, delist or reward a shop for ``days``; above one's limit it waits for a second person.

    Once it holds the shop is told, and reads why and by which rule. Whatever punishes names a rule in
    force. Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``shop_act.unknown``,
    ``shop_act.bad_days``, ``shop_act.no_rule``, ``violation.no_rule``, ``shop_act.already`` (one of the
    kind waits or is in force).
    """
    person = require_house(shop, by, ACT)
    why = require_reason(reason)
    if kind not in ActKind.values:
        raise DomainError("shop_act.unknown", _("There is no such act."))
    shop, now = hold_shop(shop.pk, now)
    most = value("shop_act.most_days", now)
    if not 1 <= days <= most:
        raise DomainError(
            "shop_act.bad_days", _("It holds 1 to %(most)s days.") % {"most": most}, most=most
        )
    if kind != ActKind.REWARD and rule is None:
        raise DomainError("shop_act.no_rule", _("Name the rule by which you do it."))
    open_ones = ShopAct.objects.filter(
        shop=shop, kind=kind, state__in=[ActState.WAITING, ActState.IN_FORCE]
    )
    if open_ones.exists():
        raise DomainError("shop_act.already", _("This holds for the shop already, or waits."))
    act = ShopAct.objects.create(
        shop=shop,
        kind=kind,
        days=days,
        rule_version=version_in_force(rule, now, now=now) if rule is not None else None,
        state=ActState.WAITING,
        reason=why,
        limit_days=act_limit(person, kind, now),
        by=person,
        at=now,
    )
    facts = {"kind": kind, "days": days, "limit_days": act.limit_days, "state": act.state}
    record(act, "shop_act.asked", by=person, after=facts, reason=why, at=now)
    if days <= act.limit_days:
        return _begin(act, shop, by=person, now=now)
    set_deadline(WAITS, act, _waits_until(act))
    return act


@transaction.atomic
def approve_act(
    act: ShopAct, *, by: User | None, reason: str, now: datetime | None = None
) -> ShopAct:
    """Put an act into force as the second person, whose own limit may be as low as the first one's.

    Raises ``forbidden``, ``conflict.own_case``, ``penalty.no_reason``, ``shop_act.same_person``,
    ``shop_act.cannot_move``, ``shop_act.too_late`` (nobody came in time), ``shop_act.no_limit`` (who may
    do nothing of the kind alone).
    """
    act, shop, person, why, now = _second(act, by, reason, now)
    if act_limit(person, act.kind, now) < 1:
        raise DomainError("shop_act.no_limit", _("You may not decide about this, even together."))
    act.second_by = person
    return _begin(act, shop, by=person, now=now, reason=why)


@transaction.atomic
def refuse_act(
    act: ShopAct, *, by: User | None, reason: str, now: datetime | None = None
) -> ShopAct:
    """Say no as the second person: nothing happens to the shop. Raises as :func:`approve_act`."""
    act, _shop, person, why, now = _second(act, by, reason, now)
    act.second_by = person
    return _close(act, ActState.REFUSED, "shop_act.refused", by=person, now=now, reason=why)


@transaction.atomic
def undo_act(act: ShopAct, *, by: User | None, reason: str, now: datetime | None = None) -> ShopAct:
    """Take an act back within its window: the shop is as if it had not been.

    By whoever did it or stood by it, or by somebody whose limit covers it. Raises ``forbidden``,
    ``conflict.own_case``, ``penalty.no_reason``, ``shop_act.cannot_move``, ``shop_act.too_late``,
    ``shop_act.not_yours``.
    """
    person = require_house(act.shop, by, ACT)
    why = require_reason(reason)
    act, shop, now = _hold(act, now)
    _require_move(act, ActState.UNDONE)
    if not act.may_be_undone(now):
        raise DomainError("shop_act.too_late", _("The time for undoing it is over."))
    is_theirs = person.pk in {act.by_id, act.second_by_id}
    if not is_theirs and act_limit(person, act.kind, now) < act.days:
        raise DomainError("shop_act.not_yours", _("Whoever did it undoes it, or somebody above."))
    act.measures.filter(ended_at=None).update(ended_at=now)
    drop_deadline(OVER, act)
    before, after = refresh_limits(shop, now=now, by=person)
    _tell(
        act, "undone", _("%(shop)s: taken back: %(what)s"), _("It is as if it had not been."),
        now=now,
    )  # fmt: skip
    return _close(
        act, ActState.UNDONE, "shop_act.undone", by=person, now=now, reason=why,
        before={"measures": before}, after={"measures": after},
    )  # fmt: skip


@transaction.atomic
def end_act(act: ShopAct, *, now: datetime) -> ShopAct:
    """End an act whose days are over. Nothing when it moved on."""
    act, shop, now = _hold(act, now)
    if act.state != ActState.IN_FORCE or act.until is None or act.until > now:
        return act
    act.measures.filter(ended_at=None).update(ended_at=now)
    before, after = refresh_limits(shop, now=now, by=None)
    _tell(act, "over", _("%(shop)s: this is over: %(what)s"), now=now)
    return _close(
        act, ActState.OVER, "shop_act.over", by=None, now=now,
        before={"measures": before}, after={"measures": after},
    )  # fmt: skip


@transaction.atomic
def stop_waiting(act: ShopAct, *, now: datetime) -> ShopAct:
    """Let an act go to which no second person came. Nothing when it moved on."""
    act, _shop, now = _hold(act, now)
    if act.state != ActState.WAITING:
        return act
    return _close(act, ActState.REFUSED, "shop_act.nobody_came", by=None, now=now)


def _begin(act: ShopAct, shop: Shop, *, by: User, now: datetime, reason: str = "") -> ShopAct:
    _require_move(act, ActState.IN_FORCE)
    act.state, act.began_at = ActState.IN_FORCE, now
    act.until = now + timedelta(days=act.days)
    act.undo_until = min(now + value("shop_act.undo_window", act.at), act.until)
    act.save(update_fields=["state", "began_at", "until", "undo_until", "second_by"])
    Measure.objects.create(
        shop=shop, kind=MEASURE_OF[ActKind(act.kind)], act=act, starts_at=now, until=act.until
    )
    act.before, act.after = refresh_limits(shop, now=now, by=by)
    act.save(update_fields=["before", "after"])
    drop_deadline(WAITS, act)
    set_deadline(OVER, act, act.until)
    record(
        act, "shop_act.began", by=by, before={"state": ActState.WAITING, "measures": act.before},
        after={"state": act.state, "measures": act.after, "until": act.until}, reason=reason, at=now,
    )  # fmt: skip
    _tell(
        act, "began", _("%(shop)s: %(what)s, until %(until)s"), _("Why: %(why)s"),
        now=now, until=until_words(act.until), why=act.reason[:200],
    )  # fmt: skip
    return act


def _tell(
    act: ShopAct, what: str, title: object, body: object = "", *, now: datetime, **words: object
) -> None:
    """Tell everybody who works for the shop, each thing once."""
    notify_many(
        User.objects.filter(
            staff_accounts__merchant__shops=act.shop_id, staff_accounts__ended_at=None
        ).distinct(),
        "shop.penalty",
        title=title,
        body=body,
        url="/shop/violations/",
        subject=act,
        dedupe=what,
        words={"shop": act.shop.name, "what": ActKind(act.kind).label} | words,
        now=now,
    )


def _second(
    act: ShopAct, by: User | None, reason: str, now: datetime | None
) -> tuple[ShopAct, Shop, User, str, datetime]:
    person = require_house(act.shop, by, ACT)
    why = require_reason(reason)
    act, shop, now = _hold(act, now)
    if act.by_id == person.pk:
        raise DomainError("shop_act.same_person", _("A second person decides, not you."))
    _require_move(act, ActState.REFUSED)
    # What has waited too long is over, also when the clock has not come by yet.
    if now >= _waits_until(act):
        raise DomainError("shop_act.too_late", _("Nobody came in time; it is over."))
    return act, shop, person, why, now


def _waits_until(act: ShopAct) -> datetime:
    waits: timedelta = value("shop_act.waits", act.at)
    return act.at + waits


def _close(
    act: ShopAct,
    to: str,
    event: str,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> ShopAct:
    was = {"state": act.state} | (before or {})
    act.state, act.closed_at = to, now
    act.save(update_fields=["state", "closed_at", "second_by"])
    drop_deadline(WAITS, act)
    record(
        act, event, by=by, before=was, after={"state": to} | (after or {}), reason=reason, at=now
    )
    return act


def _require_move(act: ShopAct, to: str) -> None:
    if not rules.may_move(rules.ACT_MOVES, act.state, to):
        raise DomainError(
            "shop_act.cannot_move",
            _("This is not possible while it is “%(state)s”.") % {"state": act.get_state_display()},
            state=act.state,
        )


def _hold(act: ShopAct, now: datetime | None) -> tuple[ShopAct, Shop, datetime]:
    shop, now = hold_shop(act.shop_id, now)
    held = ShopAct.objects.select_for_update(of=("self",)).select_related("shop").get(pk=act.pk)
    return held, shop, now
