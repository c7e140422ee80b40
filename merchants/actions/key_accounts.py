"""Who looks after a key account: assigned, handed over, ended; absences; words with the account."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify_many
from accounts.models import User
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.rules import shanghai_day
from merchants.actions.cases import words_of
from merchants.models import (
    AbsenceReason,
    ContactMedium,
    ContactNote,
    ManagerAbsence,
    ManagerAssignment,
    Merchant,
    Shop,
    StaffAccount,
)
from merchants.queries.key_accounts import can_look_after

ASSIGN, USE = "managers.assign", "portfolio.use"
PORTFOLIO = "/portfolio/"


@transaction.atomic
def assign_manager(
    account: Shop | Merchant,
    *,
    manager: User,
    deputy: User,
    since: datetime | None = None,
    until: datetime | None = None,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> ManagerAssignment:
    """Give a shop, or a merchant with its shops, a manager and a deputy, from ``since`` (now) on.

    Raises ``forbidden``, ``manager.no_reason``, ``manager.not_a_manager``, ``manager.same_person``,
    ``manager.own_merchant``, ``manager.in_the_past``, ``manager.backwards`` and ``manager.overlap``.
    """
    require_right(by, ASSIGN)
    why = _reason(reason)
    account, moment = _hold(account, now)
    begins = since or moment
    if begins < moment:
        raise DomainError("manager.in_the_past", _("This cannot begin in the past."))
    if until is not None and until <= begins:
        raise DomainError("manager.backwards", _("The end must lie after the beginning."))
    _require_two(account, manager, deputy)
    made = _create(account, manager, deputy, begins, until)
    record(
        made,
        "manager.assigned",
        by=by,
        after=_facts(made) | {"until": until},
        reason=why,
        at=moment,
    )
    _tell(made, moment)
    return made


@transaction.atomic
def hand_over(
    assignment: ManagerAssignment,
    *,
    manager: User,
    deputy: User,
    by: User | None,
    reason: str,
    at: datetime | None = None,
    now: datetime | None = None,
) -> ManagerAssignment:
    """Hand an account to other people at ``at`` (now), for as long as it was to hold; return the new row.

    Raises as :func:`assign_manager`, and ``manager.over`` for one that has ended or will have by then.
    """
    require_right(by, ASSIGN)
    why = _reason(reason)
    account, moment = _hold(assignment.account, now)
    row = ManagerAssignment.objects.select_for_update().get(pk=assignment.pk)
    begins = at or max(moment, row.since)
    if begins < moment:
        raise DomainError("manager.in_the_past", _("This cannot begin in the past."))
    _require_running(row, begins)
    if begins < row.since:
        raise DomainError("manager.backwards", _("The end must lie after the beginning."))
    _require_two(account, manager, deputy)
    until, row.until = row.until, begins
    row.save(update_fields=["until"])
    made = _create(account, manager, deputy, begins, until)
    record(
        row, "manager.handed_over", by=by, before=_facts(row), after=_facts(made) | {"at": begins},
        reason=why, at=moment,
    )  # fmt: skip
    record(made, "manager.assigned", by=by, after=_facts(made), reason=why, at=moment)
    _tell(made, moment)
    return made


@transaction.atomic
def end_assignment(
    assignment: ManagerAssignment,
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
    now: datetime | None = None,
) -> ManagerAssignment:
    """End it at ``at`` (now); one that has not begun never does.

    Raises ``forbidden``, ``manager.no_reason``, ``manager.in_the_past`` and ``manager.over``.
    """
    require_right(by, ASSIGN)
    why = _reason(reason)
    _account, moment = _hold(assignment.account, now)
    row = ManagerAssignment.objects.select_for_update().get(pk=assignment.pk)
    ends = at or moment
    if ends < moment:
        raise DomainError("manager.in_the_past", _("This cannot begin in the past."))
    _require_running(row, ends)
    before, row.until = row.until, max(ends, row.since)
    row.save(update_fields=["until"])
    record(
        row, "manager.ended", by=by, before={"until": before}, after={"until": row.until},
        reason=why, at=moment,
    )  # fmt: skip
    return row


@transaction.atomic
def note_absence(
    person: User,
    *,
    first_day: date,
    last_day: date,
    why: str,
    by: User,
    reason: str = "",
    now: datetime | None = None,
) -> ManagerAbsence:
    """Note whole days on which ``person`` is away; their deputies are told and called meanwhile.

    By the person, or by operations with a reason. Raises ``forbidden``, ``manager.no_reason``,
    ``manager.not_a_manager``, ``absence.unknown``, ``absence.backwards``, ``absence.over``,
    ``absence.too_long`` and ``absence.overlap``.
    """
    note = _own_or_office(person, by, reason)
    moment = now or timezone.now()
    if not can_look_after(person):
        raise _not_a_manager(person)
    if why not in AbsenceReason.values:
        raise DomainError("absence.unknown", _("There is no such reason."))
    if last_day < first_day:
        raise DomainError("absence.backwards", _("The last day comes before the first."))
    if last_day < shanghai_day(moment):
        raise DomainError("absence.over", _("These days are over."))
    most = value("manager.longest_absence", moment)
    if (last_day - first_day).days >= most:
        raise DomainError(
            "absence.too_long",
            _("An absence is at most %(most)s days; hand the accounts over instead.")
            % {"most": most},
        )
    try:
        with transaction.atomic():
            made = ManagerAbsence.objects.create(
                person=person, first_day=first_day, last_day=last_day, why=why, noted_by=by,
                noted_at=moment,
            )  # fmt: skip
    except IntegrityError:
        raise DomainError("absence.overlap", _("Some of these days are noted already.")) from None
    facts = {"person": person.pk, "first_day": first_day, "last_day": last_day, "why": why}
    record(made, "manager.absent", by=by, after=facts, reason=note, at=moment)
    _tell_deputies(made, moment)
    return made


@transaction.atomic
def end_absence(
    absence: ManagerAbsence, *, by: User, reason: str = "", now: datetime | None = None
) -> ManagerAbsence:
    """Say that somebody is back, or stays; a second call changes nothing.

    Raises ``forbidden``, ``manager.no_reason`` and ``absence.over``.
    """
    row = ManagerAbsence.objects.select_for_update().select_related("person").get(pk=absence.pk)
    note = _own_or_office(row.person, by, reason)
    moment = now or timezone.now()
    if row.ended_at is not None:
        return row
    if row.last_day < shanghai_day(moment):
        raise DomainError("absence.over", _("These days are over."))
    row.ended_at = moment
    row.save(update_fields=["ended_at"])
    record(row, "manager.back", by=by, after={"ended_at": moment}, reason=note, at=moment)
    return row


@transaction.atomic
def note_contact(
    assignment: ManagerAssignment,
    *,
    medium: str,
    text: str,
    next_on: date | None = None,
    by: User,
    now: datetime | None = None,
) -> ContactNote:
    """Note what was said with an account, and on which day the next word is due.

    By its manager or deputy, or by operations. Raises ``not_found``, ``manager.over``,
    ``contact.unknown``, ``contact.bad_day`` and the codes of ``clean``.
    """
    if not ManagerAssignment.objects.visible_to(by).filter(pk=assignment.pk).exists():
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    _account, moment = _hold(assignment.account, now)
    row = ManagerAssignment.objects.get(pk=assignment.pk)
    if row.since > moment or (row.until is not None and row.until <= moment):
        raise _over()
    if medium not in ContactMedium.values:
        raise DomainError("contact.unknown", _("There is no such way to speak."))
    today = shanghai_day(moment)
    latest = today + timedelta(days=value("manager.next_contact_within", moment))
    if next_on is not None and not today <= next_on <= latest:
        raise DomainError(
            "contact.bad_day",
            _("The next contact is today at the earliest, on %(latest)s at the latest.")
            % {"latest": latest},
        )
    made = ContactNote.objects.create(
        shop_id=row.shop_id, merchant_id=row.merchant_id, medium=medium, text=words_of(text),
        next_on=next_on, by=by, at=moment,
    )  # fmt: skip
    record(
        row, "manager.contact_noted", by=by, after={"medium": medium, "next_on": next_on}, at=moment
    )
    return made


def _hold(account: Shop | Merchant, now: datetime | None) -> tuple[Shop | Merchant, datetime]:
    """Return the account, locked, so that two who assign it come one after the other; and the moment."""
    held: Shop | Merchant
    if isinstance(account, Shop):
        held = Shop.objects.select_for_update(no_key=True).get(pk=account.pk)
    else:
        held = Merchant.objects.select_for_update(no_key=True).get(pk=account.pk)
    return held, now or timezone.now()


def _create(
    account: Shop | Merchant,
    manager: User,
    deputy: User,
    since: datetime,
    until: datetime | None,
) -> ManagerAssignment:
    is_shop = isinstance(account, Shop)
    try:
        with transaction.atomic():
            return ManagerAssignment.objects.create(
                shop_id=account.pk if is_shop else None,
                merchant_id=None if is_shop else account.pk,
                manager=manager,
                deputy=deputy,
                since=since,
                until=until,
            )
    except IntegrityError:
        raise DomainError(
            "manager.overlap", _("Somebody looks after this account in that time already.")
        ) from None


def _require_two(account: Shop | Merchant, manager: User, deputy: User) -> None:
    if manager.pk == deputy.pk:
        raise DomainError("manager.same_person", _("The deputy must be somebody else."))
    for person in (manager, deputy):
        if not can_look_after(person):
            raise _not_a_manager(person)
    merchant = account.merchant_id if isinstance(account, Shop) else account.pk
    if StaffAccount.objects.filter(user__in=[manager, deputy], merchant=merchant).exists():
        raise DomainError(
            "manager.own_merchant", _("Nobody looks after a merchant they work or worked for.")
        )


def _require_running(row: ManagerAssignment, at: datetime) -> None:
    if row.until is not None and row.until <= at:
        raise _over()


def _over() -> DomainError:
    return DomainError("manager.over", _("It is over by then, or has not begun."))


def _not_a_manager(person: User) -> DomainError:
    return DomainError(
        "manager.not_a_manager",
        _("%(name)s is no account manager.") % {"name": person.shown_name},
    )


def _reason(reason: str) -> str:
    if not reason.strip():
        raise DomainError("manager.no_reason", _("Write why."))
    return words_of(reason)


def _own_or_office(person: User, by: User, reason: str) -> str:
    """Return the reason to be kept: one's own absence needs none, that of a colleague does."""
    if by.pk == person.pk and by.can(USE):
        return words_of(reason, required=False)
    if not by.can(ASSIGN):
        raise Forbidden()
    return _reason(reason)


def _facts(row: ManagerAssignment) -> dict[str, object]:
    names = ("shop_id", "merchant_id", "manager_id", "deputy_id", "since")
    return {name.removesuffix("_id"): getattr(row, name) for name in names}


def _tell(row: ManagerAssignment, now: datetime) -> None:
    """Tell both who look after the account, and the shop's people whom they may call."""
    words = {"account": row.account.name, "manager": row.manager.display_name}
    notify_many(
        User.objects.filter(pk__in=[row.manager_id, row.deputy_id]),
        "portfolio.work",
        title=_("You look after %(account)s"),
        body=_("%(manager)s is its manager. See what is open there and speak with it first."),
        url=PORTFOLIO,
        subject=row,
        dedupe=f"assigned-{row.pk}",
        words=words,
        now=now,
    )
    whose = (
        Q(staff_accounts__merchant__shops=row.shop_id)
        if row.shop_id
        else Q(staff_accounts__merchant=row.merchant_id)
    )
    notify_many(
        User.objects.filter(whose, staff_accounts__ended_at=None).distinct(),
        "shop.people",
        title=_("%(manager)s looks after %(account)s"),
        body=_("Whatever it is, you may call them; while they are away the deputy answers."),
        url="/shop/people/",
        subject=row,
        dedupe=f"manager-{row.pk}",
        words=words,
        now=now,
    )


def _tell_deputies(absence: ManagerAbsence, now: datetime) -> None:
    deputies = ManagerAssignment.objects.at(now).filter(manager=absence.person_id)
    notify_many(
        User.objects.filter(pk__in=deputies.values("deputy")),
        "portfolio.work",
        title=_("You stand in for %(name)s"),
        body=_("From %(first)s to %(last)s their shops call you."),
        url=PORTFOLIO,
        subject=absence,
        dedupe=f"absent-{absence.pk}",
        words={
            "name": absence.person.display_name,
            "first": absence.first_day.isoformat(),
            "last": absence.last_day.isoformat(),
        },
        now=now,
    )
