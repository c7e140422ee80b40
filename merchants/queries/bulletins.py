"""Bulletins tried out, on their way, and as shops read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from merchants.bulletins import rules
from merchants.bulletins.statements import try_statement
from merchants.models import Bulletin, BulletinRecipient, Shop, shops_of

SAMPLE, REFUSED_SHOWN = 10, 200


@dataclass(frozen=True)
class Sampled:
    """A shop that would be told."""

    shop_no: str
    name: str
    category: str
    region: str


@dataclass(frozen=True)
class Refused:
    """A shop that would not be told; ``line`` is its place among those named, ``why`` of ``WHY_NOT``."""

    line: int | None
    shop_no: str
    name: str
    why: str

    @property
    def words(self) -> str:
        """Why, in a sentence."""
        return refusal_words(self.why)


@dataclass(frozen=True)
class DryRun:
    """Whom a bulletin would be told to at one moment: figures, a sample, and who would not be told.

    ``categories`` and ``regions`` are (name, shops), the most first; ``by_why`` counts all refusals,
    ``refused`` are the first of them, unknown numbers before others.
    """

    shops: int
    people: int
    categories: list[tuple[str, int]]
    regions: list[tuple[str, int]]
    sample: list[Sampled]
    by_why: dict[str, int]
    refused: list[Refused]


def dry_run(audience: Mapping[str, Any], now: datetime) -> DryRun:
    """Try an audience out: one statement, which is one snapshot; nothing is written."""
    with connection.cursor() as cursor:
        cursor.execute(*try_statement(audience, now, sample=SAMPLE, refused=REFUSED_SHOWN))
        shops, people, categories, regions, sample, by_why, refused = cursor.fetchone()
    return DryRun(
        shops,
        people,
        [(name, count) for name, count in orjson.loads(categories)],
        [(name, count) for name, count in orjson.loads(regions)],
        [Sampled(*one) for one in orjson.loads(sample)],
        orjson.loads(by_why),
        [Refused(*one) for one in orjson.loads(refused)],
    )


def refusal_words(why: str) -> str:
    """Say why a shop is not told."""
    return {
        rules.UNKNOWN: _("There is no shop with this number."),
        rules.CLOSED: _("It is closed; name the state to tell closed shops too."),
        rules.NO_READER: _("Nobody works for it now who may read it."),
        rules.MISFIT: _("It does not fit the rest of the audience."),
    }[why]


def progress_of(bulletin: Bulletin) -> dict[str, Any]:
    """Return how far a bulletin has got: shops, told, waiting, read, people, percent told. One query."""
    found = bulletin.recipients.aggregate(
        shops=Count("pk"),
        told=Count("pk", filter=Q(told_at__isnull=False)),
        read=Count("pk", filter=Q(read_at__isnull=False)),
    )
    percent = 100 * found["told"] // found["shops"] if found["shops"] else 0
    waiting = found["shops"] - found["told"]
    return found | {"waiting": waiting, "people": bulletin.people, "percent": percent}


# --- As shops read them -----------------------------------------------------------------------------


def own_bulletin(user: User, key: UUID, shop_no: str = "") -> Bulletin | None:
    """Return a bulletin that a shop of ``user`` (the named one) was told; None for any other."""
    rows = Bulletin.objects.of_shops_of(user)
    if shop_no:
        rows = rows.told_to(_shops(user, shop_no))
    return rows.filter(pk=key).first()


def bulletin_page(
    user: User, *, shop_no: str = "", cursor: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of what the shops of ``user`` (or one of them) were told, newest first.

    Two queries, however many shops. Raises ``cursor.bad``.
    """
    shops = _shops(user, shop_no)
    rows = Bulletin.objects.of_shops_of(user).told_to(shops)
    if cursor:
        at, key = decode_cursor(cursor, as_moment, as_uuid)
        rows = rows.filter(Q(begun_at__lt=at) | Q(begun_at=at, pk__lt=key))
    found = list(rows.order_by("-begun_at", "-pk")[: limit + 1])
    page = found[:limit]
    more = encode_cursor([page[-1].begun_at, page[-1].pk]) if len(found) > limit else ""
    return _cards(page, shops), more


def bulletin_card(user: User, bulletin: Bulletin, shop_no: str = "") -> dict[str, Any]:
    """Return one bulletin as the shops of ``user`` (or one of them) read it."""
    (card,) = _cards([bulletin], _shops(user, shop_no))
    return card


def unread_count(user: User) -> int:
    """Count the bulletins that no shop of ``user`` has read yet."""
    unread = BulletinRecipient.objects.filter(
        shop__in=shops_of(user).values("pk"), told_at__isnull=False, read_at=None
    )
    return int(unread.aggregate(n=Count("bulletin", distinct=True))["n"])


def _shops(user: User, shop_no: str) -> "QuerySet[Shop]":
    shops = shops_of(user)
    return shops.filter(shop_no=shop_no) if shop_no else shops


def _cards(page: list[Bulletin], shops: "QuerySet[Shop]") -> list[dict[str, Any]]:
    told = (
        BulletinRecipient.objects.filter(
            bulletin__in=page, shop__in=shops.values("pk"), told_at__isnull=False
        )
        .values("bulletin")
        .annotate(
            at=Min("told_at"),
            read=Max("read_at"),
            unread=Count("pk", filter=Q(read_at=None)),
            n=Count("pk"),
        )
    )
    of = {one["bulletin"]: one for one in told}
    return [
        {
            "id": row.public_key,
            "title": row.title,
            "body": row.body,
            "link": row.link,
            "urgency": row.urgency,
            "urgency_label": str(row.get_urgency_display()),
            "told_at": of[row.pk]["at"],
            "read_at": None if of[row.pk]["unread"] else of[row.pk]["read"],
            "shops": of[row.pk]["n"],
        }
        for row in page
        if row.pk in of
    ]
