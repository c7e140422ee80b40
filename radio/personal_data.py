"""What the radio keeps of a member: their words, masked before they were stored."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.personal_data import Slice, Step, Store, Subject, register
from radio import rules
from radio.models import Case, CaseLine, CaseQuote, CaseState
from tickets.personal_data import blanked

_SAID_OF_CASES = ("headline", "reason", "reject_reason")


class Voices(Store):
    """The lines of the member that the business heard."""

    key = "voices"
    title = _("Heard by the business")
    about = _("Lines of yours that business teams heard at nine o'clock, without your name.")
    models = ("radio.Case", "radio.CaseQuote", "radio.CaseLine")
    columns: ClassVar[dict[str, Any]] = {
        "headline": _("title"),
        "said_at": _("said at"),
        "text": _("text"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        quotes = CaseQuote.objects.filter(case__in=_cases_of(subject)).select_related("case")
        return Slice(
            [
                {"headline": row.case.headline, "said_at": row.said_at, "text": row.body}
                for row in quotes.order_by("pk")
            ]
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        cases = list(_cases_of(subject))
        words = iter(
            blanked([getattr(case, name) for case in cases for name in _SAID_OF_CASES], subject)
        )
        for case in cases:
            for name in _SAID_OF_CASES:
                setattr(case, name, next(words))
            longest = (
                rules.HEADLINE_CHARACTERS
                if case.state == CaseState.SELECTED
                else rules.SUGGESTED_CHARACTERS
            )
            case.headline = case.headline[:longest]
            case.member_region = ""
        changed = Case.objects.bulk_update(cases, [*_SAID_OF_CASES, "member_region"])
        CaseLine.objects.filter(case__in=cases).delete()
        quotes = list(CaseQuote.objects.filter(case__in=cases))
        bodies = blanked([quote.body for quote in quotes], subject)
        for quote, body in zip(quotes, bodies, strict=True):
            quote.body = body
            if quote.speaker_kind == "member":
                quote.speaker_name = ""
        changed += CaseQuote.objects.bulk_update(quotes, ["body", "speaker_name"])
        return Step(changed)


def _cases_of(subject: Subject) -> QuerySet[Case]:
    return Case.objects.filter(conversation__member_id=subject.member)


register(Voices(), order=10)
