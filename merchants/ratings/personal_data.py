"""What is kept of a member in the merchants' rooms: what they said of orders, and was answered them."""

from itertools import chain
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from common.masking import blank_text
from common.personal_data import Slice, Step, Store, Subject, register, slice_of
from merchants.models import (
    FollowupReview,
    Rating,
    RatingMeasure,
    RatingMeasureKind,
    ReviewReply,
)
from merchants.models.ratings import SCORES


class Ratings(Store):
    """What the member said of orders; scores stay as figures, the words are made nameless."""

    key = "ratings"
    title = _("Ratings and reviews")
    about = _("What you said of your orders: scores, grades and words.")
    models = (
        "merchants.Rating",
        "merchants.FollowupReview",
        "merchants.ReviewReply",
        "merchants.RatingMeasure",
    )
    columns: ClassVar[dict[str, Any]] = {
        "order_no": _("order no."),
        "rated_at": _("rated at"),
        "desc_match": _("as described"),
        "service_attitude": _("service"),
        "logistics_service": _("logistics"),
        "grade": _("grade"),
        "comment": _("words"),
        "followup": _("follow-up review"),
        "replies": _("replies of the shop"),
        "masked": _("words masked"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = Rating.objects.filter(member_id=subject.member)
        found, further = slice_of(rows, after, limit)
        more = dict(
            FollowupReview.objects.filter(rating__in=found).values_list("rating_id", "text")
        )
        replies = _by_rating(ReviewReply.objects.filter(rating__in=found).order_by("at"), "text")
        measures = RatingMeasure.objects.filter(rating__in=found, kind=RatingMeasureKind.MASKED)
        masked = _by_rating(measures.order_by("since"), "words")
        return Slice(
            [
                {name: getattr(row, name) for name in ("order_no", "rated_at", *SCORES, "comment")}
                | {
                    "grade": "" if row.grade is None else row.get_grade_display(),
                    "followup": more.get(row.pk, ""),
                    "replies": "\n".join(replies.get(row.pk, [])),
                    "masked": "、".join(chain.from_iterable(masked.get(row.pk, []))),
                }
                for row in found
            ],
            further,
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        # Reviews are never deleted (E-Commerce Law 39): what points at a person goes out of the words.
        found, further = slice_of(Rating.objects.filter(member_id=subject.member), after, limit)
        named = [*subject.names, *subject.identifiers]
        changed = _blank(found, ("comment",), named)
        for model, names in (
            (FollowupReview, ("text",)),
            (ReviewReply, ("text",)),
            (RatingMeasure, ("words", "reason", "ended_reason")),
        ):
            rows = model._default_manager.filter(rating__in=found)
            changed += _blank(list(rows), names, named)
        return Step(changed, further)


def _by_rating(rows: Any, name: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for key, words in rows.values_list("rating_id", name):
        found.setdefault(key, []).append(words)
    return found


def _blank(rows: list[Any], names: tuple[str, ...], named: list[str]) -> int:
    """Take out of the texts ``names`` of ``rows`` what points at the member; return how many changed."""

    def nameless(words: str | list[str]) -> str | list[str]:
        if isinstance(words, list):
            return [blank_text(word, names=named) for word in words]
        return blank_text(words, names=named)

    changed = []
    for row in rows:
        fresh = {name: nameless(getattr(row, name)) for name in names}
        if any(getattr(row, name) != words for name, words in fresh.items()):
            for name, words in fresh.items():
                setattr(row, name, words)
            changed.append(row)
    if changed:
        type(changed[0])._default_manager.bulk_update(changed, list(names))
    return len(changed)


register(Ratings(), order=50)
