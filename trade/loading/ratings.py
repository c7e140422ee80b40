"""Ratings by order_no: whose, of which shop and from when is what their orders say."""

from django.utils import timezone
from django.utils.translation import gettext as _

from common.loading import Choice, Fates, Key, Loader, Moment, Refused, Text, Whole
from common.loading.runs import STAGE, Chunk
from common.models import Parameter
from common.parameters import declaration, value
from merchants.actions import hold_all_ratings, store_ratings
from merchants.models import Grade
from merchants.models.ratings import LONGEST_COMMENT, SCORES
from trade.loading.orders import ID_SQL

ROUND = "loading_ratings"
DAYS = "dsr.rate_window_days"
GRADES = {grade.name.lower(): grade.value for grade in Grade}
_SHANGHAI = "AT TIME ZONE 'Asia/Shanghai'"


class Score(Whole):
    """A score: 1 to 5."""

    sql_type = "smallint"
    pattern = "[1-5]"

    def parse(self, raw: str) -> str:
        number = super().parse(raw)
        if int(number) > 5:
            raise Refused(_("%(column)s is no score from 1 to 5.") % {"column": self.name})
        return number


class RatingLoader(Loader):
    """Ratings by order_no. What was given once is never changed: a line that says otherwise is refused.

    A file tells what was said elsewhere, so an order that is not known to have ended counts as
    succeeded when it was paid; a closed one was never received. Only where it is known when the thing
    was received is the time to rate it asked about.
    """

    kind = "ratings"
    key = "order_no"
    columns = (
        Key("order_no", 40, required=True),
        Moment("rated_at", required=True),
        *(Score(name) for name in SCORES),
        Choice("grade", list(GRADES)),
        Text("comment", LONGEST_COMMENT),
    )

    def store(self, chunk: Chunk) -> Fates:
        cursor = chunk.cursor
        # In the order of everybody who needs both: nobody else writes a rating until this chunk is in.
        cursor.execute("LOCK TABLE trade_order IN ROW SHARE MODE")
        hold_all_ratings(cursor)
        cursor.execute("SET LOCAL default_statistics_target = 10")
        cursor.execute(f"ANALYZE {STAGE} (order_no)")
        fates = Fates()
        self._resolve(chunk)
        fates.rejected = self._reject(chunk)
        # What is there already and says the same.
        cursor.execute(f"DELETE FROM {ROUND} WHERE is_known")
        fates.unchanged = cursor.rowcount
        fates.inserted = store_ratings(cursor, ROUND)
        return fates

    def _resolve(self, chunk: Chunk) -> None:
        """Make ``loading_ratings``: each line with its order and with the rating that is there already."""
        known = chunk.session.known
        given = {name: f"s.{name}" if name in known else "NULL::smallint" for name in SCORES}
        grade = "NULL::smallint"
        if "grade" in known:
            cases = " ".join(f"WHEN '{word}' THEN {number}" for word, number in GRADES.items())
            grade = f"(CASE s.grade {cases} END)::smallint"
        comment = "coalesce(s.comment, '')" if "comment" in known else "''"
        same = ", ".join(f"e.{name}" for name in (*SCORES, "grade", "rated_at"))
        says = ", ".join((*given.values(), grade, "s.rated_at"))
        chunk.cursor.execute(f"DROP TABLE IF EXISTS {ROUND}")
        chunk.cursor.execute(
            f"CREATE TEMP TABLE {ROUND} ON COMMIT DROP AS "
            f"SELECT s.line, {ID_SQL.replace('paid_at', 'succeeded_at')} AS id, s.order_no, "
            "s.member_id, s.shop_id, s.succeeded_at, s.rated_at, s.status, s.is_sure, "
            + "".join(f"{sql} AS {name}, " for name, sql in given.items())
            + f"{grade} AS grade, {comment} AS comment, false AS is_default, "
            # Changed by its author since, it is still the one that was given.
            f"e.id IS NOT NULL AND (e.edits > 0 OR ({same}) IS NOT DISTINCT FROM ({says})) AS is_known, "
            "e.id IS NOT NULL AS is_there, row_number() OVER (PARTITION BY s.order_no ORDER BY s.line) "
            "AS mention FROM ("
            "SELECT st.*, o.member_id, o.shop_id, o.status, o.signed_at IS NOT NULL AS is_sure, "
            "coalesce(o.signed_at, o.closed_at, o.paid_at) AS succeeded_at, "
            f"sha256(convert_to(st.order_no, 'UTF8')) AS digest FROM {STAGE} st "
            "LEFT JOIN trade_order o ON o.order_no = st.order_no OFFSET 0) s "
            "LEFT JOIN merchants_rating e ON e.order_no = s.order_no"
        )
        chunk.cursor.execute(f"ANALYZE {ROUND}")

    def _reject(self, chunk: Chunk) -> int:
        """Reject what cannot be, and remove it from the round."""
        late = (
            f"is_sure AND (rated_at {_SHANGHAI})::date - (succeeded_at {_SHANGHAI})::date > CASE "
            + " ".join(f"WHEN succeeded_at >= '{since}' THEN {days}" for since, days in _windows())
            + " END"
        )
        nothing = " AND ".join(f"{name} IS NULL" for name in (*SCORES, "grade"))
        reasons = {
            "member_id IS NULL": _("There is no order with this order_no."),
            "mention > 1": _(
                "This order_no stands further up in the file; an order is rated once."
            ),
            "is_there AND NOT is_known": _(
                "This order has been rated already; what was given is never changed."
            ),
            "status = 'closed' AND NOT is_sure": _("This order was closed without being received."),
            "rated_at < succeeded_at": _("rated_at lies before the trade succeeded."),
            f"rated_at > '{timezone.now().isoformat()}'": _("rated_at has not come yet."),
            nothing: _("The line has neither a score nor a grade."),
            f"NOT is_there AND {late}": _("The time to rate this order was over at rated_at."),
        }
        return sum(
            chunk.reject(f"DELETE FROM {ROUND} WHERE {sql} RETURNING line, order_no", reason)
            for sql, reason in reasons.items()
        )


def _windows() -> list[tuple[str, int]]:
    """Return from when on which number of days to rate held, the newest first."""
    changes = Parameter.objects.filter(key=DAYS).order_by("-effective_from")
    found = [
        (at.isoformat(), value(DAYS, at)) for at in changes.values_list("effective_from", flat=True)
    ]
    return [*found, ("-infinity", int(str(declaration(DAYS).default)))]
