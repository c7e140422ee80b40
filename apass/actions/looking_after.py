"""Who looks after a member of APASS: named, handed on."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import notify
from accounts.actions.asking import is_own_case, refuse_own_case, require_reason
from accounts.models import User
from apass.actions.moves import locked
from apass.models import ManagerAssignment, Membership
from common.errors import DomainError
from common.history import record
from common.rights import require_right


@transaction.atomic
def assign_manager(
    membership: Membership,
    *,
    manager: User,
    deputy: User,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> ManagerAssignment:
    """Name who looks after a member and who stands in; a named pair hands over to the new one.

    A second call with the same pair changes nothing. Raises ``forbidden``, ``apass.no_reason``,
    ``conflict.own_case``, ``apass.not_running``, ``apass.same_person``, ``apass.not_at_the_desk``,
    ``apass.of_a_partner`` and ``apass.own_manager``.
    """
    require_right(by, "apass.manage")
    refuse_own_case(membership.member_id, by)
    require_reason(reason, code="apass.no_reason")
    now = now or timezone.now()
    membership = locked(membership)
    if not membership.is_running:
        raise DomainError("apass.not_running", _("Only members of APASS are looked after by name."))
    if manager.pk == deputy.pk:
        raise DomainError("apass.same_person", _("The deputy is somebody else than the manager."))
    for person in (manager, deputy):
        _require_fit(person, membership.member_id)
    current = (
        ManagerAssignment.objects.select_for_update()
        .filter(member=membership.member_id, until=None)
        .first()
    )
    if current is not None and (current.manager_id, current.deputy_id) == (manager.pk, deputy.pk):
        return current
    before = {}
    if current is not None:
        before = {"manager": current.manager_id, "deputy": current.deputy_id}
        current.until = max(now, current.since)
        current.save(update_fields=["until"])
    named = ManagerAssignment.objects.create(
        member=membership.member, manager=manager, deputy=deputy, since=now
    )
    record(
        membership,
        "membership.handed_over" if current else "membership.manager_named",
        by=by,
        before=before,
        after={"manager": manager.pk, "deputy": deputy.pk},
        reason=reason,
        at=now,
    )
    notify(
        manager,
        "apass.care",
        title=gettext_lazy("You look after %(member)s of APASS now"),
        words={"member": membership.member.member_no},
        url="/desk/",
        subject=membership,
        dedupe=f"care:{named.pk}",
        now=now,
    )
    return named


def _require_fit(person: User, member_id: int) -> None:
    """Raise unless ``person`` may look after a member: of our own desk, and somebody else."""
    name = {"name": person.shown_name}
    if not person.can("desk.use"):
        raise DomainError("apass.not_at_the_desk", _("%(name)s does not answer members.") % name)
    if person.is_partner_agent:
        # A partner sees its own queues and nothing else.
        raise DomainError(
            "apass.of_a_partner", _("%(name)s answers for a partner, not for us.") % name
        )
    if is_own_case(member_id, person):
        raise DomainError("apass.own_manager", _("%(name)s is this very member.") % name)
