"""Who works for a merchant and what they may: let in, given rights, let go; by its own people or operations.

The merchant is held first: of two who take each other's right to manage accounts, one keeps it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify_many
from accounts.models import Role, User
from accounts.phones import mainland_phone
from accounts.queries import account_of_phone
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.text import clean
from merchants.actions.cases import words_of
from merchants.models import Merchant, StaffAccount, StaffRight

MANAGE = "staff.manage"
PAGE = "/shop/people/"


@transaction.atomic
def invite_staff(
    merchant: Merchant,
    who: str,
    *,
    rights: Iterable[str] = (),
    by: User,
    reason: str = "",
    now: datetime | None = None,
) -> StaffAccount:
    """Let somebody with a merchant's account work for ``merchant``, by their account name or phone.

    Raises ``not_found`` and ``forbidden`` to who may not, ``staff.unknown_person`` (also for an account
    that is no merchant's: who exists is nobody's business), ``staff.unknown_right``, ``staff.already``,
    and ``staff.no_reason`` to operations.
    """
    merchant, why, moment = _hold(merchant, by, reason, now)
    wanted = _rights(rights)
    person = _named(who)
    if StaffAccount.objects.current().filter(user=person, merchant=merchant).exists():
        raise DomainError("staff.already", _("They work for you already."))
    account = StaffAccount.objects.create(
        user=person, merchant=merchant, rights=wanted, since=moment
    )
    facts = {"user": person.pk, "merchant": merchant.pk, "rights": wanted}
    record(account, "staff.invited", by=by, after=facts, reason=why, at=moment)
    _tell(account, _("You work for %(merchant)s"), "invited", moment)
    return account


@transaction.atomic
def set_staff_rights(
    account: StaffAccount,
    rights: Iterable[str],
    *,
    by: User,
    reason: str = "",
    now: datetime | None = None,
) -> StaffAccount:
    """Give an account exactly ``rights``, at once; the same again changes nothing.

    Raises ``not_found``, ``forbidden``, ``staff.unknown_right``, ``staff.ended``, ``staff.last_one``,
    and ``staff.no_reason`` to operations.
    """
    merchant, why, moment = _hold(account.merchant, by, reason, now)
    wanted, row = _rights(rights), _running(account)
    if wanted == row.rights:
        return row
    if StaffRight.STAFF in row.rights and StaffRight.STAFF not in wanted:
        _require_another(merchant, row)
    before, row.rights = row.rights, wanted
    row.save(update_fields=["rights"])
    record(
        row, "staff.rights_set", by=by, before={"rights": before}, after={"rights": wanted},
        reason=why, at=moment,
    )  # fmt: skip
    _tell(
        row,
        _("What you may do for %(merchant)s has changed"),
        f"rights-{moment.isoformat()}",
        moment,
    )
    return row


@transaction.atomic
def end_staff(
    account: StaffAccount, *, by: User, reason: str = "", now: datetime | None = None
) -> StaffAccount:
    """Let somebody go, at once; also oneself. A second call changes nothing.

    Raises ``not_found``, ``forbidden``, ``staff.last_one``, and ``staff.no_reason`` to operations.
    """
    merchant, why, moment = _hold(account.merchant, by, reason, now)
    row = StaffAccount.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if row.ended_at is not None:
        return row
    if StaffRight.STAFF in row.rights:
        _require_another(merchant, row)
    row.ended_at = max(moment, row.since)
    row.save(update_fields=["ended_at"])
    record(row, "staff.ended", by=by, after={"ended_at": row.ended_at}, reason=why, at=moment)
    _tell(row, _("You work for %(merchant)s no more"), "ended", moment)
    return row


def _hold(
    merchant: Merchant, by: User, reason: str, now: datetime | None
) -> tuple[Merchant, str, datetime]:
    """Return the merchant, locked, the reason and the moment; whether ``by`` may is asked behind the lock."""
    held = Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    why = words_of(reason, required=False)
    own = StaffAccount.objects.of(by).filter(merchant=held) if by.can("shop.use") else None
    if own is not None and own.filter(rights__contains=[StaffRight.STAFF]).exists():
        return held, why, now or timezone.now()
    if not by.can(MANAGE):
        if own is not None and own.exists():
            raise Forbidden(_("Your account has no right to manage accounts."))
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    if StaffAccount.objects.filter(user=by, merchant=held).exists():
        raise Forbidden(
            _("You work or have worked for this merchant. A colleague does it."),
            code="conflict.own_case",
        )
    if not why:
        raise DomainError("staff.no_reason", _("Write why."))
    return held, why, now or timezone.now()


def _rights(rights: Iterable[str]) -> list[str]:
    given = set(rights)
    if not given <= set(StaffRight.values):
        raise DomainError("staff.unknown_right", _("There is no such right."))
    return [right for right in StaffRight.values if right in given]


def _named(who: str) -> User:
    """Return the one merchant's account of that name or phone."""
    word = clean(who, max_chars=64, single_line=True)
    found = User.objects.filter(username__iexact=word).first()
    if found is None:
        phone = mainland_phone(word)
        found = account_of_phone(phone) if phone else None
    if found is None or not found.is_active or Role.MERCHANT_STAFF not in found.roles:
        raise DomainError(
            "staff.unknown_person", _("No merchant's account has this name or phone.")
        )
    return found


def _running(account: StaffAccount) -> StaffAccount:
    row = StaffAccount.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if row.ended_at is not None:
        raise DomainError("staff.ended", _("They do not work for you any more."))
    return row


def _require_another(merchant: Merchant, row: StaffAccount) -> None:
    """Refuse to take the last one's right to manage accounts: nobody could let anybody in."""
    others = (
        StaffAccount.objects.current()
        .filter(
            merchant=merchant,
            rights__contains=[StaffRight.STAFF],
            user__is_active=True,
            user__roles__contains=[Role.MERCHANT_STAFF],
        )
        .exclude(pk=row.pk)
    )
    if not others.exists():
        raise DomainError(
            "staff.last_one",
            _("Nobody else may manage accounts. Give the right to somebody else first."),
        )


def _tell(account: StaffAccount, title: object, dedupe: str, now: datetime) -> None:
    notify_many(
        User.objects.filter(pk=account.user_id),
        "shop.people",
        title=title,
        url=PAGE,
        subject=account,
        dedupe=dedupe,
        words={"merchant": account.merchant.name},
        now=now,
    )
