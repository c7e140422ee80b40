"""What is known of tiers' promises."""

from apass.models.membership import (
    CandidateRun,
    CodeKind,
    InvitationCode,
    ManagerAssignment,
    Membership,
    MembershipState,
    Origin,
    Prospect,
)

__all__ = [
    "CandidateRun",
    "CodeKind",
    "InvitationCode",
    "ManagerAssignment",
    "Membership",
    "MembershipState",
    "Origin",
    "Prospect",
]
