"""Who paid for orders and where they went: digests alone are kept, by which second accounts are seen."""

from django.utils import timezone

from accounts.actions import note_marks_later
from accounts.models import MarkKind
from common.loading.runs import STAGE, Chunk

MARKS = {"payer": MarkKind.PAYER, "address": MarkKind.ADDRESS}
"""Columns of a file of orders that the orders do not have."""


def note_marks_of(chunk: Chunk) -> None:
    """Have the worker note what the lines of a chunk say, in its transaction; a trial notes nothing."""
    given = [name for name in MARKS if name in chunk.session.known]
    if chunk.session.dry_run or not given:
        return
    for name in given:
        chunk.cursor.execute(
            f"SELECT DISTINCT m.id, s.{name} FROM {STAGE} s "
            f"JOIN accounts_member m USING (member_no) WHERE s.{name} <> ''"
        )
        note_marks_later(
            ((pk, MARKS[name], raw) for pk, raw in chunk.cursor.fetchall()), now=timezone.now()
        )
