"""What a member is shown of their own APASS, and what the desk is shown beside a talk."""

from datetime import datetime
from typing import Any

from accounts.models import Member, User
from apass.membership.queries import (
    assignment_at,
    friends_of,
    invitation_of,
    on_duty,
)
from apass.models import InvitationCode, ManagerAssignment, Membership, MembershipState
from common.masking import mask_name


def own_card(membership: Membership, now: datetime) -> dict[str, Any]:
    """Return everything its member is shown of a membership they were told of."""
    running = membership.is_running
    giver = membership.friend_of
    named = assignment_at(membership.member, now) if running else None
    return {
        "state": membership.state,
        "state_label": membership.get_state_display(),
        "invitation": _invitation(membership),
        "term": {
            "number": membership.term,
            "began_at": membership.term_began_at,
            "ends_at": membership.term_ends_at,
        }
        if membership.term
        else None,
        "is_in_review": membership.state == MembershipState.REVIEW,
        "invited_by": mask_name(giver.member.display_name) if giver else None,
        "manager": _manager(named, now) if named else None,
        "friends": _friends(membership, now) if running else None,
    }


def knows_apass(user: User) -> bool:
    """Tell whether ``user`` was told of a membership, so that their page leads to it."""
    return Membership.objects.told().filter(member__user=user).exists()


def care_of(member: Member, now: datetime) -> dict[str, Any] | None:
    """Return what the desk is shown of a member of APASS: until when, and who looks after them."""
    membership = Membership.objects.running().filter(member=member).first()
    if membership is None:
        return None
    named = assignment_at(member, now)
    return {
        "until": membership.term_ends_at,
        "is_in_review": membership.state == MembershipState.REVIEW,
        "manager": _manager(named, now) if named else None,
    }


def _invitation(membership: Membership) -> dict[str, Any] | None:
    if membership.state != MembershipState.INVITED:
        return None
    code = invitation_of(membership)
    return {
        "expires_at": membership.due_at,
        "code_sent_at": code.sent_at if code else None,
    }


def _manager(named: ManagerAssignment, now: datetime) -> dict[str, Any]:
    there = on_duty(named, now)
    return {
        "name": named.manager.shown_name,
        "deputy": named.deputy.shown_name,
        "on_duty": there.shown_name if there else None,
    }


def _friends(membership: Membership, now: datetime) -> dict[str, Any]:
    friends = friends_of(membership, now)
    may_give = membership.state == MembershipState.ACTIVE
    return {
        "a_year": friends.a_year,
        "left": friends.left if may_give else 0,
        "until": friends.until,
        "codes": [_code(code) for code in friends.given],
    }


def _code(code: InvitationCode) -> dict[str, Any]:
    return {
        "given_at": code.made_at,
        "expires_at": code.expires_at,
        "used_at": code.used_at,
        "used_by": mask_name(code.used_by.display_name) if code.used_by else None,
    }
