"""Figures beside the choices of a filter: true, capped, timed, and asked for apart."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common import parameters
from common.admin import counts
from common.admin.asking import changes_of, page_of, request_of
from common.admin.counts import Count, choice_counts
from common.parameters import set_value
from tests.admin.test_lists import many_orders  # noqa: F401
from tests.conftest import make_order
from trade.models import Order, OrderStatus

URL = reverse("admin:trade_order_counts")
STATES = "status__exact,status__isnull"


@pytest.fixture
def some_orders(mei, shop):
    for number in range(6):
        make_order(mei, shop, f"N{number}", timezone.now())
    Order.objects.filter(order_no__in=["N0", "N1"]).update(status=OrderStatus.CLOSED)
    Order.objects.filter(order_no="N2").update(status=OrderStatus.PAID)


def figures(browser, params=None):
    answer = browser.get(URL, params or {})
    assert answer.status_code == 200
    return answer.json()


def by_choice(browser, params=None):
    """Return the figures of the states by their word."""
    spec = next(
        it
        for it in browser.get(reverse("admin:trade_order_changelist"), params)
        .context["cl"]
        .filter_specs
        if it.expected_parameters()[0] == "status__exact"
    )
    changes = browser.get(reverse("admin:trade_order_changelist"), params).context["cl"]
    words = [str(choice["display"]) for choice in spec.choices(changes)]
    return dict(zip(words, figures(browser, params)["filters"][STATES], strict=True))


def test_each_choice_says_how_many_a_click_would_show(some_orders, browser_of, ops):
    found = by_choice(browser_of(ops))
    closed, paid = OrderStatus.CLOSED.label, OrderStatus.PAID.label
    assert (found[str(closed)], found[str(paid)]) == ("2", "1")
    assert next(iter(found.values())) == "6"


def test_the_other_filters_and_the_words_count_in(some_orders, browser_of, ops):
    Order.objects.filter(order_no="N0").update(product="白桃")
    assert by_choice(browser_of(ops), {"q": "白桃"})[str(OrderStatus.CLOSED.label)] == "1"
    # A filter's own choice does not narrow its own figures.
    assert (
        by_choice(browser_of(ops), {"status__exact": "paid"})[str(OrderStatus.CLOSED.label)] == "2"
    )


def test_beyond_the_cap_the_figure_says_so(some_orders, browser_of, ops, monkeypatch):
    monkeypatch.setattr(
        counts, "value", lambda key: 3 if key == "backoffice.counted_rows" else timedelta(seconds=1)
    )
    assert next(iter(by_choice(browser_of(ops)).values())) == "3+"


def test_the_total_is_named(some_orders, browser_of, ops):
    assert figures(browser_of(ops), {"status__exact": "closed"})["total"] == "2"


def test_the_list_itself_asks_for_no_figures(many_orders, browser_of, ops):  # noqa: F811
    browser = browser_of(ops)
    browser.get(reverse("admin:trade_order_changelist"))
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("admin:trade_order_changelist"))
    assert not any(
        "counted" in it["sql"] or "COUNT(" in it["sql"]
        for it in queries
        if "trade_order" in it["sql"]
    )


def test_one_query_a_filter_and_none_without_an_end(many_orders, browser_of, ops):  # noqa: F811
    with CaptureQueriesContext(connection) as queries:
        answer = figures(browser_of(ops))
    asked = [it["sql"] for it in queries if "counted" in it["sql"]]
    # Two filters of orders, and the total.
    assert len(asked) == 3
    assert all(sql.count("LIMIT") == sql.count("(SELECT count(*)") for sql in asked)
    assert answer["filters"][STATES][0] == "1,000+"
    assert answer["total"] == "10,000+"


def test_what_takes_too_long_says_nothing_and_is_no_error(some_orders, ops, monkeypatch):
    page, request = page_of("trade.order"), request_of(ops, "trade.order")
    monkeypatch.setattr(counts, "_ask", lambda *_given: None)
    found = choice_counts(changes_of(page, request), request)
    assert {it.words for row in found.values() for it in row} == {"…"}
    assert counts.note(found.values())


def test_a_slow_count_is_cut_off_and_the_session_goes_on(db, ops):
    with counts.in_time(timedelta(milliseconds=20)) as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone()[0] != "20ms"


def test_a_slow_filter_is_counted_among_the_newest(some_orders, ops, monkeypatch):
    page, request = page_of("trade.order"), request_of(ops, "trade.order")
    monkeypatch.setattr(counts, "NEWEST", 3)
    asked = []

    def slow_at_first(rows, most, limit):
        asked.append(rows)
        return None if len(asked) == 1 else real(rows, most, limit)

    real = counts._ask
    monkeypatch.setattr(counts, "_ask", slow_at_first)
    rows = changes_of(page, request).get_queryset(request)
    (found,) = counts.counted([rows], 1_000, newest_of=rows)
    assert found == Count(4, more=True)
    assert found.words == "4+"


def test_figures_are_for_those_who_see_the_list(browser_of, wen, mei):
    assert browser_of(wen).get(reverse("admin:tickets_conversation_counts")).status_code == 404
    assert browser_of(mei).get(URL).status_code == 404


def test_the_cap_is_a_number_of_the_house(mei, shop, browser_of, ops):
    for number in range(110):
        make_order(mei, shop, f"M{number}", timezone.now())
    set_value("backoffice.counted_rows", 100, by=ops, reason="试试")
    parameters.forget()
    assert next(iter(by_choice(browser_of(ops)).values())) == "100+"


@pytest.mark.parametrize(
    "params",
    [
        {"user__password__startswith": "p"},
        {"member__user__password__startswith": "pbkdf2"},
        {"_connector": "OR 1=1"},
        {"order_no__regex": "(a+)+$"},
        {"product__iregex": "(a+)+$"},
        {"paid_amount__gt": "1"},
        {"status__exact": "x" * 5_000},
        {"status__exact__isnull__exact": "1"},
        {"__".join(["member"] + ["user__member"] * 2_000): "1"},
        {f"Q{number}__x": "1" for number in range(900)},
        {"status": "paid"},
        {"pk__in": "1,2"},
    ],
    ids=range(12),
)
@pytest.mark.parametrize("name", ["changelist", "counts", "export"])
def test_no_parameter_reaches_the_database_that_no_filter_asks_for(
    name, params, some_orders, browser_of, ops
):
    browser, url = browser_of(ops), reverse(f"admin:trade_order_{name}")
    browser.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(url, params)
    assert answer.status_code == 400
    assert not any('FROM "trade_order"' in it["sql"] for it in queries)


@pytest.mark.parametrize(
    "params", [{"member__phone__startswith": "138"}, {"phone__startswith": "1"}]
)
def test_a_masked_number_is_no_oracle(params, mei, browser_of, ops):
    assert (
        browser_of(ops).get(reverse("admin:accounts_member_changelist"), params).status_code == 400
    )


def test_a_bad_parameter_is_answered_quickly(some_orders, browser_of, ops):
    import time

    browser = browser_of(ops)
    asked = {"__".join(["member"] + ["user__member"] * 5_000): "1", "q": "(a+)+$" * 20}
    browser.get(URL, asked)
    began = time.perf_counter()
    browser.get(URL, asked)
    assert time.perf_counter() - began < 0.05
