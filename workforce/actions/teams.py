"""Who is in a team."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions import tell_rights_changed
from accounts.models import User
from accounts.signals import left_the_desk
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from workforce.models import PartnerStaff, Team, TeamMembership


@transaction.atomic
def join_team(team: Team, user: User, *, is_lead: bool = False, by: User | None) -> TeamMembership:
    """Put ``user`` into ``team`` (or change whether they lead it).

    Raises ``forbidden``, and for a partner's person ``team.other_partner``: a team that is not of
    their partner.
    """
    require_right(by, "people.manage")
    if user.is_partner_agent:
        partner = Team.objects.values_list("partner_id", flat=True).get(pk=team.pk)
        if not PartnerStaff.objects.filter(user=user, partner=partner).exists():
            raise DomainError(
                "team.other_partner",
                _("A partner's people work in teams of their own partner alone."),
            )
    membership, made = TeamMembership.objects.update_or_create(
        team=team, user=user, defaults={"is_lead": is_lead}
    )
    record(
        team,
        "team.joined" if made else "team.lead_set",
        by=by,
        after={"user": user.pk, "lead": is_lead},
    )
    tell_rights_changed(user)
    return membership


@transaction.atomic
def leave_team(team: Team, user: User, *, by: User | None) -> bool:
    """Take ``user`` out of ``team``; False when they were not in it. Raises ``forbidden``.

    Our own people go on with what they answer there; a partner's see it no more and give it back.
    """
    require_right(by, "people.manage")
    gone, _rows = TeamMembership.objects.filter(team=team, user=user).delete()
    if gone:
        record(team, "team.left", by=by, before={"user": user.pk})
        tell_rights_changed(user)
        if user.is_partner_agent:
            left_the_desk.send(User, user=user)
    return bool(gone)
