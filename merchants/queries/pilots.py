"""The wall of pilot shops: what is tried, who takes part, what is said of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.expressions import RawSQL

from accounts.models import User
from apass.models import Rollout
from apass.rollouts import rules
from apass.rollouts.deciding import shop_subject
from apass.rollouts.rules import Plan
from apass.rollouts.snapshot import read_plans
from common.cursors import as_number, as_uuid, decode_cursor, encode_cursor
from merchants.models import PilotFeedback, PilotShop, Shop, StaffRight, shops_of

KIND = "shop"
WORDS_SHOWN = 3


@dataclass(frozen=True)
class Part:
    """What a shop of one's own does with something that is tried."""

    shop: Shop
    is_in: bool
    has_declined: bool
    may_speak: bool


def pilot_shops() -> list[PilotShop]:
    """Return the shops that take part, by name. One query; there are a hundred or so."""
    return list(PilotShop.objects.current().select_related("shop").order_by("shop__name", "pk"))


def tried_page(
    user: User, pilots: list[PilotShop], now: datetime, *, cursor: str = "", limit: int = 10
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of what is tried on shops, the newest first, and the next cursor. Raises ``cursor.bad``."""
    rows = _tried()
    if cursor:
        (last,) = decode_cursor(cursor, as_number)
        rows = rows.filter(pk__lt=last)
    found = list(rows.order_by("-pk")[: limit + 1])
    page = found[:limit]
    more = encode_cursor([page[-1].pk]) if len(found) > limit else ""
    return _cards(user, page, pilots, now), more


def tried_one(user: User, code: str, now: datetime) -> dict[str, Any] | None:
    """Return one thing that is tried; None for what is not."""
    row = _tried().filter(code=code[:40]).first()
    if row is None:
        return None
    (card,) = _cards(user, [row], pilot_shops(), now)
    return card


def thread_page(
    rollout: Rollout, *, cursor: str = "", limit: int = 30
) -> tuple[list[PilotFeedback], str]:
    """Return a page of what was said of it, the newest first, and the next cursor. Raises ``cursor.bad``."""
    rows = PilotFeedback.objects.filter(rollout=rollout).select_related("shop", "by")
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    found = list(rows.order_by("-pk")[: limit + 1])
    more = encode_cursor([found[limit - 1].pk]) if len(found) > limit else ""
    return found[:limit], more


def _tried() -> Any:
    """What is opened to shops step by step, and has begun."""
    return Rollout.objects.filter(
        subject_kind=KIND, state__in=sorted(rules.OPEN_STATES), reached__gte=1
    )


def _cards(
    user: User, rows: list[Rollout], pilots: list[PilotShop], now: datetime
) -> list[dict[str, Any]]:
    plans, said = read_plans(rows), _last_words(rows)
    own = _own_pilots(user, pilots)
    return [
        {
            "rollout": row,
            "code": row.code,
            "name": row.name,
            "state": row.state,
            "stage": plans[row.pk].stages[row.reached - 1].name,
            "since": row.stage_since,
            "members": [one.shop for one in pilots if _is_in(plans[row.pk], one.shop, now)],
            "declined": len([one for one in pilots if _key(one.shop) in plans[row.pk].declined]),
            "own": [
                Part(
                    shop,
                    _is_in(plans[row.pk], shop, now),
                    _key(shop) in plans[row.pk].declined,
                    may_speak,
                )
                for shop, may_speak in own
            ],
            "words": said.get(row.pk, []),
        }
        for row in rows
    ]


def _key(shop: Shop) -> str:
    return shop_subject(shop.shop_no).key


def _is_in(plan: Plan, shop: Shop, now: datetime) -> bool:
    return rules.decide(plan, shop_subject(shop.shop_no, shop.opened_at), now).is_in


def _own_pilots(user: User, pilots: list[PilotShop]) -> list[tuple[Shop, bool]]:
    """Return the pilot shops ``user`` works for, and whether they may speak for each."""
    if not user.can("shop.use"):
        return []
    mine = set(shops_of(user).values_list("pk", flat=True))
    speaks = set(shops_of(user, StaffRight.VOTE).values_list("pk", flat=True)) if mine else set()
    return [(one.shop, one.shop_id in speaks) for one in pilots if one.shop_id in mine]


def _last_words(rows: list[Rollout]) -> dict[int, list[PilotFeedback]]:
    newest = """
        SELECT n.id FROM unnest(%s::bigint[]) AS r(id)
          CROSS JOIN LATERAL (SELECT id FROM merchants_pilotfeedback
               WHERE rollout_id = r.id ORDER BY id DESC LIMIT %s) n
    """
    picked = RawSQL(newest, [[row.pk for row in rows], WORDS_SHOWN])
    found: dict[int, list[PilotFeedback]] = {}
    for said in (
        PilotFeedback.objects.filter(pk__in=picked).select_related("shop", "by").order_by("-pk")
    ):
        found.setdefault(said.rollout_id, []).append(said)
    return found
