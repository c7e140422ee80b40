"""What happens when a conversation's timers fall due."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from common.deadlines import at_clock_start, deadline_handler, set_deadline
from tickets.actions.away import tell_away, tell_away_from
from tickets.actions.blocks import END_OF_BLOCK, end_expired
from tickets.actions.conversations import AWAY, CLOSE, close_resolved

UNREAD = "conversation.unread_sweep"
EVERY = timedelta(seconds=10)


@deadline_handler(CLOSE)
def close(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Close a resolved conversation whose window to come back is over."""
    close_resolved(
        uuid.UUID(subject_id), resolved_at=datetime.fromisoformat(payload["resolved_at"]), now=now
    )


@deadline_handler(AWAY)
def last_words(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Tell a member of the last words in a conversation that was resolved meanwhile."""
    tell_away_from(uuid.UUID(subject_id), now=now)


@deadline_handler(END_OF_BLOCK)
def end_of_block(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """End a contact block whose time is over."""
    end_expired(uuid.UUID(subject_id), now=now)


@at_clock_start
def begin(now: datetime) -> None:
    """Look for answers that nobody has read."""
    set_deadline(UNREAD, "tickets", now)


@deadline_handler(UNREAD)
def unread_answers(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Tell members of answers they have not read for a while, and look again in ten seconds."""
    tell_away(now=now)
    set_deadline(UNREAD, "tickets", now + EVERY)
