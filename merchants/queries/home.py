"""A shop's home as its people and their programs read it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import orjson
from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.masks import shown
from accounts.models import User
from common.parameters import value
from merchants.experience.numbers import bands_at
from merchants.experience.rules import band_of
from merchants.experience.words import BANDS
from merchants.home import statements
from merchants.home.todo import Waiting, running_out, todo_sql, waiting_of
from merchants.models import (
    AppealState,
    Choice,
    Dimension,
    Grade,
    MeasureKind,
    NodeCode,
    Outcome,
    RuleState,
    Shop,
    ViolationState,
)
from merchants.models.dsr import STORED, of_e5
from merchants.penalties.restoring import word_of
from merchants.penalties.rules import exposure
from merchants.queries.dsr import SHORT, level_words, score_card, scores_of, traffic_of
from merchants.queries.experience import Counted as Measured
from merchants.queries.experience import counted_of
from merchants.ratings import rules
from merchants.ratings.numbers import credit_thresholds
from merchants.ratings.rules import Counted, Peers
from merchants.rulebook.rules import vote_split

CHANGE_DAYS = 7
FALL = Decimal("0.02")
"""From which fall within a day on the line says so."""
SEE_ALL = ("orders.see_all", "ratings.manage", "tickets.see_all")
NOTED = 4
"""How many events stand on the line: the newest."""

Row = dict[str, Any]


def own_shops(user: User) -> list[Shop]:
    """Return the shops ``user`` works for, by number, each with its merchant and ``staff_rights``. One query."""
    rows = Shop.objects.filter(merchant__staff__user=user, merchant__staff__ended_at=None)
    return list(
        rows.annotate(staff_rights=F("merchant__staff__rights"))
        .select_related("merchant")
        .order_by("shop_no")
    )


def home_of(user: User, shop_no: str) -> tuple[Shop, list[str]] | None:
    """Return a shop that ``user`` works for with their rights there, or looks after without any. One query."""
    rows = Shop.objects.filter(shop_no=shop_no[:32])
    if any(user.can(right) for right in SEE_ALL):
        shop = rows.first()
        return None if shop is None else (shop, [])
    own = Q(merchant__staff__user=user, merchant__staff__ended_at=None)
    shop = rows.filter(own).annotate(staff_rights=F("merchant__staff__rights")).first()
    return None if shop is None else (shop, shop.staff_rights)


def home_card(user: User, shop: Shop, rights: Iterable[str], at: datetime) -> Row:
    """Return the home of ``shop`` as ``user`` reads it, who has ``rights`` there.

    ``todo`` is what runs out, the nearest first; ``standing`` the scores of the last counted day with
    their change within a week; ``trend`` sixty days of them with what bent the line; ``cases``,
    ``drafts`` and ``voices`` the newest of each. One query. What is not known yet is null, never 0.
    """
    found = _asked(shop, at)
    latest = found["latest"]
    counted, peers = _counted(latest), _peers(latest)
    days = [_day(row) for row in found["trend"] or ()]
    held = frozenset(rights)
    own = _measured(shop, found["experience"])
    todos = waiting_of(found["todo"], at)
    return {
        "shop_no": shop.shop_no,
        "name": shop.name,
        "day": latest["day"] if latest else None,
        "running_out": running_out(todos, at),
        "todo": [asdict(one) | {"may": not one.right or one.right in held} for one in todos],
        "standing": _standing(latest, counted, peers, days, at),
        "experience": _experience(own, at),
        "traffic": traffic_of(
            scores_of(counted, peers, at),
            at,
            experience=own.score if own else None,
            exposed=exposure(found["limits"] or [], value("shop_act.boost", at)),
        ),
        "trend": {"days": days, "events": _events(found["events"] or (), days)},
        "points": _points(found["points"] or {}, at),
        "limits": [str(MeasureKind(kind).label) for kind in found["limits"] or ()],
        "cases": [_case(row, at) for row in found["cases"] or ()],
        "drafts": [_draft(row) for row in found["drafts"] or ()],
        "voices": _voices(user, found["voices"]),
    }


def _measured(shop: Shop, row: list[Any] | None) -> Measured | None:
    return None if row is None else counted_of(shop, date.fromisoformat(row[0]), *row[1:])


def _experience(own: Measured | None, at: datetime) -> Row:
    score = own.score if own else None
    band = band_of(score, bands_at(at)) if score is not None else ""
    return {
        "day": own.day if own else None,
        "score": None if score is None else str(score),
        "band": band,
        "band_label": str(BANDS[band]) if band else "",
        "trusted_from": f"{value('experience.trusted', at):.2f}",
    }


def todo_of(shop: Shop, at: datetime) -> list[Waiting]:
    """Return what ``shop`` has to do, the nearest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(todo_sql(), _given(shop, at))
        return waiting_of(_read(cursor.fetchone()[0]), at)


def _asked(shop: Shop, at: datetime) -> Row:
    with connection.cursor() as cursor:
        cursor.execute(statements.home_sql(), _given(shop, at))
        names = [column.name for column in cursor.description]
        return dict(zip(names, map(_read, cursor.fetchone()), strict=True))


def _read(told: str | None) -> Any:
    return None if told is None else orjson.loads(told)


def _given(shop: Shop, at: datetime) -> Row:
    return {
        "shop": shop.pk,
        "merchant": shop.merchant_id,
        "category": shop.category,
        "now": at,
        "days": statements.TREND_DAYS,
        "cases": statements.CASES,
        "drafts": statements.DRAFTS,
        "voices": statements.VOICES,
        "reply_days": value("review.seller_reply_days", at),
        "least": value("dsr.min_ratings_display", at),
    }


def _counted(latest: Row | None) -> dict[str, Counted]:
    pairs = {name: (latest or {}).get(short) or (None, None) for name, short in SHORT.items()}
    return {name: Counted(total or 0, count or 0) for name, (total, count) in pairs.items()}


def _peers(latest: Row | None) -> dict[str, Peers]:
    rows = (latest or {}).get("peers") or {}
    return {
        name: Peers(_score(mean), _score(lowest), _score(highest), shops)
        for name, (mean, lowest, highest, shops) in rows.items()
    }


def _score(hundred_thousandths: int) -> Decimal:
    return (Decimal(hundred_thousandths) / 100_000).quantize(STORED)


def _day(row: Sequence[Any]) -> Row:
    day, *figures = row
    return {"day": day} | {
        name: {"score": of_e5(figures[place]), "peers": of_e5(figures[place + 3])}
        for place, name in enumerate(SHORT)
    }


def _standing(
    latest: Row | None,
    counted: dict[str, Counted],
    peers: dict[str, Peers],
    days: list[Row],
    at: datetime,
) -> Row:
    before = _days_before(days, CHANGE_DAYS)
    scores = []
    for name in Dimension.values:
        card = score_card(name, counted[name], peers.get(name), at)
        was = before[name]["score"] if before else None
        exact = card["exact"]
        card["change"] = None if exact is None or was is None else str(Decimal(exact) - was)
        scores.append(card)
    grades = (latest or {}).get("grades") or (None,)
    rate = None if None in grades else rules.positive_rate(*grades)
    level = rules.credit_level((latest or {}).get("credit") or 0, credit_thresholds(at))
    return {
        "window_days": latest["window_days"] if latest else value("dsr.window_days", at),
        "change_days": CHANGE_DAYS,
        "scores": scores,
        "positive_rate": None if rate is None else str(rate),
        "credit": {"points": level.points, "label": level_words(level), "next_at": level.next_at},
    }


def _days_before(days: list[Row], n: int) -> Row | None:
    """Return the day ``n`` days before the last one; None when it was not counted: a clock may have stood."""
    wanted = _day_of(days[-1]) - timedelta(days=n) if days else None
    return next((row for row in days if _day_of(row) == wanted), None)


def _day_of(row: Row) -> date:
    return date.fromisoformat(row["day"])


def _events(rows: Iterable[Sequence[Any]], days: list[Row]) -> list[Row]:
    """Return what bent the line, the newest last: what was done to the shop, and its deepest fall."""
    found = [
        {"day": day, "kind": kind, "dimension": None, "label": _event_words(kind, about, n)}
        for day, kind, about, n in rows
    ]
    falls = [
        (after[name]["score"] - before[name]["score"], after["day"], name)
        for before, after in pairwise(days)
        if _day_of(after) - _day_of(before) == timedelta(days=1)
        for name in SHORT
        if after[name]["score"] is not None and before[name]["score"] is not None
    ]
    deepest = min(falls, default=None)
    if deepest is not None and deepest[0] <= -FALL:
        depth, day, name = deepest
        words = {"label": Dimension(name).label, "depth": f"{-depth:.2f}"}
        found.append(
            {
                "day": day,
                "kind": "fall",
                "dimension": name,
                "label": _("%(label)s fell by %(depth)s") % words,
            }
        )
    return sorted(found, key=lambda one: one["day"])[-NOTED:]


def _event_words(kind: str, about: str, n: int) -> str:
    if kind == "penalty":
        return _("%(rule)s: measures begin") % {"rule": about}
    if kind == "granted":
        return ngettext(
            "Appeal granted, %(n)s thing given back", "Appeal granted, %(n)s things given back", n
        ) % {"n": n}
    if kind == "excluded":
        return ngettext(
            "%(n)s rating no longer counts", "%(n)s ratings no longer count", n
        ) % {"n": n}  # fmt: skip
    return ngettext("%(n)s rating counts again", "%(n)s ratings count again", n) % {"n": n}


def _points(points: dict[str, Any], at: datetime) -> list[Row]:
    """Return the points by class beside the first node; classes without points are left out."""
    nodes = {"A": "a12", "B": "b12", "C": "c12"}
    return [
        {
            "violation_class": name,
            "points": f"{points[name]:g}",
            "node": f"{Decimal(value(f'penalty.{node}.points', at)):f}",
        }
        for name, node in nodes.items()
        if points.get(name)
    ]


def _case(row: Row, at: datetime) -> Row:
    state = ViolationState(row["state"])
    outcome = row["outcome"]
    begins = row["starts_at"] and datetime.fromisoformat(row["starts_at"])
    return {
        "violation_no": row["violation_no"],
        "rule": row["rule"],
        "rule_version": row["version"],
        "state": state.value,
        "state_label": str(state.label),
        "points": f"{row['points'] if row['points'] is not None else row['possible']:g}",
        "points_before": None if row["points_before"] is None else f"{row['points_before']:g}",
        "is_decided": row["points"] is not None,
        "is_in_force": row["begun_at"] is not None and row["ended_at"] is None,
        "begins_at": begins if begins and begins > at else None,
        "until": row["until"],
        "node": str(NodeCode(row["node"]).label) if row["node"] else "",
        "appeal": None
        if row["appeal_state"] is None
        else {
            "state": row["appeal_state"],
            "label": str(
                Outcome(outcome).label if outcome else AppealState(row["appeal_state"]).label
            ),
            "outcome": outcome,
            "at": row["ruled_at"],
            "restored": [_given_back(what, about) for what, about in row["restored"] or ()],
        },
    }


def _given_back(what: str, about: str) -> str:
    part = f"{what}:{about}"
    if about and word_of(part) != part:
        return word_of(part)
    return f"{word_of(what)} {about}" if about else word_of(what)


def _draft(row: Row) -> Row:
    votes: dict[str, int] = row["votes"] or {}
    labels = dict(Choice.choices)
    return {
        "code": row["code"],
        "number": row["number"],
        "title": row["title"],
        "state": row["state"],
        "state_label": str(RuleState(row["state"]).label),
        "ends_at": row["ends_at"],
        "voices": sum(votes.values()),
        "split": [
            {"choice": one, "label": str(labels[one]), "percent": percent}
            for one, _n, percent in vote_split(votes)
        ],
        "own": row["own"],
        "own_label": str(labels[row["own"]]) if row["own"] else "",
        "changed": row["changed"],
    }


def _voices(user: User, found: Row) -> Row:
    return {
        "unhappy": found["unhappy"],
        "unhappy_before": found["unhappy_before"],
        "words": [
            {
                "text": shown("text", text, to=user, own=None),
                "grade": None if grade is None else Grade(grade).name.lower(),
                "at": at,
            }
            for text, grade, at in found["words"] or ()
        ],
    }
