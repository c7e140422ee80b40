"""Charts of merchants on the back office's first page."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from merchants.actions.appeals import file_appeal
from merchants.admin.facts import cases, complaints, scores
from merchants.models import Appeal, ShopScore
from merchants.queries.first_page import dsr_spread
from tests.merchants.casts_bulletins import scored
from tests.merchants.casts_complaints import complained, employ, rate
from tests.merchants.casts_penalties import DAY, NOW, decided, detected, noticed
from tests.merchants.casts_ratings import another_shop

pytestmark = pytest.mark.django_db


def counts(chart) -> list[int]:
    return [part.count for part in chart.parts]


def test_open_cases_are_counted_by_state(shop, bo, ops, judge):
    detected(shop, bo)
    detected(shop, bo)
    noticed(shop, bo, ops)
    chart, _appeals = cases(NOW).charts
    assert counts(chart) == [2, 1, 0, 0]
    assert chart.parts[0].url.endswith("?state__exact=detected")


def test_an_empty_house_draws_nothing_and_says_so(db):
    charts = [*cases(NOW).charts, *complaints(NOW).charts, *scores(NOW).charts]
    assert [(chart.parts, bool(chart.note)) for chart in charts] == [([], True)] * 4


@pytest.mark.parametrize(
    ("left", "where"),
    [(-timedelta(seconds=1), 0), (timedelta(0), 0), (DAY, 1), (DAY + timedelta(seconds=1), 2)],
)
def test_appeals_wait_by_their_clock(shop, bo, ops, judge, staff, left, where):
    penalty = decided(shop, bo, judge)
    appeal = file_appeal(penalty, text="不是我们", by=staff, now=penalty.decided_at)
    _cases, chart = cases(appeal.due_at - left).charts
    assert counts(chart) == [int(place == where) for place in range(3)] + [0]
    assert chart.parts[0].tone == ("bad" if where == 0 else "")
    Appeal.objects.update(state="sent_back")
    _cases, chart = cases(appeal.due_at).charts
    assert counts(chart) == [0, 0, 0, 1]


def test_complaints_wait_by_their_clock(shop, mei, qiao):
    employ(qiao, shop, "answer")
    complaint = complained(rate(mei, shop, 1, 1, 1, grade=-1), qiao, NOW)
    (chart,) = complaints(complaint.due_at).charts
    assert counts(chart) == [1, 0, 0]
    (chart,) = complaints(complaint.due_at - 3 * DAY).charts
    assert counts(chart) == [0, 0, 1]


def test_scores_are_spread_over_their_steps_and_said_alone_while_few(shop):
    scored(shop, 40, 40, 40)  # exactly 4.0: of the bar that begins there
    scored(another_shop(), 39, 40, 40)
    assert dsr_spread() == [1, 1, 0, 0, 0]
    (chart,) = scores(NOW).charts
    assert chart.parts == []
    for place in range(28):
        scored(another_shop(f"S9{place}"), 48, 48, 48)
    (chart,) = scores(NOW).charts
    assert counts(chart) == [1, 1, 0, 0, 28]
    assert ShopScore.objects.count() == 30


def test_charts_are_for_who_may_see_the_rows_and_cost_four_questions(
    browser_of, wen, ops, shop, bo, qiao
):
    detected(shop, bo, now=timezone.now())
    front = reverse("admin:index")
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        charts = [cases(NOW), complaints(NOW), scores(NOW)]
    assert (len(charts), len(queries)) == (3, 4)
    for who in (ops, wen):
        page = browser_of(who).get(front)
        assert "店铺违规" in page.content.decode()
        assert len(page.context["charts"]) == 4
    (bar, *_others) = page.context["charts"][0]["bars"]
    assert (bar["figure"], bar["width"]) == ("1", "100.0")
    assert browser_of(qiao).get(front).status_code != 200
