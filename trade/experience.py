"""What orders and refunds say of a shop, for its experience score.

Each metric knows only what had happened by the end of the day that is counted. Carriers tell nobody
here when they pick up: the pick-up rate is what orders allow, shipped within 48 hours of payment.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.ids import uuid7_from
from common.parameters import declare, value
from merchants.experience.metrics import Span, tell_shop_metric
from trade.models import RefundOutcome

HANDED_OVER = timedelta(hours=48)
LONGEST_WAY = timedelta(days=60)
"""Longer than any order is under way from being paid to being received."""
LONGEST_REFUND = timedelta(days=180)
"""Longer ago than this nothing was paid that is refunded now."""

declare(
    "experience.quality_words", "质量,破损,变质,腐烂,坏,瑕疵,假货",
    _("Words in the reason of a refund that make it one about quality, separated by commas"),
)  # fmt: skip


def _paid(since: datetime, until: datetime) -> tuple[str, dict[str, Any]]:
    """Return SQL that keeps the orders ``o`` paid in a span; their ids begin with the paying moment."""
    return (
        "o.id >= %(paid_from)s AND o.id < %(paid_to)s AND o.paid_at >= %(since)s AND o.paid_at < %(until)s",
        {
            "paid_from": uuid7_from(since),
            "paid_to": uuid7_from(until + timedelta(milliseconds=1)),
            "since": since,
            "until": until,
        },
    )


def quality_refunds(span: Span) -> tuple[str, dict[str, Any]]:
    """Read the share of the orders paid in the days that were refunded for their quality by now."""
    paid, given = _paid(span.since, span.until)
    words = value("experience.quality_words", span.since).replace("，", ",").split(",")
    return (
        "SELECT o.shop_id, avg((r.order_id IS NOT NULL)::int) AS value, count(*) AS sample "
        "FROM trade_order o LEFT JOIN (SELECT DISTINCT order_id FROM trade_refund "
        "WHERE order_id >= %(paid_from)s AND order_id < %(paid_to)s AND outcome = %(success)s "
        "AND finished_at < %(until)s AND reason LIKE ANY(%(words)s)) r ON r.order_id = o.id "
        f"WHERE {paid} GROUP BY o.shop_id",
        given
        | {
            "success": RefundOutcome.SUCCESS.value,
            "words": [f"%{word.strip()}%" for word in words if word.strip()],
        },
    )


def shipped_in_time(span: Span) -> tuple[str, dict[str, Any]]:
    """Read the share shipped within 48 hours of payment, of the orders whose 48 hours are over.

    What was closed before that and never shipped is left out.
    """
    paid, given = _paid(span.since - HANDED_OVER, span.until - HANDED_OVER)
    return (
        "SELECT o.shop_id, avg(coalesce(o.shipped_at <= o.paid_at + %(time)s, false)::int) AS value, "
        f"count(*) AS sample FROM trade_order o WHERE {paid} AND NOT (o.closed_at IS NOT NULL "
        "AND o.closed_at <= o.paid_at + %(time)s AND (o.shipped_at IS NULL OR o.shipped_at > o.closed_at)) "
        "GROUP BY o.shop_id",
        given | {"time": HANDED_OVER},
    )


def hours_to_receipt(span: Span) -> tuple[str, dict[str, Any]]:
    """Read the mean hours from payment to receipt of what was received in the days."""
    return (
        "SELECT o.shop_id, avg(extract(epoch FROM o.signed_at - o.paid_at)) / 3600 AS value, "
        "count(*) AS sample FROM trade_order o WHERE o.id >= %(paid_from)s AND o.id < %(paid_to)s "
        "AND o.signed_at >= %(since)s AND o.signed_at < %(until)s AND o.signed_at >= o.paid_at "
        "GROUP BY o.shop_id",
        {
            "paid_from": uuid7_from(span.since - LONGEST_WAY),
            "paid_to": uuid7_from(span.until),
            "since": span.since,
            "until": span.until,
        },
    )


def refund_hours(span: Span) -> tuple[str, dict[str, Any]]:
    """Read Σ(end − application) ÷ finished refunds, of those that ended in the days."""
    return (
        "SELECT o.shop_id, avg(extract(epoch FROM r.finished_at - r.applied_at)) / 3600 AS value, "
        "count(*) AS sample FROM trade_refund r JOIN trade_order o ON o.id = r.order_id "
        "WHERE r.order_id >= %(paid_from)s AND r.order_id < %(paid_to)s "
        "AND o.id >= %(paid_from)s AND o.id < %(paid_to)s "
        "AND r.finished_at >= %(since)s AND r.finished_at < %(until)s GROUP BY o.shop_id",
        {
            "paid_from": uuid7_from(span.since - LONGEST_REFUND),
            "paid_to": uuid7_from(span.until),
            "since": span.since,
            "until": span.until,
        },
    )


tell_shop_metric("quality_refund_rate", quality_refunds)
tell_shop_metric("pickup_48h", shipped_in_time)
tell_shop_metric("sign_hours", hours_to_receipt)
tell_shop_metric("refund_hours", refund_hours)
