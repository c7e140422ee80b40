"""Rows of a member's scores that are not orders: posted once per case, taken back by another row."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case, require_reason
from accounts.actions.standing import hold_totals, look_again
from accounts.models import Cause, Member, Score, ScoreEntry, User
from accounts.standing.numbers import rules_at
from common.errors import DomainError
from common.history import record
from common.masking import mask_text
from common.rights import require_right

FORGIVEN_AFTER = timedelta(days=365)

_HALVE = """
INSERT INTO accounts_scoreentry
       (member_id, score, points, cause, cause_key, rules_version, at, about_id, by_id, reason)
SELECT e.member_id, e.score, (-e.points) / 2, 'decay', e.id::text, %(version)s, %(now)s, e.id, NULL, ''
  FROM accounts_scoreentry e
 WHERE e.points < -1 AND e.at <= %(before)s AND e.cause NOT IN ('reversal', 'decay')
   AND NOT EXISTS (SELECT 1 FROM accounts_scoreentry a WHERE a.about_id = e.id)
 ORDER BY e.id LIMIT %(most)s
ON CONFLICT DO NOTHING
RETURNING member_id
"""


@transaction.atomic
def post_entry(
    member: Member,
    score: str,
    points: int,
    cause: str,
    cause_key: str,
    *,
    by: User | None,
    reason: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> ScoreEntry:
    """Add a row to one of the member's scores; the tier follows upwards at once.

    The same cause of the same case (``cause_key``) is posted once: a second call returns the first
    row. Raises ``forbidden``, ``conflict.own_case``, ``score.no_points``, ``score.unknown``,
    ``score.no_reason``.
    """
    require_right(by, "scores.post")
    refuse_own_case(member.pk, by)
    if score not in Score.values or cause not in Cause.values:
        raise DomainError("score.unknown", _("There is no such score or cause."))
    if points == 0:
        raise DomainError("score.no_points", _("A row of a score must move it."))
    require_reason(reason, code="score.no_reason", message=_("Write why the score moves."))
    hold_totals()
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    known = ScoreEntry.objects.filter(
        member=member, score=score, cause=cause, cause_key=cause_key
    ).first()
    if known is not None:
        return known
    return _post(
        member,
        ScoreEntry(
            score=score,
            points=points,
            cause=cause,
            cause_key=cause_key,
            expires_at=expires_at,
            reason=reason,
        ),
        by=by,
        now=now,
    )


@transaction.atomic
def reverse_entry(entry: ScoreEntry, *, by: User | None, reason: str, now: datetime) -> ScoreEntry:
    """Take a row back by another one, with what was forgiven of it meanwhile; a second call changes nothing.

    Raises ``forbidden``, ``conflict.own_case``, ``score.no_reason``, ``score.not_reversible`` (a row
    that itself takes back).
    """
    require_right(by, "scores.post")
    refuse_own_case(entry.member_id, by)
    require_reason(reason, code="score.no_reason", message=_("Write why the score moves."))
    hold_totals()
    member = Member.objects.select_for_update(no_key=True).get(pk=entry.member_id)
    if entry.cause in (Cause.REVERSAL, Cause.DECAY):
        raise DomainError("score.not_reversible", _("This row takes another one back itself."))
    key = str(entry.pk)
    known = ScoreEntry.objects.filter(
        member=member, score=entry.score, cause=Cause.REVERSAL, cause_key=key
    ).first()
    if known is not None:
        return known
    forgiven = ScoreEntry.objects.filter(about=entry, cause=Cause.DECAY).first()
    back = -(entry.points + (forgiven.points if forgiven else 0))
    return _post(
        member,
        ScoreEntry(
            score=entry.score,
            points=back,
            cause=Cause.REVERSAL,
            cause_key=key,
            # Its answer once: what was forgiven already has answered the row itself.
            about=forgiven or entry,
            expires_at=entry.expires_at,
            reason=reason,
        ),
        by=by,
        now=now,
    )


@transaction.atomic
def forgive_half(now: datetime, *, most: int = 5_000) -> int:
    """Give back half of what was taken a year ago, by a row each; return how many members it was.

    Rows that were taken back or halved already are left alone.
    """
    hold_totals()
    with connection.cursor() as cursor:
        cursor.execute(
            _HALVE,
            {
                "version": rules_at(now).version,
                "now": now,
                "before": now - FORGIVEN_AFTER,
                "most": most,
            },
        )
        members = sorted({member_id for (member_id,) in cursor.fetchall()})
    look_again(members, now=now, why="forgiven")
    return len(members)


def _post(member: Member, entry: ScoreEntry, *, by: User | None, now: datetime) -> ScoreEntry:
    entry.member, entry.by, entry.at = member, by, now
    entry.rules_version = rules_at(now).version
    # Rows cannot be changed: what points at somebody must never get into one.
    entry.reason = mask_text(entry.reason)
    entry.save(force_insert=True)
    record(
        member,
        "score.posted",
        by=by,
        after={"score": entry.score, "points": entry.points, "cause": entry.cause},
        reason=entry.reason,
        at=now,
    )
    look_again([member.pk], now=now, why=entry.cause)
    return entry
