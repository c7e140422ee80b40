"""What is kept of a member because shops have offered them something."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.masking import blank_text
from common.personal_data import Slice, Step, Store, Subject, register, slice_of
from merchants.goodwill import rules
from merchants.models import Gesture


class Goodwill(Store):
    """Offers of shops to a member."""

    key = "goodwill"
    title = _("What shops offered me")
    about = _("What shops offered you to make good, what you answered, and what you got.")
    models = ("merchants.Gesture",)
    columns: ClassVar[dict[str, Any]] = {
        "shop": _("shop"),
        "order_no": _("order no."),
        "kind": _("kind"),
        "worth": _("worth"),
        "words": _("words"),
        "state": _("state"),
        "offered_at": _("offered at"),
        "answered_at": _("answered at"),
        "coupon_code": _("code of the coupon"),
        "proof": _("proof"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = Gesture.objects.filter(member=subject.member).select_related("shop")
        found, further = slice_of(rows, after, limit)
        plain = ("order_no", "worth", "words", "offered_at", "answered_at", "coupon_code", "proof")
        return Slice(
            [
                {name: getattr(row, name) for name in plain}
                | {
                    "shop": row.shop.name,
                    "kind": str(row.get_kind_display()),
                    "state": str(row.get_state_display()),
                }
                for row in found
            ],
            further,
        )

    def running(self, subject: Subject) -> Any:
        # What a shop is late with may never come; nobody has to wait for that to leave.
        owed = Gesture.objects.filter(
            member=subject.member, state=rules.ACCEPTED, due_at__gt=timezone.now()
        )
        return _("A shop owes you something you accepted.") if owed.exists() else ""

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        found, further = slice_of(Gesture.objects.filter(member=subject.member), after, limit)
        named, changed = [*subject.names, *subject.identifiers], []
        for row in found:
            blanked = blank_text(row.words, names=named)
            if blanked != row.words:
                row.words = blanked
                changed.append(row)
        Gesture.objects.bulk_update(changed, ["words"])
        return Step(len(changed), further)


register(Goodwill(), order=51)
