"""Rating one's order through the doors, and what the clock grades when nobody does."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common.deadlines import sweep
from common.models import Deadline
from merchants.models import Rating, ShopScore
from tests.conftest import make_order
from tests.merchants.casts_ratings import rate
from trade.models import OrderStatus
from trade.ratings.clock import DUE, begin
from trade.ratings.defaults import closes_at, give_default_ratings

pytestmark = pytest.mark.django_db
SIGNED = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)
GIVEN = {"desc_match": 5, "service_attitude": 4, "grade": "positive", "comment": "很甜"}


@pytest.fixture
def ask(browser_of, time_machine_at):
    """Give a function that asks the REST as a person."""

    def ask(user, method, path, body=None):
        how = {"data": body, "content_type": "application/json"} if body is not None else {}
        return getattr(browser_of(user), method)(f"/api/v1/me/orders/{path}", **how)

    return ask


@pytest.fixture
def time_machine_at(monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: SIGNED + timedelta(days=1))


@pytest.fixture
def received(mei, shop):
    return make_order(mei, shop, "N1", SIGNED - timedelta(days=3), signed_at=SIGNED)


def test_mei_rates_what_she_received(ask, mei, received):
    answer = ask(mei, "post", "N1/rating/", GIVEN)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["order_no"], told["grade"], told["comment"]) == ("N1", "positive", "很甜")
    assert told["scores"] == {"desc_match": 5, "service_attitude": 4, "logistics_service": None}
    assert ask(mei, "get", "N1/rating/").json() == told
    again = ask(mei, "post", "N1/rating/", GIVEN)
    assert (again.status_code, again.json()["code"]) == (409, "rating.already")


def test_to_all_others_there_is_no_such_order(ask, chen, bo, qiao, ops, received):
    for other in (chen, bo, qiao, ops):
        assert ask(other, "post", "N1/rating/", GIVEN).status_code == 404
        assert ask(other, "get", "N1/rating/").status_code == 404
    assert not Rating.objects.exists()


def test_what_has_not_arrived_cannot_be_rated(ask, mei, shop):
    for status in (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CLOSED):
        make_order(mei, shop, status, SIGNED, status=status)
        answer = ask(mei, "post", f"{status}/rating/", GIVEN)
        assert (answer.status_code, answer.json()["code"]) == (409, "rating.not_finished")


def test_too_late_says_until_when_it_was_open(ask, mei, shop):
    make_order(mei, shop, "OLD", SIGNED - timedelta(days=30), signed_at=SIGNED - timedelta(days=20))
    answer = ask(mei, "post", "OLD/rating/", GIVEN)
    assert (answer.status_code, answer.json()["code"]) == (409, "rating.too_late")
    assert answer.json()["until"].startswith("2026-11-15T00:00:00")


@pytest.mark.parametrize(
    "sent",
    [
        {"desc_match": "5"},
        {"grade": "great"},
        {"desc_match": 5, "is_excluded": True},
        {"desc_match": 5, "credit": 9},
        [],
    ],
)
def test_what_is_not_a_rating_is_refused(ask, mei, received, sent):
    assert ask(mei, "post", "N1/rating/", sent).status_code == 400
    assert not Rating.objects.exists()


def test_a_bad_one_is_changed_followed_up_and_only_then_settled(ask, mei, received):
    ask(mei, "post", "N1/rating/", GIVEN | {"grade": "negative"})
    changed = ask(mei, "patch", "N1/rating/", {"grade": "neutral"}).json()
    assert (changed["grade"], changed["comment"], changed["is_edited"]) == ("neutral", "很甜", True)
    assert ask(mei, "delete", "N1/rating/").json()["code"] == "review.edited"
    more = ask(mei, "post", "N1/rating/followup/", {"text": "补发了"})
    assert (more.status_code, more.json()["followup"]["text"]) == (201, "补发了")
    assert ask(mei, "post", "N1/rating/followup/", {"text": "又"}).status_code == 409


def test_it_says_until_when_more_may_be_said(ask, mei, received):
    told = ask(mei, "post", "N1/rating/", GIVEN | {"grade": "negative"}).json()
    assert told["change_until"] == "2026-12-21T00:00:00+08:00"
    assert told["followup_until"] == "2027-05-19T00:00:00+08:00"
    changed = ask(mei, "patch", "N1/rating/", {"grade": "neutral"}).json()
    assert (changed["change_until"], bool(changed["followup_until"])) == (None, True)
    more = ask(mei, "post", "N1/rating/followup/", {"text": "补发了"}).json()
    assert more["followup_until"] is None


def test_a_good_one_is_never_offered_a_change(ask, mei, received):
    assert ask(mei, "post", "N1/rating/", GIVEN).json()["change_until"] is None


CHANGE, MORE = "修改这条评价（一次）", "追加评价（一次）"


def offered(page, number) -> set[str]:
    html = page.get(f"/me/orders/{number}/rating/").content.decode()
    return {words for words in (CHANGE, MORE) if words in html}


def test_the_page_offers_only_what_can_still_be_done(
    browser_of, mei, shop, received, monkeypatch, time_machine_at
):
    from django.utils import timezone

    page = browser_of(mei)
    page.post("/me/orders/N1/rating/", {"grade": "-1", "desc_match": "1"})
    assert offered(page, "N1") == {CHANGE, MORE}
    monkeypatch.setattr(timezone, "now", lambda: SIGNED + timedelta(days=40))
    assert offered(browser_of(mei), "N1") == {MORE}
    monkeypatch.setattr(timezone, "now", lambda: SIGNED + timedelta(days=181))
    assert offered(browser_of(mei), "N1") == set()


def test_the_page_asks_for_no_rating_that_would_be_refused(browser_of, mei, shop, time_machine_at):
    make_order(mei, shop, "OLD", SIGNED - timedelta(days=30), signed_at=SIGNED - timedelta(days=20))
    make_order(mei, shop, "NEW", SIGNED, status=OrderStatus.SHIPPED)
    for number, said in (("OLD", "评价这笔订单的时间已过"), ("NEW", "交易成功后才能评价")):
        html = browser_of(mei).get(f"/me/orders/{number}/rating/").content.decode()
        assert '<form class="stack gap-4"' not in html
        assert said in html


def test_who_rates_a_shop_too_often_in_a_month_is_told_that_it_does_not_count(
    browser_of, mei, shop, received, time_machine_at
):
    for day in range(1, 4):
        rate(mei, shop, 5, 5, 5, succeeded_at=SIGNED - timedelta(days=day))
    said = (
        browser_of(mei)
        .post("/me/orders/N1/rating/", {"grade": "1", "desc_match": "5"}, follow=True)
        .content.decode()
    )
    assert Rating.objects.get(order_no="N1").is_surplus
    assert "今晚起计入" not in said
    assert "一个月内只计最早的几次评分" in said


# --- What nobody rated ------------------------------------------------------------------------------------


def test_what_nobody_rated_in_time_is_graded_good_without_a_score(mei, ada, shop, received):
    make_order(ada, shop, "N2", SIGNED, status=OrderStatus.CLOSED)
    over = closes_at(date(2026, 11, 19))
    assert over == datetime(2026, 12, 4, 16, tzinfo=UTC)
    assert give_default_ratings(date(2026, 11, 19), now=over - timedelta(seconds=1)) == 0
    assert give_default_ratings(date(2026, 11, 19), now=over) == 1
    row = Rating.objects.get()
    assert (row.order_no, row.is_default, row.grade, row.credit) == ("N1", True, 1, 1)
    assert (row.desc_match, row.is_scored, row.rated_at) == (None, False, over)
    assert give_default_ratings(date(2026, 11, 19), now=over) == 0


def test_it_moves_credit_and_never_the_scores(mei, shop, received):
    from merchants.actions import count_day

    give_default_ratings(date(2026, 11, 19), now=closes_at(date(2026, 11, 19)))
    count_day(date(2026, 12, 5), now=datetime(2026, 12, 6, tzinfo=UTC))
    score = ShopScore.objects.get(shop=shop)
    assert (score.desc_count, score.service_count, score.logistics_count) == (0, 0, 0)
    assert (score.positive, score.credit) == (1, 1)


def test_what_was_rated_is_left_alone(ask, mei, received):
    ask(mei, "post", "N1/rating/", GIVEN | {"grade": "negative"})
    assert give_default_ratings(date(2026, 11, 19), now=closes_at(date(2026, 11, 19))) == 0


def test_nothing_is_graded_while_the_number_says_no(mei, ops, received, monkeypatch):
    from trade.ratings import defaults

    asked = defaults.value
    monkeypatch.setattr(
        defaults,
        "value",
        lambda key, at: False if key == "review.default_positive" else asked(key, at),
    )
    assert give_default_ratings(date(2026, 11, 19), now=closes_at(date(2026, 11, 19))) == 0


def test_the_clock_goes_from_day_to_day(mei, received):
    begin(datetime(2026, 12, 5, 4, tzinfo=UTC))
    begin(datetime(2026, 12, 5, 5, tzinfo=UTC))
    timer = Deadline.objects.get(kind=DUE)
    assert timer.payload == {"day": "2026-11-19"}
    assert sweep(timer.due_at).ran == 1
    assert Rating.objects.get().is_default
    timer.refresh_from_db()
    assert (timer.payload, timer.done_at) == ({"day": "2026-11-20"}, None)
    assert timer.due_at == closes_at(date(2026, 11, 20))
