"""Loading files: formats, staging, merging, rejects, progress, resume.

A file is read from top to bottom in chunks; each chunk is one transaction that copies the lines
into a staging table, decides the fate of every line with set-based SQL, and moves the run
forward. What a line says about a key corrects what an earlier line or an earlier file said.
"""

from common.loading.columns import (
    Choice,
    Column,
    Key,
    Moment,
    Money,
    Phone,
    Refused,
    Text,
    Truth,
    Whole,
)
from common.loading.files import FileRefused
from common.loading.merge import Fates, merge
from common.loading.rows import RowReader
from common.loading.runs import Loader, Reject, Report, Session, load_file

__all__ = [
    "Choice",
    "Column",
    "Fates",
    "FileRefused",
    "Key",
    "Loader",
    "Moment",
    "Money",
    "Phone",
    "Refused",
    "Reject",
    "Report",
    "RowReader",
    "Session",
    "Text",
    "Truth",
    "Whole",
    "load_file",
    "merge",
]
