from accounts.models.people import (
    Member,
    MemberQuerySet,
    Role,
    Tier,
    User,
    UserManager,
)
from accounts.models.sign_in import SignInGuard

__all__ = [
    "Member",
    "MemberQuerySet",
    "Role",
    "SignInGuard",
    "Tier",
    "User",
    "UserManager",
]
