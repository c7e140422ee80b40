"""What shows somebody's personal data to somebody else, and the log of who looked."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.actions.asking import refuse_own_case, require_reason
from accounts.actions.notifications import notify
from accounts.business import business_with, team_of
from accounts.masks import names_of
from accounts.models import (
    AccessKind,
    Member,
    PersonalDataAccess,
    PersonalField,
    Purpose,
    User,
)
from common.calendars import day_start
from common.errors import DomainError, NotFound
from common.history import record
from common.ids import uuid7
from common.masking import mask_text
from common.parameters import value
from common.rights import require_right
from common.text import clean

REASON_CHARACTERS = 500
PRIVACY = "/me/privacy/"


class BudgetSpent(DomainError):
    """Somebody has looked at as many fields today as they may."""


def reveal(
    member: Member,
    field: str,
    *,
    by: User,
    reason: str,
    purpose: str = Purpose.OTHER,
    conversation: UUID | None = None,
    address: str = "",
    now: datetime | None = None,
) -> tuple[str, PersonalDataAccess]:
    """Return one field of ``member`` unmasked, and the row that says who looked and why.

    Only with business (an open or recent conversation ``by`` may see), operations excepted, and
    within the daily budget; every call counts. ``text`` gives nothing back: it opens the
    ``conversation`` to the reader for a while (:func:`accounts.access_log.reads_text`).

    Raises ``forbidden``, ``conflict.own_case``, ``member.not_found`` (answered like any 404),
    ``personal_data.no_reason``, ``personal_data.unknown_field``, ``personal_data.empty`` and
    ``personal_data.budget``; a refusal for the budget leaves a history line that the lead reads.
    """
    moment = now or timezone.now()
    try:
        return _reveal(member, field, by, reason, purpose, conversation, address, moment)
    except BudgetSpent as spent:
        with transaction.atomic():
            record(by, "personal_data.budget_refused", by=by, after=spent.details, at=moment)
        raise


@transaction.atomic
def log_reading(
    member: Member | None,
    kind: str,
    *,
    by: User,
    conversation: UUID | None = None,
    address: str = "",
    now: datetime | None = None,
) -> bool:
    """Write down that ``by`` opened a member's page or another team's conversation, once a day.

    One statement, no question before it. Returns False when the day has its row already.
    """
    if member is None or member.user_id == by.pk:
        return False
    moment = now or timezone.now()
    row = _access(member, kind, by, moment, conversation=conversation, address=address)
    row.day = timezone.localdate(moment)
    before = PersonalDataAccess.objects.filter(pk=row.pk)
    PersonalDataAccess.objects.bulk_create([row], ignore_conflicts=True)
    return before.exists()


def budget_of(user: User) -> int:
    """Return how many fields ``user`` may look at in a day."""
    is_lead = rules.LEAD in user.roles
    key = "personal_data.reveals_a_day_lead" if is_lead else "personal_data.reveals_a_day"
    return int(value(key))


def revealed_today(user: User, now: datetime) -> int:
    """Return how many fields ``user`` has looked at since midnight in Shanghai."""
    return PersonalDataAccess.objects.filter(
        actor=user, kind=AccessKind.REVEAL, at__gte=day_start(now)
    ).count()


@transaction.atomic
def _reveal(
    member: Member,
    field: str,
    by: User,
    reason: str,
    purpose: str,
    conversation: UUID | None,
    address: str,
    now: datetime,
) -> tuple[str, PersonalDataAccess]:
    require_right(by, "personal_data.reveal")
    refuse_own_case(member.pk, by)
    if field not in PersonalField.values or purpose not in Purpose.values:
        raise DomainError("personal_data.unknown_field", _("This cannot be shown."))
    team = _team_with_business(member, by, now)
    conversation = conversation or team[1]
    why = clean(reason, max_chars=REASON_CHARACTERS, required=False)
    require_reason(why, code="personal_data.no_reason")
    plain = _plain(member, field, conversation)
    # Two requests at once count one after the other.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    limit, used = budget_of(by), revealed_today(by, now)
    if used >= limit:
        raise BudgetSpent(
            "personal_data.budget",
            _("You have looked at %(limit)s fields today, which is as many as you may.")
            % {"limit": limit},
            limit=limit,
        )
    row = _access(member, AccessKind.REVEAL, by, now, conversation=conversation, address=address)
    row.actor_team = team[0] or row.actor_team
    row.field, row.purpose = field, purpose
    # The member's data does not go into the log through the reason.
    row.reason = mask_text(why, names=names_of(member))
    row.save(force_insert=True)
    record(
        member,
        "personal_data.revealed",
        by=by,
        after={"field": field, "access": row.pk},
        reason=row.reason,
        at=now,
    )
    if member.user is not None and member.user_id != by.pk:
        # One line in the member's list, which comes up again with every look.
        notify(
            member.user,
            "personal_data.looked_at",
            title=_("Somebody looked at your data"),
            title_many=_("Your data was looked at {count} times"),
            body=row.get_purpose_display(),
            url=PRIVACY,
            subject=member,
            dedupe=str(row.pk),
            now=now,
        )
    if used + 1 == limit:
        record(by, "personal_data.budget_spent", by=by, after={"limit": limit}, at=now)
    return plain, row


def _team_with_business(member: Member, by: User, now: datetime) -> tuple[str, UUID | None]:
    """Return in whose name ``by`` looks, and through which conversation. Raises ``member.not_found``."""
    business = business_with(member, by, now)
    if business is not None:
        return business.team, business.conversation
    # Operations answer for the whole house.
    if by.can("tickets.see_all"):
        return "", None
    raise NotFound("member.not_found", _("No such member, or not yours to see."))


def _plain(member: Member, field: str, conversation: UUID | None) -> str:
    if field == PersonalField.TEXT:
        if conversation is None:
            raise DomainError("personal_data.unknown_field", _("Say which conversation."))
        return ""
    stored = {
        PersonalField.PHONE: member.phone,
        PersonalField.NAME: member.display_name,
        PersonalField.REGION: member.region,
    }[PersonalField(field)]
    if not stored:
        raise DomainError("personal_data.empty", _("We do not know it either."))
    return stored


def _access(
    member: Member,
    kind: str,
    by: User,
    now: datetime,
    *,
    conversation: UUID | None,
    address: str,
) -> PersonalDataAccess:
    return PersonalDataAccess(
        id=uuid7(now),
        at=now,
        kind=kind,
        actor=by,
        actor_role=rules.first_role(by.roles),
        actor_team=team_of(by),
        member=member,
        conversation=conversation,
        address=address[:64],
    )
