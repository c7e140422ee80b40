"""Passkeys (WebAuthn): key pairs whose private half never leaves the person's device."""

import logging
import struct
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.actions.asking import require_oneself
from accounts.actions.challenges import answered, ask, asked
from accounts.actions.code_apps import (
    drop_idle_recovery_codes,
    may_go_without,
    recovery_codes_if_none,
    sign_out_elsewhere,
)
from accounts.models import ChallengeKind, Passkey, SignInChallenge, Totp, User
from common.errors import DomainError, NotFound
from common.history import record

logger = logging.getLogger(__name__)

HOUSE = "小二 Xiaoer"
MOST_PASSKEYS = 20
# What parsing a client's bytes may raise; anything else is our own mistake and shall be seen.
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, struct.error)


@dataclass(frozen=True)
class Site:
    """Where the house is reached: passkeys belong to the host, answers come from its origins."""

    host: str
    origins: frozenset[str]


@transaction.atomic
def begin_passkey(
    user: User, *, site: Site, by: User | None, now: datetime
) -> tuple[str, dict[str, Any]]:
    """Return a token and what the browser's ``navigator.credentials.create`` is given.

    Raises ``forbidden``, ``passkey.too_many``, ``passkey.no_host``.
    """
    require_oneself(user, by)
    if _is_number(site.host):
        raise DomainError(
            "passkey.no_host",
            _("Passkeys need a host name. Open the house by its name, for instance localhost."),
        )
    held = list(Passkey.objects.filter(user=user))
    if len(held) >= MOST_PASSKEYS:
        raise DomainError("passkey.too_many", _("These are enough passkeys. Remove one first."))
    options, state = _server(site).register_begin(
        PublicKeyCredentialUserEntity(
            id=user.public_id.bytes, name=user.username, display_name=user.display_name
        ),
        credentials=[_data_of(passkey) for passkey in held],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    token = ask(ChallengeKind.ENROL, user, now=now, state={"webauthn": _plain(state)})
    return token, dict(options)["publicKey"]


@transaction.atomic
def add_passkey(
    user: User,
    token: str,
    credential: dict[str, Any],
    *,
    name: str,
    site: Site,
    by: User | None,
    now: datetime,
    keep: str = "",
) -> tuple[Passkey, list[str]]:
    """Keep a new passkey; return it, and recovery codes when the person had none.

    Other sign-ins end as :func:`sign_out_elsewhere` says, but for the session ``keep``.
    Raises ``forbidden``, ``passkey.expired``, ``passkey.refused``, ``passkey.there``.
    """
    require_oneself(user, by)
    user = User.objects.select_for_update().get(pk=user.pk)
    question = asked(token, kinds={ChallengeKind.ENROL}, now=now)
    if question is None or question.user != user or not answered(question, now=now):
        raise DomainError("passkey.expired", _("This took too long. Begin anew."))
    try:
        data = _server(site).register_complete(question.state["webauthn"], credential)
    except _BROKEN as error:
        logger.info("a new passkey was refused: %s", error)
        raise DomainError(
            "passkey.refused", _("The browser's answer did not fit. Begin anew.")
        ) from None
    kept = data.credential_data
    if kept is None or Passkey.objects.filter(credential_id=kept.credential_id).exists():
        raise DomainError("passkey.there", _("This passkey is kept already."))
    passkey = Passkey.objects.create(
        user=user,
        name=name.strip()[:40] or str(_("Passkey")),
        credential_id=kept.credential_id,
        credential=bytes(kept),
        sign_count=data.counter,
    )
    record(user, "person.passkey_added", by=by, after={"name": passkey.name})
    sign_out_elsewhere(user, keep=keep, by=by, now=now)
    return passkey, recovery_codes_if_none(user)


@transaction.atomic
def rename_passkey(passkey: Passkey, name: str, *, by: User | None) -> Passkey:
    """Call a passkey something else. Raises ``not_found``, ``passkey.no_name``."""
    mine = _mine(passkey, by)
    if not name.strip():
        raise DomainError("passkey.no_name", _("Give the passkey a name."))
    before, mine.name = mine.name, name.strip()[:40]
    if before != mine.name:
        mine.save(update_fields=["name"])
        record(
            mine.user,
            "person.passkey_renamed",
            by=by,
            before={"name": before},
            after={"name": mine.name},
        )
    return mine


@transaction.atomic
def remove_passkey(passkey: Passkey, *, by: User | None) -> None:
    """Forget a passkey: it opens nothing any more.

    Raises ``not_found``, and ``second_step.last`` when the person must have a second step.
    """
    mine = _mine(passkey, by)
    user = User.objects.select_for_update().get(pk=mine.user_id)
    has_app = Totp.objects.filter(user=user, confirmed_at__isnull=False).exists()
    if not has_app and not user.passkeys.exclude(pk=mine.pk).exists():
        may_go_without(user)
    mine.delete()
    record(mine.user, "person.passkey_removed", by=by, before={"name": mine.name})
    drop_idle_recovery_codes(mine.user)


def request_options(site: Site, *, user: User | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the browser is asked, and what its answer must fit.

    With ``user`` only their passkeys are asked for; without, any passkey of this host may answer
    and must have verified its owner (finger, face or PIN), since it is the only proof.
    """
    options, state = _server(site).authenticate_begin(
        credentials=[_data_of(one) for one in Passkey.objects.filter(user=user)] if user else None,
        user_verification=(
            UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED
        ),
    )
    return dict(options)["publicKey"], _plain(state)


@transaction.atomic
def check_assertion(
    question: SignInChallenge, credential: dict[str, Any], *, site: Site, now: datetime
) -> User | None:
    """Return whose passkey answered ``question`` rightly, or None.

    A counter that does not grow tells of a copied key: refused, and written into the history.
    """
    try:
        answer = AuthenticationResponse.from_dict(credential)
        passkey = (
            Passkey.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(credential_id=answer.raw_id)
            .first()
        )
        if passkey is None or (question.user and passkey.user_id != question.user_id):
            return None
        if answer.response.user_handle not in (None, b"", passkey.user.public_id.bytes):
            return None
        state = question.state["webauthn"]
        _server(site).authenticate_complete(state, [_data_of(passkey)], answer)
        count = answer.response.authenticator_data.counter
    except _BROKEN as error:
        logger.info("a passkey was refused: %s", error)
        return None
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        record(
            passkey.user,
            "person.passkey_copied",
            by=None,
            after={"name": passkey.name, "count": count, "expected": passkey.sign_count + 1},
        )
        return None
    Passkey.objects.filter(pk=passkey.pk).update(sign_count=count, used_at=now)
    return passkey.user


def _server(site: Site) -> Fido2Server:
    house = PublicKeyCredentialRpEntity(id=site.host, name=HOUSE)
    return Fido2Server(house, verify_origin=site.origins.__contains__)


def _data_of(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(passkey.credential))


def _plain(state: Any) -> dict[str, Any]:
    # The requirement is an enumeration of words; JSON keeps the word.
    wanted = state["user_verification"]
    return {
        "challenge": state["challenge"],
        "user_verification": str(wanted.value) if wanted is not None else None,
    }


def _mine(passkey: Passkey, by: User | None) -> Passkey:
    row = Passkey.objects.select_for_update().filter(pk=passkey.pk, user=cast(User, by)).first()
    if row is None:
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    return row


def _is_number(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
