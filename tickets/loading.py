"""Loading conversations that were held elsewhere: they come in closed and read to the end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import DomainError
from common.ids import uuid7_of
from common.loading import (
    Choice,
    Column,
    Fates,
    FileRefused,
    Key,
    Loader,
    Moment,
    Refused,
    RowReader,
    Session,
    Text,
)
from common.loading.columns import moment_of_text
from common.loading.rounds import one_row_per_key
from common.loading.rows import json_text
from common.loading.runs import STAGE, Chunk
from common.partitions import ensure_partitions
from common.text import TextRefused, clean
from tickets.models import AuthorKind, Medium
from workforce.models import Team

MOST_MESSAGES = 5_000
MOST_CHARACTERS = 16_000
WORTH_MESSAGES = 1_000
READING = timedelta(seconds=4)
TYPING = timedelta(seconds=0.25)
LONGEST_PAUSE = timedelta(seconds=90)

COLUMNS = ("id", "conversation_no", "opened_at", "medium", "subject", "member_no", "shop_no")


class _Id(Column):
    sql_type = "uuid"


class _Messages(Column):
    sql_type = "jsonb"


class ConversationReader(RowReader):
    """Reads JSON objects with ``messages[]``; a row holds the conversation with all of them."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        if not self.is_json:
            raise FileRefused(
                "import.not_jsonl",
                gettext_lazy("Conversations come as JSONL: one JSON object per line."),
            )
        self.staged = [("id", _Id("id")), *self.staged, ("messages", _Messages("messages"))]

    def record_text(self, number: int, record: dict[str, Any]) -> str:
        key = json_text(record.get(self.key))
        try:
            values = {
                column.name: column.take(_scalar(record.get(column.name), column.name))
                for column in self.columns
            }
            messages, opened_at = _messages(record.get("messages"), values["opened_at"])
        except Refused as refusal:
            self.reject(number, key, str(refusal))
            return ""
        conversation_no = values["conversation_no"] or ""
        values["opened_at"] = opened_at.isoformat()
        conversation_id = str(uuid7_of(opened_at, conversation_no))
        return self.line(
            number, [conversation_id, *values.values(), orjson.dumps(messages).decode()]
        )


def _scalar(value: Any, name: str) -> str:
    if isinstance(value, dict | list):
        raise Refused(_("%(column)s holds a list or an object.") % {"column": name})
    return json_text(value)


def _messages(given: Any, opened_at: str | None) -> tuple[list[dict[str, Any]], datetime]:
    """Return the messages with number, author, text and time, and when the first word fell.

    A message without a time follows the one before it after as long as reading and typing take
    (4 s and a quarter of a second per character, at most 90 s). Raises :class:`Refused`.
    """
    if not isinstance(given, list) or not given:
        raise Refused(_("The conversation has no messages."))
    if len(given) > MOST_MESSAGES:
        raise Refused(
            _("The conversation has more than %(limit)s messages.") % {"limit": MOST_MESSAGES}
        )
    clock = datetime.fromisoformat(opened_at) if opened_at else None
    begun, messages = clock, []
    for seq, raw in enumerate(given, 1):
        author, name, body, said_at = _message(seq, raw)
        if said_at is None:
            if clock is None:
                raise Refused(_("Neither the conversation nor its first message has a time."))
            pause = min(READING + TYPING * len(body), LONGEST_PAUSE)
            said_at = clock if seq == 1 else clock + pause
        begun, clock = begun or said_at, said_at
        messages.append(
            {"seq": seq, "kind": author, "name": name, "body": body, "at": said_at.isoformat()}
        )
    assert begun is not None
    return messages, begun


def _message(seq: int, raw: Any) -> tuple[str, str, str, datetime | None]:
    if not isinstance(raw, dict):
        raise Refused(_("Message %(seq)s is not a JSON object.") % {"seq": seq})
    author = json_text(raw.get("author")).strip().lower()
    if author not in AuthorKind.values:
        raise Refused(
            _("The author of message %(seq)s is none of %(words)s.")
            % {"seq": seq, "words": ", ".join(AuthorKind.values)}
        )
    try:
        body = clean(raw.get("body"), max_chars=MOST_CHARACTERS)
        name = clean(raw.get("author_name") or "", max_chars=64, single_line=True, required=False)
    except TextRefused as refusal:
        raise Refused(
            _("Message %(seq)s: %(why)s") % {"seq": seq, "why": refusal.message}
        ) from refusal
    said_at = json_text(raw.get("sent_at"))
    moment = moment_of_text(said_at, f"messages[{seq}].sent_at") if said_at else None
    return author, name, body, moment.astimezone(UTC) if moment else None


class ConversationLoader(Loader):
    """Conversations by conversation_no; what was loaded before is replaced when it differs.

    They come in closed: nobody owns them, everything counts as read, the last message resolves
    them. A conversation that was held here is never overwritten.
    """

    kind = "conversations"
    key = "conversation_no"
    reader = ConversationReader
    columns = (
        Key("conversation_no", 40, required=True),
        Key("member_no", 32),
        Key("shop_no", 32),
        Choice("medium", Medium.values),
        Moment("opened_at"),
        Text("subject", 120),
    )

    def __init__(self, team_code: str = "") -> None:
        self.team_code = team_code

    def begin(self, session: Session) -> None:
        teams = (
            Team.objects.filter(code=self.team_code)
            if self.team_code
            else (Team.objects.filter(is_default=True))
        )
        team = teams.first()
        if team is None:
            raise DomainError("import.no_team", gettext_lazy("There is no such team."))
        self.team = team
        self.names = {
            AuthorKind.MEMBER: _("guest"),
            AuthorKind.AGENT: _("agent"),
            AuthorKind.BOT: _("bot"),
            AuthorKind.SYSTEM: "",
        }

    def store(self, chunk: Chunk) -> Fates:
        fates = Fates(rejected=self._reject_strangers(chunk) + self._reject_ours(chunk))
        for rows in one_row_per_key(chunk, self.key, fates):
            fates += self._store_rows(chunk, rows)
        return fates

    def _reject_strangers(self, chunk: Chunk) -> int:
        return chunk.reject(
            f"DELETE FROM {STAGE} s WHERE member_no IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM accounts_member m WHERE m.member_no = s.member_no) "
            "RETURNING line, conversation_no",
            gettext_lazy("There is no member with this member_no."),
        ) + chunk.reject(
            f"DELETE FROM {STAGE} s WHERE shop_no IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM merchants_shop p WHERE p.shop_no = s.shop_no) "
            "RETURNING line, conversation_no",
            gettext_lazy("There is no shop with this shop_no."),
        )

    def _reject_ours(self, chunk: Chunk) -> int:
        return chunk.reject(
            f"DELETE FROM {STAGE} s USING tickets_conversation c "
            "WHERE c.conversation_no = s.conversation_no AND c.id <> s.id "
            "RETURNING s.line, s.conversation_no",
            gettext_lazy("This conversation_no exists already, opened at another moment."),
        ) + chunk.reject(
            f"DELETE FROM {STAGE} s USING tickets_conversation c WHERE c.id = s.id AND "
            "(c.state <> 'closed' OR c.owner_id IS NOT NULL OR c.first_owner_id IS NOT NULL) "
            "RETURNING s.line, s.conversation_no",
            gettext_lazy("This conversation was held here; it is not overwritten."),
        )

    def _store_rows(self, chunk: Chunk, rows: str) -> Fates:
        cursor = chunk.cursor
        cursor.execute("DROP TABLE IF EXISTS loading_message")
        cursor.execute(
            "CREATE TEMP TABLE loading_message ON COMMIT DROP AS "
            "SELECT r.id AS conversation_id, m.seq, m.kind AS author_kind, m.body, m.at AS sent_at, "
            "coalesce(nullif(m.name, ''), CASE WHEN m.kind = 'member' THEN nullif(b.display_name, '')"
            " END, CASE m.kind WHEN 'member' THEN %s WHEN 'agent' THEN %s WHEN 'bot' THEN %s "
            "ELSE '' END) AS author_name, "
            "md5(r.conversation_no || ' ' || m.seq)::uuid AS client_id "
            f"FROM {rows} r LEFT JOIN accounts_member b ON b.member_no = r.member_no, "
            "jsonb_to_recordset(r.messages) AS m "
            "(seq integer, kind text, name text, body text, at timestamptz)",
            [self.names[kind] for kind in (AuthorKind.MEMBER, AuthorKind.AGENT, AuthorKind.BOT)],
        )
        self._make_partitions(chunk)
        cursor.execute("DROP TABLE IF EXISTS loading_conversation")
        cursor.execute(
            "CREATE TEMP TABLE loading_conversation ON COMMIT DROP AS "
            f"SELECT r.id, r.conversation_no, coalesce(r.medium, 'app') AS medium, "
            "coalesce(r.subject, '') AS subject, r.opened_at, b.id AS member_id, p.id AS shop_id, f.* "
            f"FROM {rows} r LEFT JOIN accounts_member b ON b.member_no = r.member_no "
            "LEFT JOIN merchants_shop p ON p.shop_no = r.shop_no "
            f"CROSS JOIN LATERAL ({FACTS_SQL}) f"
        )
        known, changed = self._compare(cursor)
        cursor.execute(
            "DELETE FROM tickets_message WHERE conversation_id = ANY (%s::uuid[])", [changed]
        )
        cursor.execute(
            "INSERT INTO tickets_message (conversation_id, seq, client_id, author_kind, author_name, "
            "kind, body, sent_at) SELECT m.conversation_id, m.seq, m.client_id, m.author_kind, "
            "m.author_name, 'text', m.body, m.sent_at FROM loading_message m WHERE NOT EXISTS "
            "(SELECT 1 FROM tickets_conversation c WHERE c.id = m.conversation_id) "
            "OR m.conversation_id = ANY (%s::uuid[])",
            [changed],
        )
        cursor.execute(
            "UPDATE tickets_conversation c SET "
            + ", ".join(f"{name} = l.{name}" for name in WRITTEN)
            + " FROM loading_conversation l WHERE c.id = l.id AND c.id = ANY (%s::uuid[])",
            [changed],
        )
        cursor.execute(
            f"INSERT INTO tickets_conversation (id, conversation_no, {', '.join(WRITTEN)}, "
            "team_id, state, priority, reopened_count, staff_unread, member_unread) "
            f"SELECT l.id, l.conversation_no, {', '.join(f'l.{name}' for name in WRITTEN)}, "
            "%s, 'closed', 4, 0, 0, 0 FROM loading_conversation l "
            "WHERE NOT EXISTS (SELECT 1 FROM tickets_conversation c WHERE c.id = l.id)",
            [self.team.pk],
        )
        return Fates(inserted=cursor.rowcount, updated=len(changed), unchanged=known - len(changed))

    def _make_partitions(self, chunk: Chunk) -> None:
        if chunk.session.alone:
            return
        chunk.cursor.execute(
            "SELECT date_trunc('month', c.opened_at AT TIME ZONE 'UTC')::date, count(*) "
            f"FROM loading_message m JOIN {STAGE} c ON c.id = m.conversation_id GROUP BY 1 ORDER BY 1"
        )
        for month, count in chunk.cursor.fetchall():
            if count >= WORTH_MESSAGES:
                ensure_partitions("tickets_message", month, month)
                ensure_partitions("tickets_messageline", month, month)

    def _compare(self, cursor: Any) -> tuple[int, list[str]]:
        """Return how many conversations are known, and the ids of those that differ."""
        cursor.execute(
            "SELECT count(*) FROM loading_conversation l JOIN tickets_conversation c USING (id)"
        )
        known = cursor.fetchone()[0]
        if not known:
            return 0, []
        said = "conversation_id, seq, author_kind, author_name, body, sent_at"
        cursor.execute(
            f"SELECT DISTINCT conversation_id FROM ("
            f"  (SELECT {said} FROM tickets_message WHERE conversation_id IN "
            f"    (SELECT id FROM loading_conversation) "
            f"   EXCEPT SELECT {said} FROM loading_message)"
            f"  UNION ALL "
            f"  (SELECT {said} FROM loading_message WHERE conversation_id IN "
            f"    (SELECT id FROM tickets_conversation) "
            f"   EXCEPT SELECT {said} FROM tickets_message WHERE conversation_id IN "
            f"    (SELECT id FROM loading_conversation))"
            ") AS different "
            "UNION SELECT l.id FROM loading_conversation l JOIN tickets_conversation c USING (id) "
            f"WHERE ({', '.join(f'c.{name}' for name in WRITTEN)}) IS DISTINCT FROM "
            f"({', '.join(f'l.{name}' for name in WRITTEN)})"
        )
        return known, [str(row[0]) for row in cursor.fetchall()]


# What the messages of one staged conversation ``r`` say about it; everything counts as read.
FACTS_SQL = """
    SELECT max(m.seq) AS last_seq,
           coalesce(max(m.seq) FILTER (WHERE m.author_kind = 'member'), 0) AS last_member_seq,
           max(m.seq) AS staff_read_seq, max(m.seq) AS member_read_seq,
           max(m.seq) AS staff_delivered_seq, max(m.seq) AS member_delivered_seq,
           max(m.sent_at) AS last_message_at, max(m.sent_at) AS resolved_at,
           max(m.sent_at) AS closed_at,
           min(m.sent_at) FILTER (WHERE m.author_kind = 'agent') AS accepted_at,
           min(m.sent_at) FILTER (WHERE m.author_kind = 'agent') AS first_responded_at,
           (array_agg(m.author_kind ORDER BY m.seq DESC))[1] AS last_author_kind,
           'text' AS last_message_kind,
           left((array_agg(m.body ORDER BY m.seq DESC))[1], 80) AS last_preview
      FROM loading_message m WHERE m.conversation_id = r.id
"""
WRITTEN = (
    "medium",
    "subject",
    "opened_at",
    "member_id",
    "shop_id",
    "last_seq",
    "last_member_seq",
    "staff_read_seq",
    "member_read_seq",
    "staff_delivered_seq",
    "member_delivered_seq",
    "last_message_at",
    "resolved_at",
    "closed_at",
    "accepted_at",
    "first_responded_at",
    "last_author_kind",
    "last_message_kind",
    "last_preview",
)
