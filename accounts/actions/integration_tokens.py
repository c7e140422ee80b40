"""Keys of other systems: issuing, renewing, revoking."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import credentials
from accounts.actions.asking import require_reason
from accounts.actions.sessions import tell_rights_changed
from accounts.models import IntegrationToken, User
from accounts.scopes import SCOPES, unknown_scopes
from common.errors import DomainError
from common.history import record
from common.ids import uuid7
from common.parameters import value
from common.rights import require_right

USE_IS_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_integration_token(
    owner: User,
    *,
    name: str,
    scopes: list[str],
    expires_at: datetime,
    by: User | None,
    reason: str,
) -> tuple[IntegrationToken, str]:
    """Let another system act for ``owner`` within ``scopes``; return the row and the secret, shown only now.

    Raises ``forbidden``, ``integration_token.no_reason``, ``.no_scope``, ``.unknown_scope``,
    ``.too_long`` (past, or further off than the parameter allows), ``.superuser`` and ``.closed``.
    """
    require_right(by, "tokens.manage")
    require_reason(reason, code="integration_token.no_reason")
    _ask_end(expires_at)
    if not scopes:
        raise DomainError("integration_token.no_scope", _("Say what the token may read or write."))
    if unknown := unknown_scopes(scopes):
        raise DomainError(
            "integration_token.unknown_scope", _("There is no such scope."), scopes=unknown
        )
    # Locked: an account that is being closed ends its tokens, this one among them.
    owner = User.objects.select_for_update().get(pk=owner.pk)
    if owner.is_superuser:
        raise DomainError(
            "integration_token.superuser",
            _(
                "No token acts for a superuser. Make a person for this system with the roles it needs."
            ),
        )
    if not owner.is_active:
        raise DomainError("integration_token.closed", _("This account is closed."))
    now = timezone.now()
    key = uuid7(now)
    secret = credentials.mint(credentials.INTEGRATION, key)
    token = IntegrationToken.objects.create(
        id=key,
        name=name,
        owner=owner,
        scopes=[scope for scope in SCOPES if scope in scopes],
        secret_hash=credentials.digest(secret),
        secret_since=now,
        issued_at=now,
        expires_at=expires_at,
    )
    record(
        token,
        "integration_token.issued",
        by=by,
        after={"name": name, "owner": owner.pk, "scopes": token.scopes, "expires_at": expires_at},
        reason=reason,
        at=now,
    )
    return token, secret


@transaction.atomic
def rotate_integration_token(
    token: IntegrationToken, *, expires_at: datetime, by: User | None, reason: str
) -> str:
    """Give a token a new secret and a new last day; the old secret and its sockets stop at once.

    Returns the new secret, shown only now. Raises ``forbidden``, ``integration_token.no_reason``,
    ``.too_long`` and ``.revoked``.
    """
    require_right(by, "tokens.manage")
    require_reason(reason, code="integration_token.no_reason")
    _ask_end(expires_at)
    token = IntegrationToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is not None:
        raise DomainError(
            "integration_token.revoked", _("This token was revoked. Issue a new one instead.")
        )
    secret = credentials.mint(credentials.INTEGRATION, token.pk)
    before, token.expires_at = token.expires_at, expires_at
    token.secret_hash, token.secret_since = credentials.digest(secret), timezone.now()
    token.save(update_fields=["secret_hash", "secret_since", "expires_at"])
    record(
        token,
        "integration_token.rotated",
        by=by,
        before={"expires_at": before},
        after={"expires_at": expires_at},
        reason=reason,
    )
    tell_rights_changed(token.owner)
    return secret


@transaction.atomic
def revoke_integration_token(
    token: IntegrationToken, *, by: User | None, reason: str
) -> IntegrationToken:
    """Stop a token at once, its sockets too. A second call changes nothing.

    Raises ``forbidden``, ``integration_token.no_reason``.
    """
    require_right(by, "tokens.manage")
    require_reason(reason, code="integration_token.no_reason")
    token = IntegrationToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(token, "integration_token.revoked", by=by, reason=reason, at=token.revoked_at)
        tell_rights_changed(token.owner)
    return token


def note_token_use(token: IntegrationToken, *, address: str, now: datetime) -> None:
    """Remember when and from where a token was used, to within a minute."""
    used = token.last_used_at
    if used is not None and used > now - USE_IS_NOTED_EVERY:
        return
    IntegrationToken.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED_EVERY), pk=token.pk
    ).update(last_used_at=now, last_used_address=address)


def _ask_end(expires_at: datetime) -> None:
    now = timezone.now()
    longest = value("token.integration_longest")
    if not now < expires_at <= now + longest:
        raise DomainError(
            "integration_token.too_long",
            _("A token ends, in %(days)s days at the latest. Choose a nearer day.")
            % {"days": longest.days},
        )
