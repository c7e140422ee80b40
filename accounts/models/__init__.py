from accounts.models.people import (
    Member,
    MemberQuerySet,
    Role,
    Tier,
    User,
    UserManager,
)
from accounts.models.second_step import (
    ChallengeKind,
    Passkey,
    RecoveryCode,
    SignInChallenge,
    Totp,
)
from accounts.models.sessions import Ended, Method, WebSession, WebSessionQuerySet
from accounts.models.sign_in import SignInGuard

__all__ = [
    "ChallengeKind",
    "Ended",
    "Member",
    "MemberQuerySet",
    "Method",
    "Passkey",
    "RecoveryCode",
    "Role",
    "SignInChallenge",
    "SignInGuard",
    "Tier",
    "Totp",
    "User",
    "UserManager",
    "WebSession",
    "WebSessionQuerySet",
]
