"""Early warnings: their lines and colours, once a week whoever comes, and whom they reach."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Notification
from merchants.actions.experience import tell_warnings, warn_shops
from merchants.models import DSRSnapshot, ExperienceWarning, PointsBalance
from merchants.queries.experience import warnings_of
from tests.merchants.casts_experience import D20, D21, DAY, MORNING, count, metric, shops
from tests.merchants.casts_ratings import employ
from tests.waiting import Beside

pytestmark = pytest.mark.django_db


def scores(shop, day=D20, desc="4.80", service="4.80", logistics="4.80", ratings=20) -> None:
    """Write down what a shop's scores were on a day."""
    given = {"desc": desc, "service": service, "logistics": logistics}
    figures = {f"{name}_e5": int(D(score) * 100_000) for name, score in given.items()}
    figures |= {f"{name}_sum": int(D(score) * ratings) for name, score in given.items()}
    figures |= {f"{name}_count": ratings for name in given}
    DSRSnapshot.objects.create(
        id=DSRSnapshot.key(day, shop.pk), day=day, shop=shop, positive=0, neutral=0, negative=0,
        credit=0, **figures,
    )  # fmt: skip


def colours(shop) -> dict[str, str]:
    rows = ExperienceWarning.objects.filter(shop=shop).order_by("pk")
    return dict(rows.values_list("metric", "colour"))


def test_scores_below_their_lines_warn(shop):
    scores(shop, desc="4.70", service="4.69", logistics="4.59")
    assert warn_shops(D20, now=MORNING) == 2
    assert colours(shop) == {"service_attitude": "amber", "logistics_service": "red"}
    attitude, card = sorted(
        warnings_of(shop, MORNING)[0], key=lambda one: one["line"], reverse=True
    )
    assert (card["value"], card["line"], card["gap"]) == ("4.590000", "4.600000", "-0.010000")
    # Whoever works for several shops is led to the one that is warned.
    page = f"/shop/score/?shop={shop.shop_no}"
    assert card["how_url"] == f"{page}#metric-logistics_service"
    assert attitude["how_url"] == f"{page}#ratings"


def test_too_few_ratings_warn_of_nothing(shop):
    scores(shop, desc="1.00", ratings=9)
    assert warn_shops(D20, now=MORNING) == 0


def test_the_three_minute_rate_and_disputes_warn():
    a, b, c, d = shops(4)
    count(
        metric(
            "three_minute_rate", "consult", [(a, "0.39", 100), (b, "0.89", 100), (c, "0.9", 100), (d, "0.1", 99)],
            least=100,
        ),
        # The mean is 0.03: a is above 2 × it, and none above 5 ×.
        metric("dispute_refund_rate", "dispute", [(a, "0.07", 30), (b, "0.01", 30), (c, "0.01", 30)],
               is_lower_better=True),
    )  # fmt: skip
    warn_shops(D20, now=MORNING)
    assert colours(a) == {"three_minute_rate": "red", "dispute_refund_rate": "amber"}
    assert [colours(it) for it in (b, c, d)] == [{"three_minute_rate": "amber"}, {}, {}]


@pytest.mark.parametrize(
    ("points", "colour"),
    [("7.9", None), ("8", "amber"), ("11", "red"), ("12", None), ("20", "amber"), ("23.5", "red")],
)
def test_points_of_a_node_of_twelve_warn(shop, points, colour):
    PointsBalance.objects.create(
        shop=shop, violation_class="B", points=D(points), cleared_through=2025
    )
    warn_shops(D20, now=MORNING)
    assert colours(shop).get("points_b") == colour


def test_once_per_metric_and_colour_within_seven_days(shop):
    for n in range(8):
        scores(shop, D20 + n * DAY, desc="4.65" if n != 3 else "4.50")
    found = [warn_shops(D20 + n * DAY, now=MORNING + n * DAY) for n in range(8)]
    # Amber on the first day, red on the fourth, amber again after seven days.
    assert found == [1, 0, 0, 1, 0, 0, 0, 1]
    assert list(ExperienceWarning.objects.order_by("pk").values_list("colour", flat=True)) == [
        "amber", "red", "amber",
    ]  # fmt: skip


def test_the_database_lets_no_second_one_in(shop):
    def one(day, colour="amber"):
        return ExperienceWarning.objects.create(
            shop=shop, metric="desc_match", colour=colour, day=day, until=day + 7 * DAY,
            value=D("4.6"), line=D("4.7"), at=MORNING,
        )  # fmt: skip

    one(D20)
    one(D20, "red")
    with pytest.raises(IntegrityError), transaction.atomic():
        one(D20 + 6 * DAY)
    one(D20 + 7 * DAY)


@pytest.mark.django_db(transaction=True)
def test_two_clocks_warn_once(shop):
    scores(shop, desc="4.5", service="4.5", logistics="4.5")
    both = [Beside(lambda: warn_shops(D20, now=MORNING)) for _ in range(2)]
    assert sum(one.done() for one in both) == 3
    assert ExperienceWarning.objects.count() == 3


def test_the_shops_people_are_told_once(shop, qiao, mei):
    employ(qiao, shop)
    scores(shop, desc="4.65")
    warn_shops(D20, now=MORNING)
    assert (tell_warnings(MORNING), tell_warnings(MORNING)) == (1, 0)
    (told,) = Notification.objects.filter(kind="shop.warning")
    assert told.person == qiao
    assert told.url == f"/shop/score/?shop={shop.shop_no}"
    assert "4.65" in told.body
    assert "4.70" in told.body


def test_a_shop_without_people_is_warned_and_nobody_told(shop):
    scores(shop, desc="4.65")
    warn_shops(D20, now=MORNING)
    assert tell_warnings(MORNING) == 1
    assert not Notification.objects.filter(kind="shop.warning").exists()


def test_warnings_are_read_newest_first_in_one_query(shop, django_assert_num_queries):
    scores(shop, desc="4.65")
    scores(shop, D21, service="4.4")
    warn_shops(D20, now=MORNING)
    warn_shops(D21, now=MORNING)
    later = MORNING + timedelta(days=8)
    warnings_of(shop, later)
    with django_assert_num_queries(1):
        found, more = warnings_of(shop, later, limit=1)
    assert [one["metric"] for one in found] == ["service_attitude"]
    (older,), end = warnings_of(shop, later, cursor=more, limit=1)
    assert (older["metric"], older["is_running"], end) == ("desc_match", False, "")
