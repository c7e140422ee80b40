from accounts.models.devices import Device, DeviceEnd, Platform
from accounts.models.integration_tokens import IntegrationToken
from accounts.models.people import (
    Member,
    MemberQuerySet,
    Role,
    Tier,
    User,
    UserManager,
)
from accounts.models.personal_data import (
    AccessKind,
    ErasureCertificate,
    LegalGround,
    LegalHold,
    PersonalDataAccess,
    PersonalDataRequest,
    PersonalField,
    Purpose,
    RequestKind,
    RequestState,
    Stage,
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
from accounts.models.socket_tickets import SocketTicket
from accounts.models.webhooks import (
    DeliveryState,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookHost,
    WebhookState,
)

__all__ = [
    "AccessKind",
    "ChallengeKind",
    "DeliveryState",
    "Device",
    "DeviceEnd",
    "Ended",
    "ErasureCertificate",
    "IntegrationToken",
    "LegalGround",
    "LegalHold",
    "Member",
    "MemberQuerySet",
    "Method",
    "Passkey",
    "PersonalDataAccess",
    "PersonalDataRequest",
    "PersonalField",
    "Platform",
    "Purpose",
    "RecoveryCode",
    "RequestKind",
    "RequestState",
    "Role",
    "SignInChallenge",
    "SignInGuard",
    "SocketTicket",
    "Stage",
    "Tier",
    "Totp",
    "User",
    "UserManager",
    "WebSession",
    "WebSessionQuerySet",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookHost",
    "WebhookState",
]
