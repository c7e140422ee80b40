"""Cases as their pushers and clients see them."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import User
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from radio.models import Case, CaseState, Channel, EditionItem

PAGE = 30


@dataclass(frozen=True)
class CasePage:
    """One page of cases, newest first; ``next_cursor`` is empty on the last one."""

    cases: list[Case]
    next_cursor: str


def fates(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Return ``cases`` with everything that says what became of each."""
    items = EditionItem.objects.select_related("edition__channel").order_by("edition__publish_at")
    return (
        cases.select_related("pushed_by", "screened_by", "merged_into", "conversation")
        .annotate(merged_count=Count("merged", distinct=True))
        .prefetch_related(
            "quotes",
            Prefetch("items", items),
            Prefetch("merged_into__items", items),
        )
    )


def pushed_by(user: User, *, cursor: str = "", limit: int = PAGE) -> CasePage:
    """Return what ``user`` pushed, newest first. Raises ``cursor.bad``."""
    cases = Case.objects.visible_to(user).filter(pushed_by=user)
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        cases = cases.filter(pk__lt=last)
    rows = list(fates(cases).order_by("-pk")[: limit + 1])
    more = rows[limit:]
    return CasePage(rows[:limit], encode_cursor([rows[limit - 1].pk]) if more else "")


def cases_in_kitchen(user: User, now: datetime, *, cursor: str = "", limit: int = PAGE) -> CasePage:
    """Return what waits in the kitchen, the longest first. Raises ``cursor.bad``."""
    cases = Case.objects.visible_to(user, now).filter(state=CaseState.PENDING)
    if cursor:
        at, last = decode_cursor(cursor, as_moment, as_uuid)
        cases = cases.filter(Q(pushed_at__gt=at) | Q(pushed_at=at, pk__gt=last))
    rows = list(fates(cases).order_by("pushed_at", "pk")[: limit + 1])
    page = rows[:limit]
    more = len(rows) > limit
    return CasePage(page, encode_cursor([page[-1].pushed_at, page[-1].pk]) if more else "")


@dataclass(frozen=True)
class Viewer:
    """Who looks: the channels they may know of, and whether conversations are their business."""

    channels: frozenset[int]
    at_the_desk: bool
    now: datetime


def viewer(user: User, now: datetime) -> Viewer:
    """Return what ``user`` may know at ``now``."""
    channels = Channel.objects.visible_to(user).values_list("pk", flat=True)
    return Viewer(frozenset(channels), user.can("desk.use"), now)


def case_card(case: Case, eyes: Viewer) -> dict[str, Any]:
    """Return ``case`` (from :func:`fates`) as JSON.

    Editions of channels the viewer does not know stay nameless; the conversation is named to the
    desk alone.
    """
    into = case.merged_into
    return {
        "id": case.public_key,
        "state": case.state,
        "state_label": case.get_state_display(),
        "headline": case.headline,
        "reason": case.reason,
        "severity": case.severity or None,
        "conversation": case.conversation.public_key if eyes.at_the_desk else None,
        "conversation_no": case.conversation.conversation_no if eyes.at_the_desk else None,
        "pushed_at": case.pushed_at,
        "pushed_by": {"id": case.pushed_by.public_key, "name": case.pushed_by.display_name},
        "screened_at": case.screened_at,
        "screened_by": case.screened_by.display_name if case.screened_by else None,
        "reject_reason": case.reject_reason or None,
        "merged_into": {"id": into.public_key, "headline": into.headline} if into else None,
        "merged_count": getattr(case, "merged_count", 0),
        "quotes": [
            {
                "seq": quote.seq,
                "speaker": quote.speaker_kind,
                "name": quote.speaker_name,
                "body": quote.body,
                "at": quote.said_at,
            }
            for quote in case.quotes.all()
        ],
        "editions": [_edition(item, eyes) for item in (into or case).items.all()],
    }


def case_for(user: User, key: uuid.UUID, *, now: datetime) -> Case | None:
    """Return the case ``user`` may see, with its fate, or None."""
    return fates(Case.objects.visible_to(user, now).filter(pk=key)).first()


def _edition(item: EditionItem, eyes: Viewer) -> dict[str, Any]:
    edition = item.edition
    card: dict[str, Any] = {
        "id": None,
        "channel": None,
        "day": edition.day,
        "number": None,
        "publish_at": edition.publish_at,
        "is_out": edition.is_out(eyes.now),
    }
    if edition.channel_id in eyes.channels:
        card |= {
            "id": edition.public_key,
            "channel": {"code": edition.channel.code, "name": edition.channel.name},
            "number": edition.number,
        }
    return card
