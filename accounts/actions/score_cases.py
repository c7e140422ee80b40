"""Entries that people post: the case is named, the points follow from its cause."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.scores import post_entry
from accounts.models import Cause, Member, Score, ScoreEntry, User
from common.errors import DomainError
from common.parameters import value

BY_HAND = (Cause.GOOD_DEED, Cause.FALSE_RETURN)
"""Causes a person may post; the others come with a ruling, a review or the clock."""


def points_of(cause: str, at: datetime) -> int:
    """Return what one case of ``cause`` is worth in buyer credit at ``at``, by its parameter."""
    points: int = value(f"score.points.{cause}", at)
    return points


@transaction.atomic
def post_case(
    member: Member, cause: str, case: str, *, by: User | None, reason: str, now: datetime
) -> ScoreEntry:
    """Post the points of one case to the member's credit; the same case again returns the first entry.

    Raises ``score.not_by_hand``, ``score.no_case`` and what ``post_entry`` raises.
    """
    if cause not in BY_HAND:
        raise DomainError("score.not_by_hand", _("Nobody posts this cause by hand."))
    if not case.strip():
        raise DomainError("score.no_case", _("Name the case: an order, a return, a conversation."))
    return post_entry(
        member,
        Score.CREDIT,
        points_of(cause, now),
        cause,
        case.strip(),
        by=by,
        reason=reason,
        now=now,
    )
