"""Complaints about reviews as the shop, the member and the house read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.masks import shown
from accounts.models import MarkKind, User
from common.cursors import as_uuid, decode_cursor, encode_cursor
from common.ids import public_key
from common.parameters import value
from merchants.complaints import rules
from merchants.models import (
    ComplaintFile,
    ComplaintState,
    FlagSignal,
    Rating,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerFlag,
    Shop,
    Stage,
)
from merchants.queries.effects import owned_page
from merchants.queries.flags import appeal_until, is_settled
from merchants.queries.reviews import review_cards
from merchants.ratings.rules import first_moment_after


def shop_complaint(user: User, key: UUID) -> ReviewComplaint | None:
    """Return a complaint of a shop ``user`` works for; None for any other."""
    rows = ReviewComplaint.objects.of_shops_of(user).select_related("shop", "rating__member")
    return rows.filter(pk=key).first()


def complaint_page(
    user: User, *, cursor: str = "", limit: int = 50
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the complaints of the shops of ``user``, newest first. Raises ``cursor.bad``."""
    rows = ReviewComplaint.objects.of_shops_of(user)
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    found = list(rows.select_related("shop").order_by("-pk")[: limit + 1])
    page = [complaint_line(row) for row in found[:limit]]
    return page, encode_cursor([found[limit - 1].pk]) if len(found) > limit else ""


def complaint_line(row: ReviewComplaint) -> dict[str, Any]:
    """Return a complaint in a list."""
    return {
        "id": row.public_key,
        "review": public_key("rtg", row.rating_id),
        "shop_no": row.shop.shop_no,
        "shop": row.shop.name,
        "type": row.type,
        "type_label": str(row.get_type_display()),
        "state": row.state,
        "state_label": str(row.get_state_display()),
        "outcome": row.outcome or None,
        "outcome_label": str(row.get_outcome_display()),
        "filed_at": row.filed_at,
        "due_at": row.due_at,
        "reversed_at": row.reversed_at,
    }


def complaint_card(row: ReviewComplaint, now: datetime) -> dict[str, Any]:
    """Return a complaint whole: words, quotes, files, decisions, and what can be done until when."""
    decisions = {one.stage: one for one in row.decisions.all()}
    may_reapply = (
        row.state == ComplaintState.REJECTED
        and row.reapply_until is not None
        and now < row.reapply_until
    )
    return complaint_line(row) | {
        "order_no": row.rating.order_no,
        "text": row.text,
        "more_text": row.more_text,
        "quotes": [
            {
                "conversation": one.conversation_no, "seq": one.seq, "author": one.author,
                "said_at": one.said_at, "body": one.body,
            }
            for one in row.quotes.order_by("conversation_no", "seq")
        ],
        "files": [file_card(row, file) for file in row.files.order_by("uploaded_at", "pk")],
        "decisions": [
            {
                "stage": one.stage, "outcome": one.outcome,
                "outcome_label": str(one.get_outcome_display()), "reason": one.reason, "at": one.at,
            }
            for stage in Stage.values
            if (one := decisions.get(stage)) is not None
        ],
        "reapply_until": row.reapply_until if may_reapply else None,
    }  # fmt: skip


def file_card(complaint: ReviewComplaint, file: ComplaintFile) -> dict[str, Any]:
    """Return a file of a complaint."""
    return uploaded_card(file) | {
        "url": f"/api/v1/shop/complaints/{complaint.public_key}/files/{file.public_key}/"
    }


def uploaded_card(file: ComplaintFile) -> dict[str, Any]:
    """Return a file that was sent."""
    facts = ("kind", "name", "size", "content_type")
    return {"id": file.public_key} | {name: getattr(file, name) for name in facts}


def file_for(user: User, complaint: UUID, key: UUID) -> ComplaintFile | None:
    """Return a file of a complaint ``user`` may see."""
    return ComplaintFile.objects.visible_to(user).filter(pk=key, complaint=complaint).first()


# --- The shop's reviews -----------------------------------------------------------------------------


def shop_review_page(
    user: User, shop: Shop, now: datetime, *, cursor: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the reviews of ``shop`` with words, effects and complaints. Raises ``cursor.bad``.

    A fixed number of queries, however many reviews.
    """
    effects, further = owned_page(shop, cursor=cursor, limit=limit)
    keys = [UUID(hex=one["key"].removeprefix("rtg_")) for one in effects]
    rows = Rating.objects.filter(pk__in=keys).select_related("member").order_by("-rated_at", "-pk")
    return _with_effects(user, list(rows), effects, now), further


def shop_review(user: User, rating: Rating, now: datetime) -> dict[str, Any]:
    """Return one review of a shop as its people read it."""
    effect: dict[str, Any] = {
        "key": public_key("rtg", rating.pk), "order_no": rating.order_no, "counts": None,
        "why_not": "", "effects": {},
    }  # fmt: skip
    return _with_effects(user, [rating], [effect], now)[0]


def _with_effects(
    user: User, ratings: Sequence[Rating], effects: Sequence[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    complaints = {
        row.rating_id: row
        for row in ReviewComplaint.objects.filter(
            rating__in=[rating.pk for rating in ratings]
        ).select_related("shop")
    }
    by_key = {one["key"]: one for one in effects}
    found = []
    for rating, card in zip(ratings, review_cards(user, ratings), strict=True):
        complaint = complaints.get(rating.pk)
        until = first_moment_after(rating.rated_at, value("complaint.window_days", rating.rated_at))
        is_open = complaint is None and not rating.is_default and not card["is_withdrawn"]
        found.append(
            by_key[card["key"]]
            | card
            | {
                "complaint": None if complaint is None else complaint_line(complaint),
                "complain_until": until if is_open and now < until else None,
            }
        )
    return found


# --- The member's own ---------------------------------------------------------------------------------


def my_matters(user: User, now: datetime) -> dict[str, Any]:
    """Return what stands against a member's reviews: upheld complaints, flags, appeals; all of it."""
    complaints = list(
        ReviewComplaint.objects.about_me(user)
        .select_related("rating", "shop")
        .prefetch_related("decisions")
        .order_by("-upheld_at")
    )
    flags = list(
        ReviewerFlag.objects.filter(member__user=user)
        .prefetch_related("signals")
        .order_by("-since")
    )
    appeals = list(ReviewerAppeal.objects.filter(member__user=user))
    by_complaint = {one.complaint_id: one for one in appeals if one.complaint_id}
    by_flag = {one.flag_id: one for one in appeals if one.flag_id}
    return {
        "complaints": [my_complaint(one, by_complaint.get(one.pk), now) for one in complaints],
        "flags": [my_flag(one, by_flag.get(one.pk), now) for one in flags],
    }


def my_complaint(
    row: ReviewComplaint, appeal: ReviewerAppeal | None, now: datetime
) -> dict[str, Any]:
    """Return an upheld complaint as the author of the review reads it: never which person complained."""
    reason = next((one.reason for one in row.decisions.all() if one.outcome == rules.UPHELD), "")
    return {
        "id": row.public_key,
        "order_no": row.rating.order_no,
        "shop": row.shop.name,
        "type": row.type,
        "type_label": str(row.get_type_display()),
        "upheld_at": row.upheld_at,
        "reason": reason,
        "reversed_at": row.reversed_at,
        **_appealing(row, appeal, now),
    }


def my_flag(row: ReviewerFlag, appeal: ReviewerAppeal | None, now: datetime) -> dict[str, Any]:
    """Return a flag as its member reads it: since when, until when, why, and what it does."""
    return {
        "id": row.public_key,
        "since": row.since,
        "until": row.until,
        "is_running": row.ended_at is None and row.until > now,
        "ended_at": row.ended_at,
        "ended_why_label": str(row.get_ended_why_display()) if row.ended_why else "",
        "signs": [{"kind": one.kind, "words": sign_words(one)} for one in row.signals.all()],
        **_appealing(row, appeal, now),
    }


def _appealing(
    row: ReviewComplaint | ReviewerFlag, appeal: ReviewerAppeal | None, now: datetime
) -> dict[str, Any]:
    until = appeal_until(row)
    is_open = appeal is None and now < until and not is_settled(row)
    return {
        "appeal_until": until if is_open else None,
        "appeal": None
        if appeal is None
        else {
            "id": appeal.public_key,
            "state": appeal.state,
            "state_label": str(appeal.get_state_display()),
            "text": appeal.text,
            "filed_at": appeal.filed_at,
            "due_at": appeal.due_at if appeal.decided_at is None else None,
            "answer": appeal.answer,
            "decided_at": appeal.decided_at,
        },
    }


def sign_words(sign: FlagSignal) -> str:
    """Say in words what a sign is, with its facts."""
    facts = sign.facts
    if sign.kind == rules.SEVERAL_MERCHANTS:
        return _("%(complaints)s complaints of %(merchants)s merchants were upheld.") % {
            "complaints": facts["complaints"], "merchants": facts["merchants"],
        }  # fmt: skip
    if sign.kind == rules.LINKED:
        by = " / ".join(str(MarkKind(kind).label) for kind in facts["by"])
        return _(
            "Seen with the same %(by)s as another account whose review was found malicious."
        ) % {"by": by}
    return ngettext(
        "%(negative)s of %(graded)s other review is negative.",
        "%(negative)s of %(graded)s other reviews are negative.",
        facts["graded"],
    ) % {"negative": facts["negative"], "graded": facts["graded"]}


def masked_author(user: User, row: ReviewComplaint) -> str:
    """Return the name of the author of a review, masked."""
    member = row.rating.member
    return str(shown("name", member.display_name, to=user, own=member.user_id))
