"""The history can be proved: every line hangs on a hash chain that is anchored outside the database.

Writers know nothing of it and never wait for one another: a trigger notes each new line, the clock
seals what is noted within a second, one clock at a time, in the order in which it finds them. A
daily anchor (position and seal of the head) goes to the log, to a file outside the database and to
a table. ``manage.py verify_history`` walks the chain and names the first line that was changed,
deleted, slipped in or never sealed.
"""

from common.chain.anchors import anchor_history
from common.chain.checks import check_history, continue_check
from common.chain.sealing import GENESIS, seal, seal_all
from common.chain.verifying import Finding, Verification

__all__ = [
    "GENESIS",
    "Finding",
    "Verification",
    "anchor_history",
    "check_history",
    "continue_check",
    "seal",
    "seal_all",
]
