"""What is kept of a member's harassment cases and contact blocks."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from common.personal_data import Slice, Step, Store, Subject, register, slice_of
from tickets.models import ContactBlock, HarassmentCase
from tickets.personal_data import blanked


class Limits(Store):
    """How the member's contact was limited, why, and what they said to it."""

    key = "limits"
    title = _("Limits of contact")
    about = _("When your contact with us was limited, why, and your appeals.")
    models = ("tickets.HarassmentCase", "tickets.ContactBlock")
    columns: ClassVar[dict[str, Any]] = {
        "grade": _("grade"),
        "ground": _("what happened"),
        "marked_at": _("marked at"),
        "since": _("since"),
        "until": _("until"),
        "appeal_text": _("what the member says"),
        "appeal_answer": _("answer to the appeal"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = HarassmentCase.objects.filter(member_id=subject.member).select_related("block")
        found, further = slice_of(rows, after, limit)
        return Slice([_row(case) for case in found], further)

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        rows = HarassmentCase.objects.filter(member_id=subject.member).select_related("block")
        found, further = slice_of(rows, after, limit)
        changed = _blank(found, ("reason", "decision_reason"), subject)
        HarassmentCase.objects.bulk_update(changed, ["reason", "decision_reason"])
        blocks = [case.block for case in found if hasattr(case, "block")]
        told = _blank(blocks, ("appeal_text", "appeal_answer"), subject)
        ContactBlock.objects.bulk_update(told, ["appeal_text", "appeal_answer"])
        return Step(len(changed) + len(told), further)


def _row(case: HarassmentCase) -> dict[str, Any]:
    block = getattr(case, "block", None)
    return {
        "grade": f"H{case.grade}",
        "ground": str(case.get_ground_display()),
        "marked_at": case.marked_at,
        "since": block.since if block else None,
        "until": block.until if block else None,
        "appeal_text": block.appeal_text if block else "",
        "appeal_answer": block.appeal_answer if block else "",
    }


def _blank(rows: list[Any], names: tuple[str, str], subject: Subject) -> list[Any]:
    """Take out of the texts ``names`` of ``rows`` what points at the member; return the rows changed."""
    words = iter(blanked([getattr(row, name) for row in rows for name in names], subject))
    changed = []
    for row in rows:
        fresh = {name: next(words) for name in names}
        if any(getattr(row, name) != text for name, text in fresh.items()):
            for name, text in fresh.items():
                setattr(row, name, text)
            changed.append(row)
    return changed


register(Limits(), order=24)
