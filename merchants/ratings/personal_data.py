"""What is kept of a member in the merchants' rooms: what they said of orders."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from common.masking import blank_text
from common.personal_data import Slice, Step, Store, Subject, register, slice_of
from merchants.models import FollowupReview, Rating
from merchants.models.ratings import SCORES


class Ratings(Store):
    """What the member said of orders; scores stay as figures, the words are made nameless."""

    key = "ratings"
    title = _("Ratings and reviews")
    about = _("What you said of your orders: scores, grades and words.")
    models = ("merchants.Rating", "merchants.FollowupReview")
    columns: ClassVar[dict[str, Any]] = {
        "order_no": _("order no."),
        "rated_at": _("rated at"),
        "desc_match": _("as described"),
        "service_attitude": _("service"),
        "logistics_service": _("logistics"),
        "grade": _("grade"),
        "comment": _("words"),
        "followup": _("follow-up review"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = Rating.objects.filter(member_id=subject.member)
        found, further = slice_of(rows, after, limit)
        more = dict(
            FollowupReview.objects.filter(rating__in=found).values_list("rating_id", "text")
        )
        return Slice(
            [
                {name: getattr(row, name) for name in ("order_no", "rated_at", *SCORES, "comment")}
                | {
                    "grade": "" if row.grade is None else row.get_grade_display(),
                    "followup": more.get(row.pk, ""),
                }
                for row in found
            ],
            further,
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        # Reviews are never deleted (E-Commerce Law 39): what points at a person goes out of the words.
        found, further = slice_of(Rating.objects.filter(member_id=subject.member), after, limit)
        named = [*subject.names, *subject.identifiers]
        changed = []
        for row in found:
            blank = blank_text(row.comment, names=named)
            if blank != row.comment:
                row.comment = blank
                changed.append(row)
        Rating.objects.bulk_update(changed, ["comment"])
        more = []
        for followup in FollowupReview.objects.filter(rating__in=found):
            blank = blank_text(followup.text, names=named)
            if blank != followup.text:
                followup.text = blank
                more.append(followup)
        FollowupReview.objects.bulk_update(more, ["text"])
        return Step(len(changed) + len(more), further)


register(Ratings(), order=50)
