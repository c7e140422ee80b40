"""Service partners: their people and their teams."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import tell_rights_changed
from accounts.actions.asking import require_reason
from accounts.models import Role, User
from accounts.signals import left_the_desk
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from workforce.models import Partner, PartnerStaff, Team, TeamMembership


@transaction.atomic
def add_partner(code: str, name: str, *, by: User | None) -> Partner:
    """Take a partner into the house. Raises ``forbidden``, ``partner.code_taken``."""
    require_right(by, "people.manage")
    try:
        with transaction.atomic():
            partner = Partner.objects.create(code=code, name=name)
    except IntegrityError:
        raise DomainError("partner.code_taken", _("There is a partner of this code.")) from None
    record(partner, "partner.added", by=by, after={"code": code, "name": name})
    return partner


@transaction.atomic
def close_partner(partner: Partner, *, by: User | None, reason: str) -> Partner:
    """Stop working with a partner: its people see nothing any more. A second call changes nothing.

    Raises ``forbidden``, ``person.no_reason``, ``partner.has_teams``: teams still in use.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    partner = Partner.objects.select_for_update().get(pk=partner.pk)
    if Team.objects.filter(partner=partner, is_active=True).exists():
        raise DomainError(
            "partner.has_teams", _("Close the partner's teams first, or take them back.")
        )
    return _set_active(partner, False, "partner.closed", by, reason)


@transaction.atomic
def reopen_partner(partner: Partner, *, by: User | None, reason: str) -> Partner:
    """Work with a partner again. Raises ``forbidden``, ``person.no_reason``."""
    require_right(by, "people.manage")
    require_reason(reason)
    partner = Partner.objects.select_for_update().get(pk=partner.pk)
    return _set_active(partner, True, "partner.reopened", by, reason)


@transaction.atomic
def join_partner(partner: Partner, user: User, *, by: User | None, reason: str) -> PartnerStaff:
    """Make ``user`` one of the partner's people; they leave the teams of any other, and what they answered there.

    Raises ``forbidden``, ``person.no_reason``, ``partner.not_partner_agent``, ``partner.closed``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    if not user.is_partner_agent:
        raise DomainError(
            "partner.not_partner_agent", _("Give this person the role of a partner's agent first.")
        )
    partner = Partner.objects.select_for_update().get(pk=partner.pk)
    if not partner.is_active:
        raise DomainError("partner.closed", _("This partner is not in use."))
    staff = PartnerStaff.objects.select_for_update().filter(user=user).first()
    if staff is not None and staff.partner_id == partner.pk:
        return staff
    if staff is not None:
        _leave(staff, by, reason)
    else:
        left_the_desk.send(User, user=user)
    # Teams they were in before they were a partner's.
    TeamMembership.objects.filter(user=user).exclude(team__partner=partner).delete()
    staff = PartnerStaff.objects.create(user=user, partner=partner, since=timezone.now())
    record(partner, "partner.joined", by=by, after={"user": user.pk}, reason=reason)
    tell_rights_changed(user)
    return staff


@transaction.atomic
def leave_partner(user: User, *, by: User | None, reason: str) -> bool:
    """Take ``user`` from their partner and its teams; what they answered goes back to its queues.

    False when they work for none. Raises ``forbidden``, ``person.no_reason``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    staff = PartnerStaff.objects.select_for_update().filter(user=user).first()
    if staff is None:
        return False
    _leave(staff, by, reason)
    tell_rights_changed(user)
    return True


@transaction.atomic
def give_team(team: Team, partner: Partner | None, *, by: User | None, reason: str) -> Team:
    """Give ``team`` to a partner, or (None) take it back; its people's rights are asked again.

    Raises ``forbidden``, ``person.no_reason``, ``team.is_default``, ``partner.closed``,
    ``team.has_partner_people``: people of another partner are in it.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    team = Team.objects.select_for_update().get(pk=team.pk)
    if team.partner_id == (partner.pk if partner else None):
        return team
    if partner is not None and team.is_default:
        raise DomainError(
            "team.is_default", _("What no other team takes stays with a team of ours.")
        )
    if partner is not None and not Partner.objects.filter(pk=partner.pk, is_active=True).exists():
        raise DomainError("partner.closed", _("This partner is not in use."))
    strangers = TeamMembership.objects.filter(
        team=team, user__roles__contains=[Role.PARTNER_AGENT]
    ).exclude(user__partner_staff__partner=partner)
    if strangers.exists():
        raise DomainError(
            "team.has_partner_people",
            _("People of another partner work in this team; take them out first."),
        )
    before, team.partner = team.partner_id, partner
    team.save(update_fields=["partner"])
    record(
        team,
        "team.given",
        by=by,
        before={"partner": before},
        after={"partner": team.partner_id},
        reason=reason,
    )
    for user in team.members.all():
        tell_rights_changed(user)
    return team


def _leave(staff: PartnerStaff, by: User | None, reason: str) -> None:
    user, partner = staff.user, staff.partner
    TeamMembership.objects.filter(user=user, team__partner=partner).delete()
    staff.delete()
    record(partner, "partner.left", by=by, before={"user": user.pk}, reason=reason)
    left_the_desk.send(User, user=user)


def _set_active(
    partner: Partner, active: bool, event: str, by: User | None, reason: str
) -> Partner:
    if partner.is_active == active:
        return partner
    partner.is_active = active
    partner.save(update_fields=["is_active"])
    record(
        partner,
        event,
        by=by,
        before={"is_active": not active},
        after={"is_active": active},
        reason=reason,
    )
    for staff in partner.staff.select_related("user"):
        tell_rights_changed(staff.user)
        if not active:
            left_the_desk.send(User, user=staff.user)
    return partner
