"""Coming in: one way for pages and apps.

:func:`try_password` answers with the person, or with a challenge when a second step is needed, or
with a refusal; :func:`try_second_step` and :func:`try_passkey` answer such a challenge, and
:func:`after_first_step` asks it of whoever proved one thing in another way. Known and unknown
accounts cost the same and are told the same. Who comes in gets their session, or their tokens, from
the door that asked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.challenges import answered, ask, asked, remember
from accounts.actions.code_apps import spend_code
from accounts.actions.guards import (
    address_locked_until,
    count_failure_at,
    give_tries_back,
    step_account,
    take_try,
)
from accounts.actions.passkeys import Site, check_assertion, request_options
from accounts.backends import AccountBackend
from accounts.models import ChallengeKind, Method, User
from accounts.queries import is_known_device, ways_of
from common.errors import DomainError
from common.parameters import value


@dataclass(frozen=True)
class Answer:
    """What became of an attempt to come in: exactly one of ``person``, ``challenge``, ``refusal``.

    ``ways`` are how the challenge may be answered: ``totp``, ``recovery``, ``passkey``. Refusals:
    ``sign_in.wrong``, ``sign_in.locked``, ``second_step.wrong``, ``second_step.locked``,
    ``second_step.expired``, ``passkey.refused``.
    """

    person: User | None = None
    method: str = Method.UNKNOWN
    challenge: str = ""
    ways: tuple[str, ...] = ()
    refusal: str = ""
    tries_left: int = 0
    locked_until: datetime | None = None

    @property
    def error(self) -> DomainError | None:
        """The refusal for doors that speak in ``DomainError``; None when nothing was refused."""
        if not self.refusal:
            return None
        until = self.locked_until.isoformat() if self.locked_until else None
        return DomainError(
            self.refusal,
            _REFUSALS[self.refusal],
            tries_left=self.tries_left,
            locked_until=until,
        )


_REFUSALS = {
    "sign_in.wrong": _("Account or password is wrong."),
    "sign_in.locked": _("Too many wrong passwords. Try again later."),
    "second_step.wrong": _("This code does not fit. Each code works once; wait for the next one."),
    "second_step.locked": _("Too many wrong codes. Try again later."),
    "second_step.expired": _("This took too long. Sign in again."),
    "passkey.refused": _("This passkey does not open this house."),
}


def try_password(
    account: str, password: str, *, address: str, device: str = "", now: datetime | None = None
) -> Answer:
    """Check an account and its password, as typed by somebody at ``address``.

    ``device`` is what the browser or app was given when this person signed in before: a device
    known to the account counts by itself, so that nobody else's guessing locks its owner out. The
    try is counted before the password is looked at: guesses sent at one moment do not slip through.
    """
    now = now or timezone.now()
    known = is_known_device(account, device)
    where = f"device:{device[:32]}" if known else address
    until = None if known else address_locked_until(address, now=now)
    if until is not None:
        return Answer(refusal="sign_in.locked", locked_until=until)
    limits = {where: value("sign_in.tries")}
    if not known:
        limits[""] = value("sign_in.tries_anywhere")
    counted = take_try(account, where=where, limits=limits, now=now)
    if not counted.may:
        return Answer(refusal="sign_in.locked", locked_until=counted.locked_until)
    user = AccountBackend().authenticate(None, username=account.strip(), password=password)
    if user is None:
        if not known:
            count_failure_at(address, now=now)
        return Answer(
            refusal="sign_in.locked" if counted.locked_until else "sign_in.wrong",
            tries_left=counted.left,
            locked_until=counted.locked_until,
        )
    give_tries_back(account, places=tuple(limits))
    return after_first_step(user, method=Method.PASSWORD, now=now)


def after_first_step(user: User, *, method: str, now: datetime) -> Answer:
    """Answer whoever has proved one thing by ``method``: with the person, or with a challenge."""
    ways = ways_of(user)
    if not ways:
        return Answer(person=user, method=method)
    return Answer(challenge=ask(ChallengeKind.STEP, user, now=now), ways=ways)


def try_second_step(
    challenge: str, code: str, *, address: str, now: datetime | None = None
) -> Answer:
    """Answer a challenge of :func:`try_password` with a code of the app or a recovery code."""
    now = now or timezone.now()
    question = asked(challenge, kinds={ChallengeKind.STEP}, now=now)
    if question is None or question.user is None:
        return Answer(refusal="second_step.expired")
    user = question.user
    limits = {address: value("sign_in.tries"), "": value("second_step.tries")}
    counted = take_try(step_account(user), where=address, limits=limits, now=now)
    if not counted.may:
        return Answer(refusal="second_step.locked", locked_until=counted.locked_until)
    method = spend_code(user, code, now=now)
    if method is None:
        return Answer(
            refusal="second_step.locked" if counted.locked_until else "second_step.wrong",
            tries_left=counted.left,
            locked_until=counted.locked_until,
        )
    if not answered(question, now=now):
        return Answer(refusal="second_step.expired")
    give_tries_back(step_account(user), places=tuple(limits))
    return Answer(person=user, method=method)


def offer_passkey(
    site: Site, *, challenge: str = "", now: datetime | None = None
) -> tuple[str, dict[str, Any]]:
    """Return a token and what the browser's ``navigator.credentials.get`` is given.

    Without ``challenge`` anybody may answer (sign-in without a name); with one of
    :func:`try_password` only that person's passkeys fit. Raises ``second_step.expired``.
    """
    now = now or timezone.now()
    if not challenge:
        options, state = request_options(site, user=None)
        return ask(ChallengeKind.PASSKEY, None, now=now, state={"webauthn": state}), options
    question = asked(challenge, kinds={ChallengeKind.STEP}, now=now)
    if question is None or question.user is None:
        raise DomainError("second_step.expired", _REFUSALS["second_step.expired"])
    options, state = request_options(site, user=question.user)
    remember(question, webauthn=state)
    return challenge, options


def try_passkey(
    challenge: str, credential: dict[str, Any], *, site: Site, now: datetime | None = None
) -> Answer:
    """Answer a token of :func:`offer_passkey` with what the browser's passkey signed."""
    now = now or timezone.now()
    question = asked(challenge, kinds={ChallengeKind.STEP, ChallengeKind.PASSKEY}, now=now)
    if question is None:
        return Answer(refusal="second_step.expired")
    user = check_assertion(question, credential, site=site, now=now)
    if user is None or not user.is_active:
        return Answer(refusal="passkey.refused")
    if not answered(question, now=now):
        return Answer(refusal="second_step.expired")
    is_step = question.kind == ChallengeKind.STEP
    return Answer(person=user, method=Method.PASSWORD_PASSKEY if is_step else Method.PASSKEY)
