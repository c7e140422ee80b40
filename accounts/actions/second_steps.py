"""Proving once more who one is, and taking a lost second step away."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_reason
from accounts.actions.challenges import answered, ask, asked
from accounts.actions.devices import end_devices
from accounts.actions.guards import Try, give_tries_back, take_try
from accounts.actions.passkeys import Site, check_assertion, request_options
from accounts.actions.sessions import end_sessions
from accounts.models import ChallengeKind, DeviceEnd, Ended, Passkey, RecoveryCode, Totp, User
from common.errors import DomainError, Forbidden
from common.history import record
from common.parameters import value
from common.rights import require_right


def prove_password(user: User, password: str, *, address: str, now: datetime) -> Try | None:
    """Check the password of somebody who is in already. Returns None when it is right.

    Wrong ones are counted like those at the door.
    """
    limits = {address: value("sign_in.tries")}
    counted = take_try(user.username, where=address, limits=limits, now=now)
    if counted.may and user.check_password(password):
        give_tries_back(user.username, places=tuple(limits))
        return None
    return counted


@transaction.atomic
def ask_passkey_proof(user: User, *, site: Site, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return a token and what the browser asks the person's passkeys."""
    options, state = request_options(site, user=user)
    token = ask(ChallengeKind.PROVE, user, now=now, state={"webauthn": state})
    return token, options


def prove_passkey(
    user: User, token: str, credential: dict[str, Any], *, site: Site, now: datetime
) -> None:
    """Check a passkey of somebody who is in already. Raises ``passkey.refused``."""
    question = asked(token, kinds={ChallengeKind.PROVE}, now=now)
    if (
        question is None
        or question.user != user
        or check_assertion(question, credential, site=site, now=now) != user
        or not answered(question, now=now)
    ):
        raise DomainError("passkey.refused", _("This passkey does not open this house."))


@transaction.atomic
def reset_second_step(user: User, *, by: User | None, reason: str) -> int:
    """Take code app, recovery codes and passkeys away from somebody who lost them; sessions end.

    Returns how many were taken. Raises ``forbidden`` (also for one's own, and for superusers by
    anybody else), ``person.no_reason``.
    """
    require_right(by, "people.manage")
    if by is not None and (by == user or (user.is_superuser and not by.is_superuser)):
        raise Forbidden()
    require_reason(reason)
    user = User.objects.select_for_update().get(pk=user.pk)
    before = {
        "code_app": Totp.objects.filter(user=user, confirmed_at__isnull=False).exists(),
        "passkeys": list(Passkey.objects.filter(user=user).values_list("name", flat=True)),
    }
    taken = sum(
        model.objects.filter(user=user).delete()[0] for model in (Totp, Passkey, RecoveryCode)
    )
    if taken:
        end_sessions(user, why=Ended.SECOND_STEP)
        end_devices(user, why=DeviceEnd.SECOND_STEP, by=by)
        record(user, "person.second_step_reset", by=by, before=before, reason=reason)
    return taken
