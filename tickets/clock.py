"""What happens when a conversation's timers fall due."""

import uuid
from datetime import datetime
from typing import Any

from common.deadlines import deadline_handler
from tickets.actions.conversations import CLOSE, close_resolved


@deadline_handler(CLOSE)
def close(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Close a resolved conversation whose window to come back is over."""
    close_resolved(
        uuid.UUID(subject_id), resolved_at=datetime.fromisoformat(payload["resolved_at"]), now=now
    )
