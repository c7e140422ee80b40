"""A penalty revised on appeal: points, measures and notices become what they would have been without it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from accounts.models import User
from common.deadlines import set_deadline
from common.history import plain, record
from merchants.actions.limits import refresh_limits
from merchants.actions.penalties import END, close_penalty, end_period
from merchants.actions.points import balance_of, post_points
from merchants.models import (
    Appeal,
    EndReason,
    Measure,
    Penalty,
    PointsCause,
    Restored,
    ShopLimits,
)
from merchants.penalties import rules
from merchants.penalties.restoring import GivenBack, differing, read_all, restorers
from merchants.queries.penalties import nodes_at, settled


def revise_penalty(appeal: Appeal, points: Decimal, *, by: User, now: datetime) -> None:
    """Make a held penalty cost ``points`` (0: revoked), as if it had never cost more, and list what came back.

    The shop's points are replayed without it, over every year's end since. Other penalties of the shop
    that met a lighter node without it are lightened with it; none ever becomes heavier by an appeal.
    Inside the ruling.
    """
    penalty = appeal.penalty
    shop_id, klass = penalty.shop_id, penalty.violation.violation_class
    balance = balance_of(shop_id, klass, now)
    held, figures = _held(shop_id), read_all(penalty.shop, now)
    back: list[GivenBack] = []
    was_strike, penalty.is_strike = penalty.is_strike, penalty.is_strike and bool(points)
    penalty.points = points
    penalty.save(update_fields=["points", "is_strike"])
    replayed, target = settled(shop_id, klass, now)
    before = balance.points
    post_points(balance, target - before, PointsCause.APPEAL, str(appeal.pk), penalty, now)
    back.append(GivenBack("points", klass, {"points": before}, {"points": balance.points}))
    if was_strike and not penalty.is_strike:
        back.append(GivenBack("strike", "", {"is_strike": True}, {"is_strike": False}))
    others = Penalty.objects.filter(shop=shop_id, violation__violation_class=klass)
    for one in others.select_related("violation__shop").order_by("decided_at", "pk"):
        mine = penalty if one.pk == penalty.pk else one
        back += _lighten(mine, replayed[mine.violation_id].node, by=by, now=now)
    refresh_limits(penalty.shop, now=now, by=by)
    if held != _held(shop_id):
        back.append(GivenBack("limits", "", {"measures": held}, {"measures": _held(shop_id)}))
    for restore in restorers():
        back += restore(penalty, by, now)
    back += differing(figures, read_all(penalty.shop, now))
    Restored.objects.bulk_create(
        Restored(
            appeal=appeal,
            what=one.what,
            about=one.about,
            before=plain(one.before),
            after=plain(one.after),
            at=now,
        )
        for one in back
    )


def _lighten(penalty: Penalty, node: str, *, by: User, now: datetime) -> list[GivenBack]:
    """Make a penalty's measures those of ``node`` when it is lighter; return what came back."""
    if rules.weight(node) >= rules.weight(penalty.node):
        return []
    opened, old = penalty.violation.detected_at, penalty.node
    target = next((one for one in nodes_at(opened) if one.code == node), None)
    notice = penalty.published_at, penalty.withdrawn_at
    measures = list(penalty.measures.order_by("pk"))
    penalty.node = node
    if target is None:
        back = _ran(measures, now)
        penalty.until = None
        penalty.save(update_fields=["node", "until"])
        if penalty.ended_at is None:
            why = EndReason.REDUCED if penalty.points else EndReason.REVOKED
            close_penalty(penalty, why, by=by, now=now)
        _record(penalty, old, by, now)
        return back + _notice(penalty, *notice)
    gone = [one for one in measures if one.kind not in target.measures]
    back = _ran(gone, now)
    penalty.measures.filter(pk__in=[one.pk for one in gone], ended_at=None).update(ended_at=now)
    if target.lasts is not None:
        shorter = penalty.starts_at + target.lasts
        before, penalty.until = penalty.until, min(penalty.until or shorter, shorter)
        if penalty.until != before:
            back.append(
                GivenBack("until", str(penalty.pk), {"until": before}, {"until": penalty.until})
            )
        penalty.measures.filter(ended_at=None).update(until=penalty.until)
    penalty.save(update_fields=["node", "until"])
    if penalty.ended_at is None:
        _add(penalty, target.measures, {one.kind for one in measures}, now)
    _record(penalty, old, by, now)
    if penalty.ended_at is None and penalty.begun_at is not None and penalty.until is not None:
        if penalty.until > now:
            set_deadline(END, penalty, penalty.until)
        else:
            end_period(penalty, now=now)
    return back


def _add(penalty: Penalty, kinds: Sequence[str], known: set[str], now: datetime) -> None:
    """Begin what the lighter node asks for and the heavier did not: a closed shop needed no shield."""
    since = max(now, penalty.starts_at)
    if penalty.until is not None:
        since = min(since, penalty.until)
    Measure.objects.bulk_create(
        Measure(
            shop_id=penalty.shop_id, kind=kind, penalty=penalty, starts_at=since,
            until=penalty.until,
        )
        for kind in kinds if kind not in known
    )  # fmt: skip


def _record(penalty: Penalty, old: str, by: User, now: datetime) -> None:
    record(
        penalty.violation, "penalty.lightened", by=by, before={"node": old},
        after={"node": penalty.node, "points": penalty.points, "until": penalty.until}, at=now,
    )  # fmt: skip


def _ran(measures: list[Measure], now: datetime) -> list[GivenBack]:
    """Say of measures that go how long they were in force: the exposure that was lost."""
    back = []
    for one in measures:
        end = min(one.ended_at or now, now)
        seconds = max((end - one.starts_at).total_seconds(), 0.0)
        back.append(
            GivenBack(
                "measure",
                f"{one.penalty_id}:{one.kind}",
                {
                    "kind": one.kind,
                    "from": one.starts_at,
                    "until": one.until,
                    "ran_seconds": seconds,
                },
                {"ended_at": end},
            )
        )
    return back


def _notice(
    penalty: Penalty, published_at: datetime | None, withdrawn_at: datetime | None
) -> list[GivenBack]:
    if published_at is None or withdrawn_at is not None:
        return []
    return [
        GivenBack(
            "notice", str(penalty.pk), {"published_at": published_at},
            {"withdrawn_at": penalty.withdrawn_at},
        )
    ]  # fmt: skip


def _held(shop_id: int) -> list[str]:
    row = ShopLimits.objects.filter(pk=shop_id).first()
    return list(row.measures) if row else []
