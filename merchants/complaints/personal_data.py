"""What is kept of a member because of complaints about their reviews."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from common.masking import blank_text
from common.personal_data import Slice, Step, Store, Subject, register, slice_of
from merchants.models import (
    BuyerPointsEntry,
    ComplaintQuote,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerAppealState,
    ReviewerFlag,
)
from merchants.queries.complaints import sign_words


class MaliciousReviews(Store):
    """Upheld complaints about a member's reviews, points, flags, appeals. What was rejected is nobody's burden."""

    key = "malicious_reviews"
    title = _("Complaints about my reviews")
    about = _("Reviews of yours that were found malicious, what followed, and your appeals.")
    models = (
        "merchants.ReviewComplaint",
        "merchants.ComplaintDecision",
        "merchants.ComplaintQuote",
        "merchants.BuyerPointsEntry",
        "merchants.ReviewerFlag",
        "merchants.FlagSignal",
        "merchants.ReviewerAppeal",
    )
    columns: ClassVar[dict[str, Any]] = {
        "what": _("what"),
        "order_no": _("order no."),
        "kind": _("kind"),
        "at": _("at"),
        "until": _("until"),
        "ended_at": _("ended at"),
        "reason": _("reason"),
        "points": _("points"),
        "appeal": _("what the member says"),
        "answer": _("answer"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        """Flags come with the last slice: there are few, and complaints page them."""
        rows = ReviewComplaint.objects.filter(member=subject.member, outcome="upheld")
        rows = rows.select_related("rating", "appeal").prefetch_related("decisions", "points")
        found, further = slice_of(rows, after, limit)
        cards = [_complaint_row(row) for row in found]
        if further is None:
            flags = ReviewerFlag.objects.filter(member=subject.member).select_related("appeal")
            cards += [_flag_row(row) for row in flags.prefetch_related("signals").order_by("pk")]
        return Slice(cards, further)

    def running(self, subject: Subject) -> Any:
        waits = ReviewerAppeal.objects.filter(
            member=subject.member, state=ReviewerAppealState.FILED
        )
        return (
            _("An appeal of yours about a review waits for its answer.") if waits.exists() else ""
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        rows = ReviewComplaint.objects.filter(member=subject.member)
        found, further = slice_of(rows, after, limit)
        changed = _blank(found, ("text", "more_text"), subject)
        quotes = ComplaintQuote.objects.filter(complaint__in=found)
        changed += _blank(list(quotes), ("body",), subject)
        if further is None:
            flags = ReviewerFlag.objects.filter(member=subject.member)
            changed += _blank(list(flags), ("reason", "ended_reason"), subject)
            appeals = ReviewerAppeal.objects.filter(member=subject.member)
            changed += _blank(list(appeals), ("text", "answer"), subject)
        return Step(changed, further)


def _complaint_row(row: ReviewComplaint) -> dict[str, Any]:
    appeal = getattr(row, "appeal", None)
    points: list[BuyerPointsEntry] = list(row.points.all())
    return {
        "what": str(_("found malicious")),
        "order_no": row.rating.order_no,
        "kind": str(row.get_type_display()),
        "at": row.upheld_at,
        "until": None,
        "ended_at": row.reversed_at,
        "reason": next((one.reason for one in row.decisions.all() if one.outcome == "upheld"), ""),
        "points": sum((one.points for one in points), start=type(points[0].points)(0))
        if points
        else None,
        "appeal": appeal.text if appeal else "",
        "answer": appeal.answer if appeal else "",
    }


def _flag_row(row: ReviewerFlag) -> dict[str, Any]:
    appeal = getattr(row, "appeal", None)
    return {
        "what": str(_("reviews are looked at first")),
        "order_no": "",
        "kind": "",
        "at": row.since,
        "until": row.until,
        "ended_at": row.ended_at,
        "reason": " ".join(sign_words(one) for one in row.signals.all()),
        "points": None,
        "appeal": appeal.text if appeal else "",
        "answer": appeal.answer if appeal else "",
    }


def _blank(rows: list[Any], names: tuple[str, ...], subject: Subject) -> int:
    """Take out of the texts ``names`` of ``rows`` what points at the member; return how many changed."""
    named = [*subject.names, *subject.identifiers]
    changed = []
    for row in rows:
        fresh = {name: blank_text(getattr(row, name), names=named) for name in names}
        if any(getattr(row, name) != text for name, text in fresh.items()):
            for name, text in fresh.items():
                setattr(row, name, text)
            changed.append(row)
    if changed:
        type(changed[0])._default_manager.bulk_update(changed, list(names))
    return len(changed)


register(MaliciousReviews(), order=49)
