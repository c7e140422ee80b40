"""Codes of APASS: sent to who is invited, given to friends, and redeemed once."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts.actions import hold_totals
from accounts.actions.codes import typed_code
from accounts.actions.guards import give_tries_back, take_try
from accounts.models import Member, User
from accounts.people import language_of
from accounts.phones import mainland_phone
from accounts.queries import own_member
from accounts.senders import sender
from apass.actions.moves import begin_first_term, locked, require_move
from apass.membership import rules
from apass.membership.queries import figures_now, friend_codes, open_membership, told_membership
from apass.models import CodeKind, InvitationCode, Membership, MembershipState, Origin
from apass.models.membership import CODE_PURPOSE
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.rules import midnight, shanghai_day
from common.sealing import fingerprint, seal, unseal
from common.words import last_day_words

TEXT_PURPOSE = "apass.text"
SEND = "apass.tasks.send_invitation"


@dataclass(frozen=True)
class GivenCode:
    """A code for a friend: readable this once, and how many are left this year."""

    code: str
    expires_at: datetime
    left: int


def send_own_code(membership: Membership, *, expires_at: datetime, now: datetime) -> InvitationCode:
    """Make the code of who is invited and have it sent to their phone; part of inviting."""
    row, written = _make(membership, CodeKind.OWN, expires_at=expires_at, now=now)
    if mainland_phone(membership.member.phone):
        # In the language of who reads it, not of who invites.
        with translation.override(language_of(membership.member.user)):
            text = _(
                "[Xiaoer] You are invited to APASS. Your own code is %(code)s, good until %(until)s."
            ) % {"code": written, "until": last_day_words(expires_at)}
        row.sealed_text = seal(text, purpose=TEXT_PURPOSE)
        row.save(update_fields=["sealed_text"])
        async_task(SEND, row.pk)
    return row


def send_invitation(key: int, *, now: datetime | None = None) -> bool:
    """Hand the text of one code to the provider, once. Returns False when there is nothing to send.

    Outside a transaction: nothing waits for a provider while it holds rows.
    """
    now = now or timezone.now()
    row = (
        InvitationCode.objects.filter(pk=key, sent_at=None, used_at=None, expires_at__gt=now)
        .exclude(sealed_text="")
        .select_related("membership__member")
        .first()
    )
    phone = mainland_phone(row.membership.member.phone) if row else ""
    if row is None or not phone:
        return False
    sender().send(phone, unseal(row.sealed_text, purpose=TEXT_PURPOSE))
    InvitationCode.objects.filter(pk=key).update(sent_at=now, sealed_text="")
    return True


def use_up_own_codes(membership: Membership, *, now: datetime) -> None:
    """Let nobody use the code that was sent, once the member has accepted without it."""
    InvitationCode.objects.filter(membership=membership, kind=CodeKind.OWN, used_at=None).update(
        used_at=now, used_by=membership.member_id, sealed_text=""
    )


@transaction.atomic
def give_friend_code(membership: Membership, *, by: User, now: datetime | None = None) -> GivenCode:
    """Make a code that an active member gives to a friend; it is readable this once.

    Raises ``forbidden``, ``apass.cannot_move``, ``apass.no_codes_left`` (``again_at``).
    """
    require_right(by, "me.use")
    now = now or timezone.now()
    membership = locked(membership)
    if membership.member.user != by:
        raise Forbidden()
    if membership.state != MembershipState.ACTIVE:
        raise DomainError(
            "apass.not_active", _("Friends are invited while your APASS is active."),
            state=membership.state,
        )  # fmt: skip
    most, given = value("apass.friend_codes_a_year", now), friend_codes(membership, now).count()
    if given >= most:
        year = rules.year_of(shanghai_day(membership.activated_at or now), shanghai_day(now))
        raise DomainError(
            "apass.no_codes_left",
            _("You have given all your codes of this year."),
            again_at=midnight(year[1]).isoformat(),
        )
    expires = rules.end_of_day(now, value("apass.invitation_valid", now).days)
    row, written = _make(membership, CodeKind.FRIEND, expires_at=expires, now=now)
    record(
        membership,
        "membership.friend_code_given",
        by=by,
        after={"code": row.pk, "until": expires},
        at=now,
    )
    return GivenCode(written, expires, most - given - 1)


def redeem_code(typed: str, *, by: User, now: datetime | None = None) -> Membership:
    """Become active by a code: one's own, or a friend's. The try is counted, so this is no transaction.

    Who was told of nothing is told of nothing by a wrong code either (``NotFound``). Raises
    ``forbidden``, ``apass.code_wrong``, ``apass.code_locked`` (``until``), ``apass.code_used``,
    ``apass.code_expired``, ``apass.code_foreign``, ``apass.own_code``, ``apass.already`` and
    ``apass.friend_not_ready`` (``missing``).
    """
    now = now or timezone.now()
    member = _member_of(by)
    code = _counted(typed, member, by, now)
    return _use(code, member, by=by, now=now)


def known_code(typed: str, *, by: User, now: datetime | None = None) -> InvitationCode:
    """Return the friend's code somebody holds, to show what it opens. Counted as a try; ``NotFound``."""
    now = now or timezone.now()
    member = _member_of(by)
    try:
        code = _counted(typed, member, by, now)
    except DomainError as refused:
        raise NotFound("not_found", _("There is nothing here.")) from refused
    if code.kind != CodeKind.FRIEND or code.membership.member_id == member.pk:
        raise NotFound("not_found", _("There is nothing here."))
    return code


def _member_of(by: User) -> Member:
    require_right(by, "me.use")
    member = own_member(by)
    if member is None:
        raise Forbidden()
    return member


def _counted(typed: str, member: Member, by: User, now: datetime) -> InvitationCode:
    """Return the code that was typed rightly; the try was counted before it was looked at."""
    account = f"\x01apass:{by.pk}"
    counted = take_try(account, where="", limits={"": value("apass.code_tries", now)}, now=now)
    parts = rules.parts_of_code(typed_code(typed))
    code = (
        InvitationCode.objects.select_related("membership").filter(selector=parts[0]).first()
        if counted.may and parts
        else None
    )
    if code is not None and parts is not None and code.is_it(parts[1]):
        give_tries_back(account, places=("",))
        return code
    if told_membership(member) is None:
        raise NotFound("not_found", _("There is nothing here."))
    if counted.locked_until:
        raise DomainError(
            "apass.code_locked",
            _("Too many wrong codes. Try again later."),
            until=counted.locked_until.isoformat(),
        )
    raise DomainError(
        "apass.code_wrong", _("This code is not right. Look at it again."), tries_left=counted.left
    )


@transaction.atomic
def _use(code: InvitationCode, member: Member, *, by: User, now: datetime) -> Membership:
    if code.kind == CodeKind.OWN:
        return _use_own(code, member, by=by, now=now)
    return _use_friends(code, member, by=by, now=now)


def _use_own(code: InvitationCode, member: Member, *, by: User, now: datetime) -> Membership:
    if code.membership.member_id != member.pk:
        raise DomainError("apass.code_foreign", _("This code was made for somebody else."))
    membership = locked(code.membership)
    _spend(code, member, now)
    require_move(membership, MembershipState.DECLINED)
    return begin_first_term(membership, by=by, now=now)


def _use_friends(code: InvitationCode, member: Member, *, by: User, now: datetime) -> Membership:
    if code.membership.member_id == member.pk:
        raise DomainError("apass.own_code", _("This code is for a friend of yours."))
    hold_totals()
    # Two codes of one friend go one after the other, and the nightly list waits.
    # The key stays what it is: rows that name the member are written meanwhile.
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    running = open_membership(member)
    if running is not None and running.is_running:
        raise _already()
    figures = figures_now(member, now)
    gone = rules.friend_misses(figures, value("apass.friend_credit", now))
    if gone:
        raise DomainError("apass.friend_not_ready", friend_words(gone), missing=gone)
    _spend(code, member, now)
    membership = locked(running) if running else _new_for_friend(member, figures, now)
    # What was read before the lock may have moved on.
    if membership.is_running:
        raise _already()
    use_up_own_codes(membership, now=now)
    return begin_first_term(membership, by=by, now=now, friend_of_id=code.membership_id)


def _new_for_friend(member: Member, figures: rules.Figures, now: datetime) -> Membership:
    """Begin a membership for a friend, or take the one somebody else began at this very moment."""
    try:
        with transaction.atomic():
            return Membership.objects.create(
                member=member,
                state=MembershipState.CANDIDATE,
                since=now,
                due_at=now,
                origin=Origin.FRIEND,
                figures=figures.plain(),
                figures_at=now,
                made_at=now,
            )
    except IntegrityError:
        running = open_membership(member)
        if running is None:
            raise
        return locked(running)


def _already() -> DomainError:
    return DomainError("apass.already", _("You are one of APASS already."))


def friend_words(gone: list[str]) -> str:
    """Say what a friend still needs, the first thing first."""
    if rules.REAL_NAME in gone:
        return _("Prove your real name first, then use the code.")
    return _("Your buyer credit is not high enough yet to use this code.")


def _spend(code: InvitationCode, member: Member, now: datetime) -> None:
    row = InvitationCode.objects.select_for_update(of=("self",)).get(pk=code.pk)
    if row.used_at is not None:
        raise DomainError("apass.code_used", _("This code has been used."))
    if row.is_over(now):
        raise DomainError("apass.code_expired", _("This code has expired."))
    row.used_at, row.used_by, row.sealed_text = now, member, ""
    row.save(update_fields=["used_at", "used_by", "sealed_text"])


def _make(
    membership: Membership, kind: str, *, expires_at: datetime, now: datetime
) -> tuple[InvitationCode, str]:
    selector, secret = _letters(rules.SELECTOR_LENGTH), _letters(rules.SECRET_LENGTH)
    row = InvitationCode.objects.create(
        kind=kind,
        membership=membership,
        selector=selector,
        digest=fingerprint(f"{selector}:{secret}", purpose=CODE_PURPOSE),
        made_at=now,
        expires_at=expires_at,
    )
    return row, rules.written_code(selector, secret)


def _letters(length: int) -> str:
    return "".join(secrets.choice(rules.ALPHABET) for _i in range(length))
