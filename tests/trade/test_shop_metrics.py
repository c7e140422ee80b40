"""What orders and refunds say of a shop: only what had happened by the end of the day."""

from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.db import connection

from common.rules import SHANGHAI
from merchants.experience.metrics import shop_metric
from tests.conftest import make_order
from tests.trade.test_refunds import make_refund

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)
HOUR = timedelta(hours=1)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


def read(code: str, day: date = DAY) -> dict[int, tuple[D, int]]:
    """Return value and sample of a metric by shop, as the count reads them."""
    metric = shop_metric(code)
    statement, given = metric.read(metric.span(day))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT shop_id, round(value::numeric, 4), sample FROM ({statement}) m", given
        )
        return {shop: (value, sample) for shop, value, sample in cursor.fetchall()}


def test_quality_refunds_are_those_whose_reason_says_so(mei, shop):
    orders = [make_order(mei, shop, f"Q{n}", at(10 + n)) for n in range(4)]
    make_refund(orders[0], "R1", reason="果子破损", applied_at=at(12), finished_at=at(13))
    make_refund(orders[1], "R2", reason="不想要了", applied_at=at(12), finished_at=at(13))
    make_refund(orders[2], "R3", reason="变质", applied_at=at(20), finished_at=at(21))  # too late
    make_refund(
        orders[3], "R4", reason="变质", applied_at=at(15), finished_at=at(16), outcome="closed"
    )
    make_order(mei, shop, "Q9", at(21))  # after the day
    make_order(mei, shop, "Q8", at(20) - timedelta(days=31))  # before the window
    assert read("quality_refund_rate") == {shop.pk: (D("0.2500"), 4)}


def test_shipped_within_48_hours_of_payment(mei, shop):
    paid = at(10)
    make_order(mei, shop, "S1", paid, shipped_at=paid + 48 * HOUR)
    make_order(mei, shop, "S2", paid, shipped_at=paid + 48 * HOUR + timedelta(seconds=1))
    make_order(mei, shop, "S3", paid, status="paid")
    make_order(mei, shop, "S4", paid, status="closed", closed_at=paid + HOUR)  # never to be shipped
    make_order(mei, shop, "S5", at(20), shipped_at=at(20))  # its 48 hours are not over
    assert read("pickup_48h") == {shop.pk: (D("0.3333"), 3)}


def test_hours_from_payment_to_receipt(mei, shop):
    make_order(mei, shop, "H1", at(1), signed_at=at(1) + 40 * HOUR)
    make_order(mei, shop, "H2", at(1), signed_at=at(1) + 60 * HOUR)
    make_order(mei, shop, "H3", at(19), signed_at=at(21))
    assert read("sign_hours") == {shop.pk: (D("50.0000"), 2)}


def test_the_mean_duration_of_finished_refunds(mei, shop):
    one, two, three = (make_order(mei, shop, f"D{n}", at(1)) for n in range(3))
    make_refund(one, "R1", applied_at=at(10), finished_at=at(10) + 2 * HOUR)
    make_refund(two, "R2", applied_at=at(10), finished_at=at(11), outcome="closed")
    make_refund(three, "R3", applied_at=at(10), finished_at=None, outcome=None)
    assert read("refund_hours") == {shop.pk: (D("13.0000"), 2)}


def test_nobody_tells_what_the_house_does_not_know():
    for code in (
        "dispute_refund_rate",
        "platform_help_rate",
        "refund_self_rate",
        "chat_satisfaction",
    ):
        assert shop_metric(code).read is None
