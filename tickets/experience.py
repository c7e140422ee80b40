"""What conversations say of a shop, for its experience score: how soon a person answers.

A round begins with a requester's first word after ours and ends with the next word of a person. What a
bot or the house says by itself ends nothing. Whose shop it is, the conversation says, or its order.
"""

from datetime import time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.ids import uuid7_from
from common.parameters import declare, value
from merchants.experience.metrics import Span, tell_shop_metric
from tickets.models import AuthorKind, MessageKind

LONGEST_TALK = timedelta(days=90)
"""Older conversations are not looked into: one that goes on so long is another matter each time."""

declare(
    "experience.reply_seconds", 180, _("Seconds within which a person's answer is in time"),
    minimum=30, maximum=3600,
)  # fmt: skip
declare(
    "experience.reply_cap", 600,
    _("Seconds that a round counts for at most, and when nobody answers, in the average response"),
    minimum=60, maximum=86_400,
)  # fmt: skip
declare(
    "experience.asked_from", time(8), _("From when on questions count for the experience score")
)
declare(
    "experience.asked_until", time(23), _("Until when questions count for the experience score")
)

_ROUNDS = """
SELECT shop_id, {value} AS value, count(*) AS sample FROM (
    SELECT t.shop_id, m.sent_at, m.author_kind,
           lag(m.author_kind) OVER talk AS before,
           min(m.sent_at) FILTER (WHERE m.author_kind = %(agent)s) OVER (
               PARTITION BY m.conversation_id ORDER BY m.seq
               ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS answered_at
      FROM (
        SELECT c.id, coalesce(c.shop_id, o.shop_id) AS shop_id
          FROM tickets_conversation c LEFT JOIN trade_order o ON o.id = c.order_id
         WHERE c.id >= %(oldest)s AND c.id < %(newest)s AND c.last_message_at >= %(since)s
           AND coalesce(c.shop_id, o.shop_id) IS NOT NULL
      ) t
      JOIN tickets_message m ON m.conversation_id = t.id
     WHERE m.conversation_id >= %(oldest)s AND m.conversation_id < %(newest)s
       AND m.sent_at < %(until)s AND m.kind <> %(note)s
       AND (m.author_kind = %(member)s OR m.author_kind = %(agent)s AND m.recalled_at IS NULL)
    WINDOW talk AS (PARTITION BY m.conversation_id ORDER BY m.seq)
) said
 WHERE author_kind = %(member)s AND before IS DISTINCT FROM %(member)s AND sent_at >= %(since)s
   AND (sent_at AT TIME ZONE 'Asia/Shanghai')::time >= %(from)s
   AND (sent_at AT TIME ZONE 'Asia/Shanghai')::time < %(to)s
 GROUP BY shop_id
"""


def _rounds(value_sql: str, span: Span) -> tuple[str, dict[str, Any]]:
    at = span.since
    return _ROUNDS.format(value=value_sql), {
        "oldest": uuid7_from(span.since - LONGEST_TALK),
        "newest": uuid7_from(span.until),
        "since": span.since,
        "until": span.until,
        "member": AuthorKind.MEMBER.value,
        "agent": AuthorKind.AGENT.value,
        "note": MessageKind.SYSTEM.value,
        "from": value("experience.asked_from", at),
        "to": value("experience.asked_until", at),
        "seconds": value("experience.reply_seconds", at),
        "cap": value("experience.reply_cap", at),
    }


def answered_in_time(span: Span) -> tuple[str, dict[str, Any]]:
    """Read the share of rounds a person answered within three minutes."""
    return _rounds(
        "avg(coalesce(answered_at - sent_at <= make_interval(secs => %(seconds)s), false)::int)",
        span,
    )


def mean_response(span: Span) -> tuple[str, dict[str, Any]]:
    """Read the mean seconds to a person's answer, each round capped."""
    return _rounds(
        "avg(least(coalesce(extract(epoch FROM answered_at - sent_at), %(cap)s), %(cap)s))", span
    )


tell_shop_metric("three_minute_rate", answered_in_time)
tell_shop_metric("response_seconds", mean_response)
