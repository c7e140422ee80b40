from common.models.calendars import CalendarDay
from common.models.chain import ChainAnchor, ChainLink, HistoryCheck, UnsealedEvent
from common.models.changes import FreshStart, stamp_changes
from common.models.deadlines import Deadline
from common.models.errands import Errand, ErrandState
from common.models.events import Event
from common.models.exports import Export
from common.models.idempotency import KeptAnswer
from common.models.imports import ImportFile, ImportRun
from common.models.jobs import Job, JobRow
from common.models.machine import BusPayload, Heartbeat
from common.models.parameters import Parameter
from common.models.rates import RateBucket
from common.models.search import SearchChange, SearchFill, SearchLine, line_indexes
from common.models.views import DefaultView, SavedView

__all__ = [
    "BusPayload",
    "CalendarDay",
    "ChainAnchor",
    "ChainLink",
    "Deadline",
    "DefaultView",
    "Errand",
    "ErrandState",
    "Event",
    "Export",
    "FreshStart",
    "Heartbeat",
    "HistoryCheck",
    "ImportFile",
    "ImportRun",
    "Job",
    "JobRow",
    "KeptAnswer",
    "Parameter",
    "RateBucket",
    "SavedView",
    "SearchChange",
    "SearchFill",
    "SearchLine",
    "UnsealedEvent",
    "line_indexes",
    "stamp_changes",
]
