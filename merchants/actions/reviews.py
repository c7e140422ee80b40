"""What happens to a review after it was given: followed up, changed, withdrawn, replied to."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries import own_member
from common.errors import DomainError, Forbidden
from common.history import record
from common.parameters import value
from common.text import clean
from merchants.actions.held_reviews import hold_words
from merchants.actions.pairs import held, recount_pair
from merchants.models import (
    FollowupReview,
    Grade,
    Rating,
    Replied,
    ReviewReply,
    StaffRight,
    shops_of,
)
from merchants.ratings.rules import first_moment_after


@transaction.atomic
def add_followup(
    rating: Rating, text: str, *, by: User | None, now: datetime | None = None
) -> FollowupReview:
    """Add words to a review, once, without scores (追评); they are never changed.

    Raises ``rating.not_buyer`` (403), ``followup.already``, ``followup.too_late`` (details ``until``),
    ``review.withdrawn`` and the codes of ``common.text.clean``.
    """
    now = now or timezone.now()
    _require_author(rating, by)
    words = clean(text, max_chars=value("review.followup_length", now))
    rating = held(rating)
    _require_standing(rating)
    opened = rating.succeeded_at
    _require_before(
        opened, value("review.followup_window_days", opened), now, "followup.too_late",
        _("The time to follow up this review is over."),
    )  # fmt: skip
    if FollowupReview.objects.filter(rating=rating).exists():
        raise DomainError("followup.already", _("This review has been followed up already."))
    followup = FollowupReview.objects.create(rating=rating, text=words, at=now)
    record(rating, "rating.followed_up", by=by, at=now)
    hold_words(rating, now=now)
    return followup


@transaction.atomic
def edit_review(
    rating: Rating,
    *,
    grade: int,
    comment: str | None = None,
    by: User | None,
    now: datetime | None = None,
) -> Rating:
    """Change a neutral or negative review, once; its scores stay. Words are kept when None.

    Raises ``rating.not_buyer`` (403), ``review.withdrawn``, ``review.not_editable`` (a good one never
    is), ``review.edited``, ``review.too_late`` (details ``until``), ``rating.no_such_grade`` and the
    codes of ``common.text.clean``.
    """
    now = now or timezone.now()
    rating = _held_for_change(rating, by, now)
    if grade not in Grade.values:
        raise DomainError("rating.no_such_grade", _("There is no such grade."))
    if comment is not None:
        most = value("review.comment_length", now)
        rating.comment = clean(comment, max_chars=most, required=False)
    before, rating.grade, rating.edits = rating.grade, grade, rating.edits + 1
    rating.save(update_fields=["grade", "comment", "edits"])
    recount_pair(rating)
    record(rating, "rating.edited", by=by, before={"grade": before}, after={"grade": grade}, at=now)
    if comment is not None:
        hold_words(rating, now=now)
    rating.refresh_from_db()
    return rating


@transaction.atomic
def withdraw_review(rating: Rating, *, by: User | None, now: datetime | None = None) -> Rating:
    """Take a neutral or negative review back: its grade no longer counts, its words are not shown.

    It is the one change a review may have; its scores stay. Raises as :func:`edit_review`.
    """
    now = now or timezone.now()
    rating = _held_for_change(rating, by, now)
    rating.withdrawn_at, rating.edits = now, rating.edits + 1
    rating.save(update_fields=["withdrawn_at", "edits"])
    recount_pair(rating)
    record(rating, "rating.withdrawn", by=by, after={"withdrawn_at": now}, at=now)
    rating.refresh_from_db()
    return rating


@transaction.atomic
def reply_to_review(
    rating: Rating, text: str, *, by: User | None, now: datetime | None = None
) -> ReviewReply:
    """Let the shop answer a review, and once more its follow-up: the newest words not yet answered.

    Raises ``reply.not_yours`` (403), ``reply.already``, ``reply.too_late`` (details ``until``) and the
    codes of ``common.text.clean``.
    """
    now = now or timezone.now()
    if by is not None and not shops_of(by, StaffRight.ANSWER).filter(pk=rating.shop_id).exists():
        raise Forbidden(_("Only who answers for the shop can reply."), code="reply.not_yours")
    words = clean(text, max_chars=value("review.reply_length", now))
    rating = held(rating)
    to, opened = _to_reply_to(rating)
    _require_before(
        opened, value("review.seller_reply_days", opened), now, "reply.too_late",
        _("The time to reply to this review is over."),
    )  # fmt: skip
    reply = ReviewReply.objects.create(rating=rating, to=to, text=words, at=now, by=by)
    record(rating, "rating.replied_to", by=by, after={"to": to.value}, at=now)
    return reply


def _to_reply_to(rating: Rating) -> tuple[Replied, datetime]:
    words = {Replied.REVIEW: rating.rated_at}
    followup = FollowupReview.objects.filter(rating=rating).first()
    if followup is not None:
        words[Replied.FOLLOWUP] = followup.at
    answered = set(ReviewReply.objects.filter(rating=rating).values_list("to", flat=True))
    waiting = [(at, to) for to, at in words.items() if to not in answered]
    if not waiting:
        raise DomainError("reply.already", _("The shop has replied to this already."))
    at, to = max(waiting)
    return to, at


def _held_for_change(rating: Rating, by: User | None, now: datetime) -> Rating:
    _require_author(rating, by)
    rating = held(rating)
    _require_standing(rating)
    if rating.edits:
        raise DomainError("review.edited", _("A review can be changed once, and this one was."))
    if rating.grade not in (Grade.NEUTRAL, Grade.NEGATIVE):
        raise DomainError(
            "review.not_editable", _("Only a neutral or negative review can be changed.")
        )
    _require_before(
        rating.rated_at, value("review.edit_window_days", rating.rated_at), now,
        "review.too_late", _("The time to change this review is over."),
    )  # fmt: skip
    return rating


def _require_author(rating: Rating, by: User | None) -> None:
    if by is None:
        return
    member = own_member(by)
    if member is None or member.pk != rating.member_id:
        raise Forbidden(_("Only its author can do this."), code="rating.not_buyer")


def _require_standing(rating: Rating) -> None:
    if rating.withdrawn_at is not None:
        raise DomainError("review.withdrawn", _("This review has been withdrawn by its author."))


def _require_before(opened: datetime, days: int, now: datetime, code: str, words: object) -> None:
    until = first_moment_after(opened, days)
    if now >= until:
        raise DomainError(code, words, until=until.isoformat())
