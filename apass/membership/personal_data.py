"""What APASS keeps of a member: their memberships and the figures that decided."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apass.actions import end_for_erasure
from apass.models import InvitationCode, Membership
from common.personal_data import Slice, Step, Store, Subject, register


class Memberships(Store):
    """Memberships the member was told of."""

    key = "apass"
    title = _("APASS")
    about = _("Your memberships of APASS: invited, active, ended.")
    models = ("apass.Membership", "apass.InvitationCode")
    columns: ClassVar[dict[str, Any]] = {
        "state": _("state"),
        "invited_at": _("invited at"),
        "activated_at": _("active since"),
        "term_ends_at": _("term ends at"),
        "ended_at": _("ended at"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = Membership.objects.told().filter(member=subject.member).order_by("pk")
        return Slice(
            [
                {name: getattr(row, name) for name in self.columns}
                | {"state": row.get_state_display()}
                for row in rows
            ]
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        rows = Membership.objects.filter(member=subject.member).exclude(
            figures={}, ended_at__isnull=False
        )
        changed = 0
        for row in rows:
            end_for_erasure(row, now=timezone.now())
            changed += 1
        changed += (
            InvitationCode.objects.filter(membership__member=subject.member)
            .exclude(sealed_text="")
            .update(sealed_text="")
        )
        return Step(changed)


register(Memberships(), order=20)
