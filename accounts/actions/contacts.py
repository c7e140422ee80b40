"""Joining identities into one contact, and taking them apart again.

Nothing that anybody owns is moved: orders, talks, credit and history stay with the member they
belong to. What is written are identities and their periods alone. Merges are rare and looked at by a
person, so there is one at a time in the whole house: two that touch each other cannot cross.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case, require_reason
from accounts.actions.sessions import tell_rights_changed
from accounts.models import (
    Contact,
    ContactIdentity,
    ContactKind,
    IdentityKind,
    Likeness,
    LikenessState,
    Member,
    User,
)
from accounts.signals import identities_merged
from common.errors import DomainError, Forbidden
from common.history import record
from common.rights import require_right

_LOCK = 7_120_404
Row = Member | User


@transaction.atomic
def merge_identities(
    first: Row,
    second: Row,
    *,
    by: User | None,
    reason: str,
    kind: str = ContactKind.PERSON,
    now: datetime | None = None,
) -> Contact:
    """Make ``first`` and ``second``, each a member or an account, one contact with all they are joined with.

    The older contact takes in the younger one. A second call changes nothing. An account that works
    here comes with its own member and the other way round: these cannot be told apart.
    Raises ``forbidden``, ``conflict.own_case``, ``contact.no_reason``, ``contact.same`` (one account)
    and ``contact.erased``.
    """
    require_right(by, "contacts.merge")
    _require_why(reason)
    moment = now or timezone.now()
    _one_at_a_time()
    ones, others = _locked(first), _locked(second)
    if set(ones) & set(others):
        raise DomainError("contact.same", _("This is one account already."))
    rows = [*ones, *others]
    _refuse_own(rows, by)
    joined = _contacts_of(rows)
    if len(joined) == 1 and len(_running(rows)) == len(rows):
        return joined[0]
    contact = joined[0] if joined else Contact.objects.create(kind=kind, made_at=moment)
    come = [row for row in rows if not _running([row])]
    for younger in joined[1:]:
        come += _take_in(younger, contact, by=by, reason=reason, now=moment)
    ContactIdentity.objects.bulk_create(_identity(contact, row, moment) for row in come)
    record(contact, "contact.merged", by=by, after=_keys(come), reason=reason, at=moment)
    for row in come:
        record(
            row,
            f"{_noun(row)}.contact_joined",
            by=by,
            after={"contact": contact.pk},
            reason=reason,
            at=moment,
        )
    _settle_likenesses(contact, moment)
    _tell(contact)
    return contact


@transaction.atomic
def unmerge_identity(
    identity: ContactIdentity, *, by: User | None, reason: str, now: datetime | None = None
) -> Contact:
    """Take ``identity`` out of its contact; what it owns was its own all the time.

    It is not suggested again with those it leaves. A second call changes nothing. Raises
    ``forbidden``, ``conflict.own_case`` and ``contact.no_reason``.
    """
    require_right(by, "contacts.merge")
    _require_why(reason)
    moment = now or timezone.now()
    _one_at_a_time()
    identity = ContactIdentity.objects.select_related("contact", "member", "user").get(
        pk=identity.pk
    )
    contact, row = identity.contact, identity.member or identity.user
    if identity.until is not None or row is None:
        return contact
    gone = [one for one in _identities_of(row) if _contacts_of([one]) == [contact]]
    _refuse_own(gone, by)
    _running(gone).update(until=_end_at(moment))
    record(contact, "contact.unmerged", by=by, before=_keys(gone), reason=reason, at=moment)
    for one in gone:
        record(
            one,
            f"{_noun(one)}.contact_left",
            by=by,
            before={"contact": contact.pk},
            reason=reason,
            at=moment,
        )
    _remember_apart(gone, _rows_of(contact), moment)
    _tell_people([*gone, *_rows_of(contact)])
    return contact


@transaction.atomic
def keep_apart(
    likeness: Likeness, *, by: User | None, reason: str, now: datetime | None = None
) -> Likeness:
    """Say that the two are not the same; they are not suggested again. A second call changes nothing.

    Raises ``forbidden``, ``conflict.own_case``, ``contact.no_reason`` and ``contact.joined``.
    """
    require_right(by, "contacts.merge")
    _require_why(reason)
    moment = now or timezone.now()
    _one_at_a_time()
    likeness = Likeness.objects.select_related("member", "other_member", "other_user").get(
        pk=likeness.pk
    )
    _refuse_own([row for row in sides_of(likeness) if row is not None], by)
    if likeness.state == LikenessState.APART:
        return likeness
    if likeness.state == LikenessState.JOINED:
        raise DomainError("contact.joined", _("These are joined. Take one out of the contact."))
    likeness.state, likeness.decided_at = LikenessState.APART, moment
    likeness.save(update_fields=["state", "decided_at"])
    record(likeness, "likeness.apart", by=by, after={"state": "apart"}, reason=reason, at=moment)
    return likeness


def sides_of(likeness: Likeness) -> tuple[Member, Row]:
    """Return the two that look alike."""
    other = likeness.other_member or likeness.other_user
    assert other is not None, "a check constraint"
    return likeness.member, other


# --- Who comes along ------------------------------------------------------------------------------


def _identities_of(row: Row) -> list[Row]:
    """Return what ``row`` is here: a member with the account that works here, if it is the same person's.

    A buyer's account is how the member signs in, and no identity beside it.
    """
    member = row if isinstance(row, Member) else Member.objects.filter(user=row).first()
    user = member.user if member is not None else row
    found: list[Row] = [member] if member is not None else []
    if isinstance(user, User) and (member is None or not user.is_buyer):
        found.append(user)
    return found


def _locked(row: Row) -> list[Row]:
    """Return the identities of ``row``, locked. Raises ``contact.erased``."""
    found: list[Row] = []
    for one in _identities_of(row):
        rows = type(one)._default_manager.select_for_update(no_key=True, of=("self",))
        found.append(rows.get(pk=one.pk))
    for one in found:
        if isinstance(one, Member) and (one.hidden_at or one.erased_at):
            raise DomainError(
                "contact.erased", _("This member has asked to be erased, or is nameless already.")
            )
    return found


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _require_why(reason: str) -> None:
    require_reason(reason, code="contact.no_reason", message=_("Write how you know."))


def _refuse_own(rows: Iterable[Row], by: User | None) -> None:
    for row in rows:
        if isinstance(row, Member):
            refuse_own_case(row.pk, by)
        elif by is not None and (row.pk == by.pk or _are_joined(row, by)):
            raise Forbidden(
                _("This is about yourself. A colleague does it."), code="conflict.own_case"
            )


def _are_joined(one: User, other: User) -> bool:
    contacts = ContactIdentity.objects.running().filter(user=other).values("contact")
    return ContactIdentity.objects.running().filter(user=one, contact__in=contacts).exists()


# --- What stands in the tables ----------------------------------------------------------------------


def _of(rows: Iterable[Row]) -> Q:
    rows = list(rows)
    members = [row.pk for row in rows if isinstance(row, Member)]
    users = [row.pk for row in rows if isinstance(row, User)]
    return Q(member__in=members) | Q(user__in=users)


def _running(rows: Iterable[Row]) -> QuerySet[ContactIdentity]:
    return ContactIdentity.objects.running().filter(_of(rows))


def _contacts_of(rows: Iterable[Row]) -> list[Contact]:
    """Return the contacts the rows belong to now, the oldest first."""
    keys = _running(rows).values("contact")
    return list(Contact.objects.filter(pk__in=keys).order_by("pk"))


def _rows_of(contact: Contact) -> list[Row]:
    running = contact.identities.running().select_related("member__user", "user").order_by("pk")
    return [row for one in running if (row := one.member or one.user) is not None]


def _identity(contact: Contact, row: Row, now: datetime) -> ContactIdentity:
    if isinstance(row, Member):
        return ContactIdentity(contact=contact, kind=IdentityKind.MEMBER, member=row, since=now)
    return ContactIdentity(contact=contact, kind=IdentityKind.USER, user=row, since=now)


def _end_at(now: datetime) -> Greatest:
    """Return when a period ends: machines' clocks differ a little, and no period ends before it began."""
    return Greatest(F("since"), Value(now))


def _take_in(
    younger: Contact, contact: Contact, *, by: User | None, reason: str, now: datetime
) -> list[Row]:
    """End the periods in ``younger`` and return who comes over to ``contact``."""
    rows = _rows_of(younger)
    younger.identities.running().update(until=_end_at(now))
    younger.merged_into = contact
    younger.save(update_fields=["merged_into"])
    record(
        younger,
        "contact.taken_in",
        by=by,
        before=_keys(rows),
        after={"contact": contact.pk},
        reason=reason,
        at=now,
    )
    return rows


def _settle_likenesses(contact: Contact, now: datetime) -> None:
    members = [row.pk for row in _rows_of(contact) if isinstance(row, Member)]
    users = [row.pk for row in _rows_of(contact) if isinstance(row, User)]
    Likeness.objects.filter(
        Q(other_member__in=members) | Q(other_user__in=users), member__in=members
    ).exclude(state=LikenessState.JOINED).update(state=LikenessState.JOINED, decided_at=now)


def _remember_apart(gone: Sequence[Row], stay: Sequence[Row], now: datetime) -> None:
    """Write down that those who left are not those who stay, so that the night does not ask again."""
    pairs = [
        Likeness(
            member_id=first.pk,
            other_member_id=second.pk if isinstance(second, Member) else None,
            other_user_id=second.pk if isinstance(second, User) else None,
            signs=[],
            state=LikenessState.APART,
            found_at=now,
            decided_at=now,
        )
        for one in gone
        for other in stay
        for first, second in [_ordered(one, other)]
        if isinstance(first, Member)
    ]
    Likeness.objects.bulk_create(
        pairs,
        update_conflicts=True,
        unique_fields=["member", "other_member", "other_user"],
        update_fields=["state", "decided_at"],
    )


def _ordered(one: Row, other: Row) -> tuple[Row, Row]:
    """Return the pair as likenesses keep it: a member first, of two members the older one."""
    if isinstance(one, Member) and isinstance(other, Member):
        return (one, other) if one.pk < other.pk else (other, one)
    return (one, other) if isinstance(one, Member) else (other, one)


def _tell(contact: Contact) -> None:
    rows = _rows_of(contact)
    users = _tell_people(rows)
    identities_merged.send(Contact, users=users)


def _tell_people(rows: Iterable[Row]) -> list[User]:
    """Have open sockets ask again what their person may hear; return the people."""
    users = {}
    for row in rows:
        user = row.user if isinstance(row, Member) else row
        if user is not None:
            users[user.pk] = user
    for user in users.values():
        tell_rights_changed(user)
    return list(users.values())


def _keys(rows: Iterable[Row]) -> dict[str, list[int]]:
    rows = list(rows)
    return {
        "members": [row.pk for row in rows if isinstance(row, Member)],
        "users": [row.pk for row in rows if isinstance(row, User)],
    }


def _noun(row: Row) -> str:
    return "member" if isinstance(row, Member) else "person"
