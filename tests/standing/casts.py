"""Orders and runs for the tests of standing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest import mock

from trade.models import Order, OrderStatus
from trade.standing import runs

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


def buy(member, shop, number: str, paid_at: datetime, amount: str = "100.00", **fields) -> Order:
    """Make a finished order of ``member``, received a day after it was paid."""
    given = {
        "status": OrderStatus.FINISHED,
        "paid_amount": Decimal(amount),
        "signed_at": paid_at + timedelta(days=1),
    } | fields
    return Order.objects.create(
        id=Order.id_for(number, paid_at),
        order_no=number,
        member=member,
        shop=shop,
        paid_at=paid_at,
        **given,
    )


def run(now: datetime = NOW, *, upto: datetime | None = None):
    """Bring the standing up to date; changes count as taken up to ``upto`` (before everything, if not said)."""
    with mock.patch.object(runs, "horizon", return_value=upto or NOW - timedelta(days=365)):
        return runs.bring_up_to_date(now)


def differing(now: datetime = NOW) -> list:
    """Return what differs from a recomputation from zero."""
    return [one for one in runs.differences(now) if one.rows]
