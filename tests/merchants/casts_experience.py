"""A category of shops with metrics of their own making, and what a clock counts of them."""

from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from common.rules import SHANGHAI
from merchants.actions.experience import count_experience
from merchants.experience import metrics as registry
from merchants.experience.metrics import SHARE, ShopMetric, declare_shop_metric
from merchants.experience.recomputing import check
from merchants.models import ExperienceCount, ExperienceDay, PeerMetric, Shop, ShopMetricDay
from tests.merchants.casts_ratings import another_shop

D20, D21 = date(2026, 11, 20), date(2026, 11, 21)
MORNING = datetime(2026, 11, 21, 1, 30, tzinfo=SHANGHAI)
DAY = timedelta(days=1)
Rows = list[tuple[Shop, str, int]]


def told(rows: Rows):
    """Return a reading of rows that are given: shop, value, sample."""

    def read(span):
        if not rows:
            return "SELECT 0 AS shop_id, NULL::numeric AS value, 0 AS sample", {}
        line = ", ".join(f"({shop.pk}, {value}, {sample})" for shop, value, sample in rows)
        return f"SELECT * FROM (VALUES {line}) AS t (shop_id, value, sample)", {}

    return read


def metric(code: str, dimension: str, rows: Rows | None, **more) -> ShopMetric:
    read = None if rows is None else told(rows)
    return ShopMetric(code, dimension, code, SHARE, "做好", read, **more)


@contextmanager
def only(*metrics: ShopMetric):
    """Let the house know of these metrics alone."""
    kept = dict(registry._metrics)
    registry._metrics.clear()
    try:
        for one in metrics:
            declare_shop_metric(one)
        yield
    finally:
        registry._metrics.clear()
        registry._metrics.update(kept)


def count(*metrics: ShopMetric, day: date = D20) -> ExperienceCount:
    """Count a day of these metrics, and hold it against the rules."""
    with only(*metrics):
        found = count_experience(day, now=MORNING)
    assert found is not None
    assert not any(one.rows for one in check(MORNING)), list(check(MORNING))
    return found


def score(shop: Shop, day: date = D20) -> Decimal | None:
    return ExperienceDay.objects.filter(shop=shop, day=day).values_list("score", flat=True).first()


def place(shop: Shop, code: str, day: date = D20) -> tuple[int | None, int | None, int | None]:
    row = ShopMetricDay.objects.get(shop=shop, peers__day=day, peers__metric=code)
    return row.worse, row.level, row.score_e5


def peers(code: str, day: date = D20) -> PeerMetric:
    return PeerMetric.objects.get(day=day, metric=code)


def shops(number: int, category: str = "生鲜") -> list[Shop]:
    return [another_shop(f"店{n}", category) for n in range(number)]
