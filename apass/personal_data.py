"""What is kept of a member's entitlements: uses and grants; the words go when the member is erased."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apass.membership import personal_data as _membership  # noqa: F401
from apass.models import Grant, Redemption, RedemptionRelease
from common.personal_data import Slice, Step, Store, Subject, register, slice_of


class Entitlements(Store):
    """What was promised to the member and used."""

    key = "entitlements"
    title = _("Entitlements used")
    about = _("What you were promised and used, when, and for what.")
    models = ("apass.Allowance", "apass.Grant", "apass.Redemption", "apass.RedemptionRelease")
    columns: ClassVar[dict[str, Any]] = {
        "code": _("entitlement"),
        "subject_key": _("for what"),
        "at": _("at"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = Redemption.objects.filter(member_id=subject.member)
        found, further = slice_of(rows, after, limit)
        return Slice(
            [{name: getattr(row, name) for name in self.columns} for row in found], further
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        uses = Redemption.objects.filter(member_id=subject.member)
        changed = uses.exclude(reason="", subject_key="").update(reason="", subject_key="")
        given = Grant.objects.filter(member_id=subject.member).exclude(reason="")
        back = RedemptionRelease.objects.filter(redemption__member_id=subject.member)
        changed += given.update(reason="") + back.exclude(reason="").update(reason="")
        return Step(changed)


register(Entitlements(), order=55)
