"""Orders by order_no: resolved, checked and merged a chunk at a time."""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.loading import (
    Choice,
    Fates,
    FileRefused,
    Key,
    Loader,
    Moment,
    Money,
    Session,
    Text,
    Whole,
)
from common.loading.merge import Target, merge
from common.loading.rounds import one_row_per_key
from common.loading.runs import STAGE, Chunk
from common.partitions import ensure_partitions
from common.partitions import months as all_months
from trade.loading import months
from trade.loading.marks import note_marks_of
from trade.models import OrderStatus

TABLE, LOADING = "trade_order", months.LOADING

# common.ids.uuid7_of in SQL. Left half: 48 bits of milliseconds, version 7, 12 bits of the number's
# SHA-256; right half: the variant and the next 62. Shifting numbers costs half of cutting hex text.
ID_SQL = (
    "encode(int8send((trunc(date_part('epoch', s.paid_at) * 1000)::bigint << 16) | 28672 "
    "| (get_byte(s.digest, 0) << 4) | (get_byte(s.digest, 1) >> 4)) "
    "|| int8send((('x' || encode(substring(s.digest FROM 2 FOR 8), 'hex'))::bit(64)::bigint << 2) "
    "& 4611686018427387903 | (get_byte(s.digest, 9) >> 6) | (-9223372036854775808)), 'hex')::uuid"
)


def _with_digest(lines: str) -> str:
    """Return ``lines``, a table and perhaps a condition, with the hash that ``ID_SQL`` cuts up.

    OFFSET 0 keeps the planner from computing it anew at each mention.
    """
    return f"(SELECT *, sha256(convert_to(order_no, 'UTF8')) AS digest FROM {lines} OFFSET 0) s"


PLAIN = (
    "product",
    "category",
    "quantity",
    "paid_amount",
    "freight",
    "region",
    "promised_ship_at",
    "shipped_at",
    "promised_deliver_at",
    "signed_at",
    "closed_at",
)
DEFAULTS = {
    "product": "''",
    "category": "''",
    "quantity": "1",
    "freight": "0",
    "region": "''",
    "status": "'paid'",
}
STEPS = ("closed_at", "signed_at", "shipped_at")


@dataclass(frozen=True)
class Look:
    """What one look over a chunk's lines tells."""

    first_month: date
    last_month: date
    lowest: str
    highest: str
    numbers: int
    """How many different numbers; ``lowest`` and ``highest`` are the ends of their code points."""

    def overlaps(self, low: str, high: str) -> bool:
        """Tell whether a number between ``low`` and ``high`` may be among the chunk's."""
        return low <= self.highest and self.lowest <= high


class OrderLoader(Loader):
    """Orders by order_no; the id follows from the number and the paying moment.

    Months that have no rows yet are built beside the table and attached when the file is in
    (``trade.loading.months``): rows, indexes and references cost half as much that way.
    """

    kind = "orders"
    key = "order_no"
    columns = (
        Key("order_no", 40, required=True),
        Key("member_no", 32, required=True),
        Key("shop_no", 32, required=True),
        Money("paid_amount", required=True),
        Moment("paid_at", required=True),
        Text("category", 60),
        Text("product", 200),
        Whole("quantity"),
        Moment("promised_ship_at"),
        Moment("shipped_at"),
        Moment("promised_deliver_at"),
        Moment("signed_at"),
        Moment("closed_at"),
        Choice("status", OrderStatus.values),
        Money("freight"),
        Text("region", 40),
        Text("payer", 64),
        Text("address", 200),
    )

    def __init__(self) -> None:
        self.ahead = months.Ahead()

    def begin(self, session: Session) -> None:
        self.beside = not session.alone and session.file_size >= months.WORTH_BYTES
        self.building = months.building()
        if self.building and session.alone and not session.dry_run:
            raise FileRefused(
                "import.interrupted",
                _("An import of orders was interrupted. Run it again with import_orders first."),
            )
        self.known_months: set[date] = set()
        # From which number to which chunks were stored beside the table. In a file in the order
        # of its numbers, as most are, no chunk reaches into another, and none need be compared.
        self.stretches = self._stretches_left()

    def store(self, chunk: Chunk) -> Fates:
        cursor, known = chunk.cursor, chunk.session.known
        look = self._look(chunk)
        # Before the lock: partitions are made on a connection of their own, which it would stop.
        touched = self._place_months(chunk, look)
        if not chunk.session.alone:
            self.ahead.bet_on(self.building, touched=touched)
        if not chunk.session.dry_run:
            # Readers go on; nobody else may add an order whose number this chunk also brings.
            cursor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
        given = [name for name in PLAIN if name in known]
        if "status" in known or any(name in known for name in STEPS):
            given.append("status")
        if self.building:
            # What is being built has no index to loop over.
            cursor.execute("SET LOCAL enable_nestloop = off")
        note_marks_of(chunk)
        fates = (self._add if self._all_new(chunk, look) else self._merge)(chunk, given)
        if self.building:
            self.stretches.append((look.lowest, look.highest))
        return fates

    def finish(self, session: Session) -> None:
        if self.building:
            self.ahead.wait()
            months.attach_all()

    def stop(self) -> None:
        self.ahead.stop()

    def _stretches_left(self) -> list[tuple[str, str]]:
        """Return the ends of what an interrupted run left beside the table."""
        if not self.building:
            return []
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_ends('order_no')} FROM {LOADING} HAVING count(*) > 0")
            return cursor.fetchall()

    def _look(self, chunk: Chunk) -> Look:
        chunk.cursor.execute(
            f"SELECT {_month('min(paid_at)')}, {_month('max(paid_at)')}, {_ends('order_no')}, "
            # Sorting what comes sorted costs a third of grouping it.
            f'count(DISTINCT order_no COLLATE "C") FROM {STAGE}'
        )
        return Look(*chunk.cursor.fetchone())

    def _place_months(self, chunk: Chunk, look: Look) -> set[date]:
        """Decide for each month of the chunk where its rows go, make what is missing, name all.

        There may be a few more, between them.
        """
        # Files are mostly sorted by time: the ends tell all, and cost a tenth of grouping.
        between = list(all_months(look.first_month, look.last_month))
        if len(between) > 6:
            between = sorted(self._months_of(chunk))
        fresh = [month for month in between if month not in self.known_months]
        counts: dict[date, int] | None = None
        for month in fresh:
            if month in self.building or (
                self.beside and months.begin_beside(month, room=len(self.building))
            ):
                self.building.add(month)
            elif not chunk.session.alone:
                counts = self._months_of(chunk) if counts is None else counts
                if counts.get(month, 0) >= months.WORTH_ROWS:
                    ensure_partitions(TABLE, month, month)
            self.known_months.add(month)
        return set(between)

    def _months_of(self, chunk: Chunk) -> dict[date, int]:
        chunk.cursor.execute(f"SELECT {_month('paid_at')}, count(*) FROM {STAGE} GROUP BY 1")
        return dict(chunk.cursor.fetchall())

    def _all_new(self, chunk: Chunk, look: Look) -> bool:
        """Tell whether no number of the chunk is known or mentioned twice: the usual first load."""
        if look.numbers < chunk.rows:
            return False
        cursor = chunk.cursor
        # A file that was loaded before shows it in its first lines.
        cursor.execute(
            f"SELECT count(*) FROM (SELECT order_no FROM {STAGE} LIMIT 100) s "
            f"JOIN {TABLE} e USING (order_no)"
        )
        if cursor.fetchone()[0]:
            return False
        places = [TABLE]
        if any(look.overlaps(*stretch) for stretch in self.stretches):
            places.append(LOADING)
        for place in places:
            # Counted, not LIMIT 1: that makes the planner hope for an early match and loop.
            cursor.execute(f"SELECT count(*) FROM {STAGE} s JOIN {place} e USING (order_no)")
            if cursor.fetchone()[0]:
                return False
        return True

    def _add(self, chunk: Chunk, given: list[str]) -> Fates:
        fates = Fates()
        for place, condition in self._places():
            names = ["id", "order_no", "member_id", "shop_id", "paid_at", *given]
            names += [name for name in DEFAULTS if name not in given]
            chunk.cursor.execute(
                f"INSERT INTO {place} ({', '.join(names)}) "
                f"SELECT {ID_SQL}, s.order_no, m.id, p.id, s.paid_at"
                + "".join(f", {self._value(name, chunk)}" for name in given)
                + "".join(f", {value}" for name, value in DEFAULTS.items() if name not in given)
                + f" FROM {_with_digest(f'{STAGE} WHERE {condition}')} "
                "JOIN accounts_member m USING (member_no) JOIN merchants_shop p USING (shop_no)"
            )
            fates.inserted += chunk.cursor.rowcount
        if fates.inserted < chunk.rows:
            fates.rejected = self._reject_strangers(chunk, STAGE)
        return fates

    def _merge(self, chunk: Chunk, given: list[str]) -> Fates:
        cursor = chunk.cursor
        cursor.execute("DROP TABLE IF EXISTS loading_resolved")
        cursor.execute(
            "CREATE TEMP TABLE loading_resolved ON COMMIT DROP AS "
            f"SELECT s.line, {ID_SQL} AS id, s.order_no, s.member_no, s.shop_no, m.id AS member_id, "
            "p.id AS shop_id, s.paid_at"
            + "".join(f", {self._value(name, chunk, bare=True)} AS {name}" for name in given)
            + f" FROM {_with_digest(STAGE)} "
            "LEFT JOIN accounts_member m USING (member_no) "
            "LEFT JOIN merchants_shop p USING (shop_no)"
        )
        cursor.execute("SET LOCAL default_statistics_target = 10")
        cursor.execute("ANALYZE loading_resolved")
        fates = Fates(rejected=self._reject_strangers(chunk, "loading_resolved"))
        corrected = ["member_id", "shop_id", *given]
        for rows in one_row_per_key(chunk, "order_no", fates, "loading_resolved"):
            fates.rejected += self._reject_moved(chunk, rows) + self._reject_repaid(chunk, rows)
            for place, condition in self._places():
                target = Target(
                    table=place,
                    key="id",
                    columns=["id", "order_no", "paid_at", *corrected],
                    corrected=corrected,
                    blank_keeps=chunk.session.blank_keeps,
                )
                fates += merge(
                    cursor, target, f"(SELECT * FROM {rows} q WHERE {condition})", DEFAULTS
                )
        return fates

    def _places(self) -> list[tuple[str, str]]:
        if not self.building:
            return [(TABLE, "true")]
        beside = (
            f"{_month('paid_at')} = ANY ('{{{','.join(map(str, sorted(self.building)))}}}'::date[])"
        )
        if self.known_months <= self.building:
            return [(LOADING, "true")]
        return [(LOADING, beside), (TABLE, f"NOT {beside}")]

    def _value(self, name: str, chunk: Chunk, *, bare: bool = False) -> str:
        """Return the SQL of one column; ``bare`` leaves empty what is empty."""
        value = f"s.{name}"
        if name == "status":
            known = chunk.session.known
            steps = [(step, word) for step, word in zip(STEPS, _words(), strict=True)]
            seen = "".join(f" WHEN s.{s} IS NOT NULL THEN '{w}'" for s, w in steps if s in known)
            derived = f"CASE{seen} END" if seen else "NULL::text"
            value = f"coalesce(s.status, {derived})" if "status" in known else derived
        if name in DEFAULTS and not bare:
            value = f"coalesce({value}, {DEFAULTS[name]})"
        return value

    def _reject_strangers(self, chunk: Chunk, table: str) -> int:
        """Reject lines whose member or shop does not exist; remove them from ``table``."""
        return chunk.reject(
            f"DELETE FROM {table} s WHERE NOT EXISTS "
            "(SELECT 1 FROM accounts_member m WHERE m.member_no = s.member_no) "
            "RETURNING line, order_no",
            _("There is no member with this member_no."),
        ) + chunk.reject(
            f"DELETE FROM {table} s WHERE NOT EXISTS "
            "(SELECT 1 FROM merchants_shop p WHERE p.shop_no = s.shop_no) "
            "RETURNING line, order_no",
            _("There is no shop with this shop_no."),
        )

    def _reject_moved(self, chunk: Chunk, rows: str) -> int:
        """Reject lines whose number exists with another paying moment; remove them."""
        places = " UNION ALL ".join(
            f"SELECT order_no, id FROM {place}"
            for place in ([TABLE, LOADING] if self.building else [TABLE])
        )
        return chunk.reject(
            f"DELETE FROM loading_resolved d USING {rows} r, ({places}) e "
            "WHERE d.line = r.line AND e.order_no = r.order_no AND e.id <> r.id "
            "RETURNING d.line, d.order_no",
            _("This order_no exists already, paid at another moment; paid_at cannot be changed."),
        )

    def _reject_repaid(self, chunk: Chunk, rows: str) -> int:
        """Reject lines that say less was paid than was paid back; remove them."""
        return chunk.reject(
            f"DELETE FROM loading_resolved d USING {rows} r, {TABLE} e WHERE d.line = r.line "
            "AND e.id = r.id AND e.refunded_amount > r.paid_amount RETURNING d.line, d.order_no",
            _("More has been paid back for this order than the line says was paid."),
        )


def _month(moment: str) -> str:
    return f"date_trunc('month', {moment} AT TIME ZONE 'UTC')::date"


def _ends(text: str) -> str:
    # In the order of code points, which is also Python's, whatever the database sorts by.
    return f'min({text} COLLATE "C"), max({text} COLLATE "C")'


def _words() -> tuple[str, str, str]:
    return OrderStatus.CLOSED, OrderStatus.SIGNED, OrderStatus.SHIPPED
