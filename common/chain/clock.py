"""What the clock does for the chain: seal, and seal what was there before the chain was."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common.chain.sealing import BATCH, note_older, seal
from common.companions import beside_the_clock
from common.deadlines import deadline_handler, set_deadline
from common.models import UnsealedEvent

log = logging.getLogger(__name__)

FILL_BACK = "history.fill_back"
NOTED_AT_ONCE = 20_000
PAUSE = timedelta(milliseconds=500)


@beside_the_clock("sealer")
def seal_what_is_noted() -> timedelta:
    """Seal one batch; return how long to rest."""
    sealed = seal()
    return timedelta(0) if sealed == BATCH else PAUSE


@deadline_handler(FILL_BACK)
def fill_back(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Note the next lines that are older than the chain; goes on until there are no more."""
    if UnsealedEvent.objects.count() >= 2 * NOTED_AT_ONCE:  # let the sealer catch up
        set_deadline(FILL_BACK, subject_id, now + timedelta(seconds=1), payload)
        return
    last = note_older(UUID(payload.get("after", str(UUID(int=0)))), NOTED_AT_ONCE)
    if last is None:
        log.info("the history from before the chain is noted")
        return
    set_deadline(FILL_BACK, subject_id, now + timedelta(milliseconds=200), {"after": str(last)})
