from common.models.calendars import CalendarDay
from common.models.chain import ChainAnchor, ChainLink, HistoryCheck, UnsealedEvent
from common.models.changes import FreshStart, stamp_changes
from common.models.deadlines import Deadline
from common.models.events import Event
from common.models.idempotency import KeptAnswer
from common.models.imports import ImportRun
from common.models.machine import BusPayload, Heartbeat
from common.models.parameters import Parameter
from common.models.rates import RateBucket
from common.models.search import SearchChange, SearchFill, SearchLine, line_indexes

__all__ = [
    "BusPayload",
    "CalendarDay",
    "ChainAnchor",
    "ChainLink",
    "Deadline",
    "Event",
    "FreshStart",
    "Heartbeat",
    "HistoryCheck",
    "ImportRun",
    "KeptAnswer",
    "Parameter",
    "RateBucket",
    "SearchChange",
    "SearchFill",
    "SearchLine",
    "UnsealedEvent",
    "line_indexes",
    "stamp_changes",
]
