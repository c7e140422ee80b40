"""Reviews of a shop as everybody reads them: newest first, nothing good before anything bad."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.masks import shown
from accounts.models import User
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from common.ids import public_key
from common.parameters import value
from merchants.models import (
    FollowupReview,
    Grade,
    HeldReview,
    MeasureGround,
    Rating,
    RatingMeasure,
    RatingMeasureKind,
    Replied,
    ReviewReply,
    Shop,
)
from merchants.models.complaints import JUDGE
from merchants.models.ratings import SCORES
from merchants.ratings.rules import first_moment_after

PAGE = 20
MASK = "＊＊＊"


def review_page(
    user: User, shop: Shop, *, grade: str = "", cursor: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the reviews of ``shop``, newest first, and the cursor of the next one.

    The only order there is: it can favour nobody (Online Trading Measures 14). ``grade`` keeps to
    one grade by name. What is excluded or withdrawn stays in its place, folded behind a label.
    Raises ``cursor.bad``.
    """
    rows = Rating.objects.filter(shop=shop)
    if grade:
        rows = rows.filter(grade=Grade[grade.upper()])
    if cursor:
        at, key = decode_cursor(cursor, as_moment, as_uuid)
        rows = rows.filter(Q(rated_at__lt=at) | Q(rated_at=at, pk__lt=key))
    found = list(rows.select_related("member").order_by("-rated_at", "-pk")[: limit + 1])
    page = found[:limit]
    further = encode_cursor([page[-1].rated_at, page[-1].pk]) if len(found) > limit else ""
    return review_cards(user, page), further


def review_cards(user: User, ratings: Sequence[Rating]) -> list[dict[str, Any]]:
    """Return ``ratings`` (members selected along) as ``user`` may read them, in five queries at most."""
    keys = [rating.pk for rating in ratings]
    followups = {row.rating_id: row for row in FollowupReview.objects.filter(rating__in=keys)}
    replies: dict[Any, list[ReviewReply]] = {}
    for reply in ReviewReply.objects.filter(rating__in=keys).order_by("at"):
        replies.setdefault(reply.rating_id, []).append(reply)
    measured = [rating.pk for rating in ratings if rating.is_excluded or rating.is_masked]
    running: dict[Any, dict[str, RatingMeasure]] = {}
    if measured:
        for measure in RatingMeasure.objects.filter(rating__in=measured, ended_at=None):
            running.setdefault(measure.rating_id, {})[measure.kind] = measure
    held = dict(
        HeldReview.objects.running().filter(rating__in=keys).values_list("rating_id", "until")
    )
    return [
        _card(
            user,
            rating,
            followups.get(rating.pk),
            replies.get(rating.pk, []),
            running.get(rating.pk, {}),
            held.get(rating.pk),
        )
        for rating in ratings
    ]


def _card(
    user: User,
    rating: Rating,
    followup: FollowupReview | None,
    replies: Iterable[ReviewReply],
    measures: dict[str, RatingMeasure],
    held_until: datetime | None,
) -> dict[str, Any]:
    own = rating.member.user_id
    # What is looked at first is read by its author, and by those who look.
    is_held = held_until is not None and not (user.pk == own or user.can(JUDGE))
    masked = measures.get(RatingMeasureKind.MASKED)

    def words(text: str) -> str:
        return shown("text", without_masked(text, masked), to=user, own=own)

    is_withdrawn = rating.withdrawn_at is not None
    excluded = measures.get(RatingMeasureKind.EXCLUDED)
    return {
        "key": public_key("rtg", rating.pk),
        "author": shown("name", rating.member.display_name, to=user, own=own),
        "rated_at": rating.rated_at,
        "grade": None if rating.grade is None else Grade(rating.grade).name.lower(),
        "grade_label": "" if rating.grade is None else str(Grade(rating.grade).label),
        "scores": {name: getattr(rating, name) for name in SCORES},
        "comment": "" if is_withdrawn or is_held else words(rating.comment),
        "held_until": held_until,
        "is_default": rating.is_default,
        "is_edited": bool(rating.edits) and not is_withdrawn,
        "is_withdrawn": is_withdrawn,
        "is_folded": rating.is_excluded or is_withdrawn,
        "not_counted": None if excluded is None else excluded.ground,
        "not_counted_label": ""
        if excluded is None
        else str(MeasureGround(excluded.ground).label),
        "is_masked": rating.is_masked,
        "followup": None
        if followup is None or is_withdrawn or is_held
        else {"text": words(followup.text), "at": followup.at},
        "replies": [
            {"to": reply.to, "to_label": str(Replied(reply.to).label), "text": reply.text, "at": reply.at}
            for reply in replies
        ],
    }  # fmt: skip


def without_masked(text: str, measure: RatingMeasure | None) -> str:
    """Return ``text`` with what a running measure masks taken out: its words, or all of it."""
    if measure is None or not text:
        return text
    if not measure.words:
        return MASK
    # The longest first, so that one word inside another leaves nothing standing.
    for word in sorted(measure.words, key=len, reverse=True):
        text = text.replace(word, MASK)
    return text


def own_card(user: User, rating: Rating, now: datetime) -> dict[str, Any]:
    """Return what ``user`` said of an order as they read it themselves, and what they may still do.

    ``change_until`` is until when it may be changed or withdrawn, ``followup_until`` until when words
    may be added; None for what is over, was done, or never may be.
    """
    card = review_cards(user, [rating])[0]
    is_bad = rating.grade in (Grade.NEUTRAL, Grade.NEGATIVE)
    may_change = is_bad and not rating.edits and not card["is_withdrawn"]
    may_add = card["followup"] is None and not card["is_withdrawn"]
    change = _open_until("review.edit_window_days", rating.rated_at, now)
    add = _open_until("review.followup_window_days", rating.succeeded_at, now)
    return card | {
        "order_no": rating.order_no,
        "change_until": change if may_change else None,
        "followup_until": add if may_add else None,
    }


def rateable_until(succeeded_at: datetime, now: datetime) -> datetime | None:
    """Return until when a trade may be rated that succeeded then; None when that is over."""
    return _open_until("dsr.rate_window_days", succeeded_at, now)


def _open_until(days: str, opened_at: datetime, now: datetime) -> datetime | None:
    until = first_moment_after(opened_at, value(days, opened_at))
    return until if now < until else None


def own_rating(user: User, order_no: str) -> Rating | None:
    """Return what ``user`` said of the order ``order_no``; None when nothing, or it is not theirs."""
    rows = Rating.objects.of_buyer(user).filter(order_no=order_no[:40])
    return rows.select_related("member").first()


def rating_of_shop(shop_no: str, key: Any) -> Rating | None:
    """Return a rating of the shop ``shop_no`` by its key."""
    rows = Rating.objects.filter(pk=key, shop__shop_no=shop_no[:32])
    return rows.select_related("member", "shop").first()


def shop_of(shop_no: str) -> Shop | None:
    """Return a shop by its number."""
    return Shop.objects.filter(shop_no=shop_no[:32]).first()


def ratings_between(shop: Shop, since: datetime, until: datetime) -> Any:
    """Return the ratings of ``shop`` given from ``since`` until before ``until``."""
    return Rating.objects.filter(shop=shop, rated_at__gte=since, rated_at__lt=until)
