"""Refunds by refund_no, with the sums of what their orders gave back."""

from decimal import Decimal
from uuid import UUID

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from common.loading import Choice, Fates, Key, Loader, Moment, Text
from common.loading.merge import Target, merge
from common.loading.rounds import one_row_per_key
from common.loading.runs import STAGE, Chunk
from trade.loading.columns import Amount
from trade.models import RefundKind, RefundOutcome

TABLE, ORDERS = "trade_refund", "trade_order"
ROUND = "loading_refunds"
CORRECTED = ("kind", "amount", "applied_at", "reason", "finished_at", "outcome")
DEFAULTS = {"reason": "''"}


class RefundLoader(Loader):
    """Refunds by refund_no; none makes its order give back more than was paid.

    What a line leaves open is filled from the refund it corrects before it is judged, so that a
    file may tell the end of a refund that another file began.
    """

    kind = "refunds"
    key = "refund_no"
    columns = (
        Key("refund_no", 40, required=True),
        Key("order_no", 40, required=True),
        Choice("kind", RefundKind.values, required=True),
        Amount("amount", required=True),
        Moment("applied_at", required=True),
        Text("reason", 200),
        Moment("finished_at"),
        Choice("outcome", RefundOutcome.values),
    )

    def store(self, chunk: Chunk) -> Fates:
        fates = Fates()
        if not chunk.session.dry_run:
            # Nobody else writes a refund, or changes what was paid, until this chunk is in: the
            # sums below hold. In this order, as everybody who needs both.
            chunk.cursor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
            chunk.cursor.execute(f"LOCK TABLE {ORDERS} IN ROW EXCLUSIVE MODE")
        # The first files find the table without a row, of which the planner makes too little.
        chunk.cursor.execute("SET LOCAL default_statistics_target = 10")
        chunk.cursor.execute(f"ANALYZE {STAGE} (refund_no, order_no)")
        target = Target(
            table=TABLE,
            key="refund_no",
            columns=["refund_no", "order_id", *CORRECTED],
            corrected=CORRECTED,
        )
        for rows in one_row_per_key(chunk, self.key, fates):
            self._resolve(chunk, rows)
            fates.rejected += self._reject(chunk)
            fates += merge(chunk.cursor, target, ROUND, DEFAULTS)
            _sum_up(chunk.cursor)
        return fates

    def _resolve(self, chunk: Chunk, rows: str) -> None:
        """Make ``loading_refunds``: the lines as they will be stored, and what each adds to its order."""
        chunk.cursor.execute(f"DROP TABLE IF EXISTS {ROUND}")
        chunk.cursor.execute(
            f"CREATE TEMP TABLE {ROUND} ON COMMIT DROP AS "
            f"SELECT *, {_repaid('r')} - repaid AS delta FROM (SELECT s.line, s.refund_no, "
            "o.id AS order_id, o.paid_amount - o.refunded_amount AS room, e.order_id AS held, "
            f"{_repaid('e')} AS repaid"
            + "".join(f", {_filled(name, chunk)} AS {name}" for name in CORRECTED)
            + f" FROM {rows} s LEFT JOIN {ORDERS} o ON o.order_no = s.order_no "
            f"LEFT JOIN {TABLE} e ON e.refund_no = s.refund_no OFFSET 0) r"
        )
        chunk.cursor.execute(f"ANALYZE {ROUND}")

    def _reject(self, chunk: Chunk) -> int:
        """Reject what cannot be, and remove it from the round; what is too much comes last."""
        reasons = {
            "order_id IS NULL": _("There is no order with this order_no."),
            "held <> order_id": _("This refund_no exists already, of another order."),
            "(finished_at IS NULL) <> (outcome IS NULL)": _(
                "finished_at and outcome come together: a refund that ended has both."
            ),
            "finished_at < applied_at": _("finished_at lies before applied_at."),
        }
        rejected = sum(
            chunk.reject(f"DELETE FROM {ROUND} WHERE {sql} RETURNING line, refund_no", reason)
            for sql, reason in reasons.items()
        )
        if lines := _too_much(chunk.cursor):
            rejected += chunk.reject(
                f"DELETE FROM {ROUND} WHERE line = ANY ('{{{','.join(map(str, lines))}}}'::int[]) "
                "RETURNING line, refund_no",
                _("More would be paid back than was paid for this order."),
            )
        return rejected


def _repaid(row: str) -> str:
    """Return the SQL of what a refund gives back: its amount when it succeeded."""
    return f"CASE WHEN {row}.outcome = '{RefundOutcome.SUCCESS}' THEN {row}.amount ELSE 0 END"


def _filled(name: str, chunk: Chunk) -> str:
    """Return the SQL of a column as it will be: the line's word, or what is there already."""
    if name not in chunk.session.known:
        return f"e.{name}"
    return f"coalesce(s.{name}, e.{name})" if chunk.session.blank_keeps else f"s.{name}"


def _too_much(cursor: CursorWrapper) -> list[int]:
    """Return the lines that would make their order give back more than was paid.

    In the order of the file: what fits is taken, what no longer fits is not. Only orders for which
    the whole does not fit are looked at line by line.
    """
    cursor.execute(
        f"SELECT order_id, line, delta, room FROM {ROUND} WHERE order_id IN (SELECT order_id "
        f"FROM {ROUND} GROUP BY order_id, room HAVING sum(greatest(delta, 0)) > room) "
        "ORDER BY order_id, line"
    )
    left: dict[UUID, Decimal] = {}
    refused: list[int] = []
    for order, line, delta, room in cursor.fetchall():
        room = left.get(order, room)
        if delta > 0 and delta > room:
            refused.append(line)
        else:
            left[order] = room - delta
    return refused


def _sum_up(cursor: CursorWrapper) -> None:
    """Tell the orders of the round what they give back more, or less, than before."""
    cursor.execute(
        f"UPDATE {ORDERS} o SET refunded_amount = o.refunded_amount + sums.delta FROM ("
        f"SELECT order_id, sum(delta) AS delta FROM {ROUND} GROUP BY 1 HAVING sum(delta) <> 0"
        ") sums WHERE o.id = sums.order_id"
    )
