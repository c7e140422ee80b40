"""Appeals against contact blocks: once, in time, decided by a third person."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import hold_totals, reverse_entry
from accounts.actions.asking import refuse_own_case
from accounts.models import Cause, Score, ScoreEntry, User
from common.errors import DomainError, Forbidden
from common.history import record
from common.rights import require_right
from common.text import clean
from tickets.actions.blocks import end_block, hold_block
from tickets.actions.conversations import reason_from
from tickets.actions.telling import tell_appeal_decided, tell_of_appeal
from tickets.models import Appeal, CaseState, ContactBlock, End, HarassmentCase
from tickets.queries.harassment import may_appeal

APPEAL_CHARACTERS = 2000


@transaction.atomic
def file_appeal(
    block: ContactBlock, *, text: str, by: User, now: datetime | None = None
) -> ContactBlock:
    """Appeal as the member whose block it is, once and within the window; an ended block as well.

    Raises ``forbidden``, ``text.*``, ``appeal.already``, ``appeal.too_late``.
    """
    words = clean(text, max_chars=APPEAL_CHARACTERS)
    member, block = hold_block(block)
    now = now or timezone.now()
    if member.user_id != by.pk or not by.is_active:
        raise Forbidden()
    if block.appeal != Appeal.NONE:
        raise DomainError("appeal.already", _("You have appealed already."))
    if not may_appeal(block, now):
        raise DomainError("appeal.too_late", _("The time to appeal is over."))
    ContactBlock.objects.filter(pk=block.pk).update(
        appeal=Appeal.FILED, appeal_text=words, appealed_at=now
    )
    record(block.case, "harassment.appealed", by=by, after={"appeal": Appeal.FILED}, at=now)
    tell_of_appeal(block, now=now)
    block.refresh_from_db()
    return block


@transaction.atomic
def decide_appeal(
    block: ContactBlock, *, upheld: bool, answer: str, by: User, now: datetime | None = None
) -> ContactBlock:
    """Answer an appeal as a third person, who neither marked nor confirmed.

    Upheld, the limits end, the credit comes back and the block counts no more. The member reads
    ``answer``. Raises ``forbidden``, ``conflict.own_case``, ``appeal.not_filed``,
    ``appeal.same_person``, ``reason.missing``.
    """
    require_right(by, "harassment.confirm")
    words = reason_from(answer)
    hold_totals()
    member, block = hold_block(block)
    now = now or timezone.now()
    refuse_own_case(member.pk, by)
    if by.pk in {block.case.marked_by_id, block.case.decided_by_id}:
        raise DomainError(
            "appeal.same_person", _("Somebody decides who neither marked nor confirmed it.")
        )
    if block.appeal != Appeal.FILED:
        raise DomainError("appeal.not_filed", _("No appeal waits for an answer here."))
    appeal = Appeal.UPHELD if upheld else Appeal.REJECTED
    ContactBlock.objects.filter(pk=block.pk).update(
        appeal=appeal, appeal_decided_by=by, appeal_decided_at=now, appeal_answer=words
    )
    record(
        block.case,
        f"harassment.appeal_{appeal}",
        by=by,
        before={"appeal": Appeal.FILED},
        after={"appeal": appeal},
        reason=words,
        at=now,
    )
    if upheld:
        _take_back(block, by, words, now)
        if block.is_running:
            end_block(block, member, End.APPEAL, by=by, reason=words, now=now)
        else:
            ContactBlock.objects.filter(pk=block.pk).update(ended_why=End.APPEAL)
            HarassmentCase.objects.filter(pk=block.case_id).update(state=CaseState.ENDED)
    block.refresh_from_db()
    tell_appeal_decided(block, now=now)
    return block


def _take_back(block: ContactBlock, by: User, reason: str, now: datetime) -> None:
    entry = ScoreEntry.objects.get(
        member_id=block.member_id,
        score=Score.CREDIT,
        cause=Cause.HARASSMENT,
        cause_key=block.case.public_key,
    )
    reverse_entry(entry, by=None, reason=reason, now=now)
