"""How people get an account or a new password: by phone, or by invitation."""

import secrets
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_reason
from accounts.actions.codes import ask_for_code, use_code
from accounts.actions.guides import begin_guide
from accounts.actions.marks import note_marks
from accounts.actions.passwords import give_password
from accounts.actions.standing import hold_totals
from accounts.models import (
    CodePurpose,
    Invitation,
    MarkKind,
    Member,
    OneTimeCode,
    Role,
    User,
)
from accounts.passwords import check_rules
from accounts.phones import mainland_phone
from accounts.queries import account_of_phone, spellings_of
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.sealing import fingerprint
from common.text import clean

_INVITATION = "invitation"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@transaction.atomic
def ask_to_join(
    phone: str, *, display_name: str, password: str, consent: bool, address: str
) -> OneTimeCode:
    """Send a sign-up code to ``phone``. Nothing of a person is kept before it is proved.

    Raises ``join.no_consent``, ``password.weak``, ``phone.unknown_format``,
    ``code.too_many``. Known phones go the same way and cost the same.
    """
    name = clean(display_name, max_chars=64, single_line=True)
    if not consent:
        raise DomainError("join.no_consent", _("Agree to the terms to go on."))
    check_rules(password, User(display_name=name, phone=mainland_phone(phone)))
    payload = {"name": name, "password": make_password(password)}
    return ask_for_code(CodePurpose.JOIN, phone, address=address, payload=payload)


@transaction.atomic
def join(key: str, *, now: datetime, device: str = "") -> User | None:
    """Make the account of a proved sign-up code; None when the phone has one already.

    A member who was loaded with this phone becomes theirs, unless several share it: then nobody
    can tell whose it is, and they begin anew. ``device`` is what the browser was given before:
    who has an account on it already is not promised a second time what is for the first. Raises
    ``code.expired``.
    """
    code = use_code(key, purpose=CodePurpose.JOIN, now=now)
    if account_of_phone(code.phone):
        return None
    user = User(
        username=f"m-{_random(10).lower()}",
        display_name=code.payload["name"],
        phone=code.phone,
        roles=[Role.MEMBER],
        password=code.payload["password"],
        date_joined=now,
    )
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        return None  # Somebody joined with the same phone at this very moment.
    hold_totals()
    member = _member_of(code.phone, user, now)
    note_marks([(member.pk, MarkKind.DEVICE, device)], now=now)
    begin_guide(member, now=now)
    record(user, "person.joined", by=user, after={"member_no": member.member_no})
    return user


@transaction.atomic
def reset_password(key: str, password: str, *, now: datetime) -> User | None:
    """Give the person of a proved reset code a new password; None when the phone has no account.

    Open sessions and invitations end. Raises ``code.expired``, ``password.weak``, ``person.is_closed``; a password
    that is refused leaves the code as it was.
    """
    code = use_code(key, purpose=CodePurpose.RESET, now=now)
    account = account_of_phone(code.phone)
    if account is None:
        return None
    user = User.objects.select_for_update().get(pk=account.pk)
    if not user.is_active:
        raise DomainError("person.is_closed", _("This account is closed. Ask the service."))
    give_password(user, password, by=user)
    if not user.phone:
        # They have just proved that it is theirs: from now on they sign in with it.
        user.phone = code.phone
        user.save(update_fields=["phone"])
    record(user, "person.password_reset", by=user)
    return user


@transaction.atomic
def invite(user: User, *, by: User | None, reason: str, now: datetime) -> str:
    """Return the secret of a link with which ``user`` sets a password; earlier links stop working.

    Raises ``forbidden``, ``person.no_reason``, ``person.is_closed``. For somebody who has a
    password already it takes the right to set it: the link could be opened by its maker.
    """
    require_right(by, "people.manage")
    # Locked, so that a password set at this moment is seen, or ends this link.
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.has_usable_password() or user.is_superuser:
        require_right(by, "people.set_password")
    require_reason(reason)
    if not user.is_active:
        raise DomainError("person.is_closed", _("This account is closed. Reopen it first."))
    Invitation.objects.filter(user=user, used_at=None).delete()
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        user=user,
        made_by=by,
        digest=fingerprint(secret, purpose=_INVITATION),
        made_at=now,
        expires_at=now + value("invitation.valid"),
    )
    record(user, "person.invited", by=by, after={"until": invitation.expires_at}, reason=reason)
    return secret


@transaction.atomic
def accept_invitation(secret: str, password: str, *, now: datetime) -> User:
    """Set the password of an invited person; their other sessions end.

    Raises ``invitation.gone``, ``password.weak``; a refused password leaves the invitation open.
    """
    digest = fingerprint(secret, purpose=_INVITATION)
    # The person is locked before the link is used up, as everywhere a password changes: two ways
    # taken at one moment wait for each other, and the second finds its link gone.
    user = (
        User.objects.select_for_update(of=("self",))
        .filter(invitations__digest=digest, is_active=True)
        .first()
    )
    if user is None or not Invitation.objects.filter(
        digest=digest, used_at=None, expires_at__gt=now
    ).update(used_at=now):
        raise DomainError(
            "invitation.gone",
            _("This invitation was used or is too old. Ask operations for a new one."),
        )
    give_password(user, password, by=user)
    record(user, "person.invitation_accepted", by=user)
    return user


def _member_of(phone: str, user: User, now: datetime) -> Member:
    loaded = list(
        Member.objects.select_for_update().filter(phone__in=spellings_of(phone), user=None)[:2]
    )
    if len(loaded) == 1:
        member = loaded[0]
        member.user = user
        member.save(update_fields=["user"])
        record(member, "member.linked", by=user, after={"user": user.pk})
        return member
    return Member.objects.create(
        member_no=f"M{_random(16)}",
        user=user,
        display_name=user.display_name,
        phone=phone,
        registered_at=now,
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _n in range(length))
