"""A buyer rates an order: once, in time, for good."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts.models import User
from common.history import history_of
from common.parameters import set_value
from common.rules import midnight
from merchants.actions import RatingDraft, exclude_rating, record_rating, restore_rating
from merchants.models import Grade, Rating
from tests.merchants.casts_ratings import NOW, SECOND, WHY, at, order_of, rate, refusal
from tests.waiting import Beside, Halt

pytestmark = pytest.mark.django_db
DRAFT = RatingDraft(desc_match=5, service_attitude=4, grade=Grade.POSITIVE, comment="车厘子很甜")


def give(who, shop, *, by="self", now=NOW, draft=DRAFT, order=None):
    order = order or order_of(who, shop)
    return record_rating(order, draft, by=who if by == "self" else by, now=now)


def test_mei_gives_scores_a_grade_and_words(mei, shop):
    rating = give(mei, shop)
    assert (rating.desc_match, rating.service_attitude, rating.logistics_service) == (5, 4, None)
    assert (rating.grade, rating.comment, rating.credit, rating.nth) == (1, "车厘子很甜", 1, 1)
    assert (str(rating.day), str(rating.month)) == ("2026-11-20", "2026-11-01")
    (line,) = history_of(rating)
    assert (line.action, line.actor) == ("rating.given", mei)
    assert "车厘子" not in str(line.after)


def test_nobody_rates_what_somebody_else_bought(mei, chen, bo, qiao, ops, shop):
    order = order_of(mei, shop)
    for other in (chen, bo, qiao, ops):
        assert refusal(give, mei, shop, by=other, order=order) == "rating.not_buyer"
    assert not Rating.objects.exists()


def test_a_second_rating_of_an_order_is_refused(mei, shop):
    order = order_of(mei, shop)
    give(mei, shop, order=order)
    assert refusal(give, mei, shop, order=order) == "rating.already"
    assert Rating.objects.count() == 1


def test_it_is_open_until_the_fifteenth_day_after_success_is_over(mei, shop):
    over = midnight(at(20).date() + timedelta(days=16))
    order = order_of(mei, shop, at(20))
    assert refusal(give, mei, shop, order=order, now=at(20) - SECOND) == "rating.too_early"
    assert refusal(give, mei, shop, order=order, now=over) == "rating.too_late"
    assert give(mei, shop, order=order, now=over - SECOND).pk


def test_the_days_are_those_in_force_when_the_trade_succeeded(mei, shop, ops):
    set_value("dsr.rate_window_days", 1, by=ops, reason="试行", effective_from=None)
    # Whatever is said today, the trade of yesterday keeps its fifteen days.
    assert give(mei, shop, order=order_of(mei, shop, at(1)), now=at(15)).pk


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (RatingDraft(comment="只有字"), "rating.empty"),
        (RatingDraft(desc_match=6), "rating.score_out_of_range"),
        (RatingDraft(logistics_service=0), "rating.score_out_of_range"),
        (RatingDraft(grade=2), "rating.no_such_grade"),
        (RatingDraft(grade=1, comment="好" * 2001), "text.too_long"),
        (RatingDraft(grade=1, comment="坏\x00字"), "text.nul"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_stored(mei, shop, draft, code):
    assert refusal(give, mei, shop, draft=draft) == code
    assert not Rating.objects.exists()


def test_a_fourth_of_the_month_does_not_count_and_the_earliest_trades_do(mei, shop):
    later = [rate(mei, shop, succeeded_at=at(day), now=at(14)) for day in (10, 11, 12)]
    earlier = rate(mei, shop, succeeded_at=at(2), now=at(14))
    surplus = {row.pk: row.is_surplus for row in Rating.objects.all()}
    assert surplus == {earlier.pk: False, **{row.pk: row == later[2] for row in later}}
    assert not rate(mei, shop, succeeded_at=at(1, month=12)).is_surplus


def test_excluding_one_lets_the_fourth_count_and_restoring_takes_it_back(mei, shop, ops):
    rows = [rate(mei, shop, succeeded_at=at(day)) for day in (1, 2, 3, 4)]
    before = list(Rating.objects.order_by("pk").values())
    exclude_rating(rows[0], ground="suspected_fake", reason=WHY, by=ops)
    assert [row.is_surplus for row in Rating.objects.order_by("pk")] == [False] * 4
    restore_rating(rows[0], reason=WHY, by=ops)
    assert list(Rating.objects.order_by("pk").values()) == before


def test_the_seventh_good_one_of_a_month_brings_no_more_credit(mei, shop):
    brought = [rate(mei, shop, succeeded_at=at(day)).credit for day in range(1, 9)]
    assert brought == [1] * 6 + [0, 0]


def test_ratings_are_never_deleted(mei, shop):
    rating = give(mei, shop)
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        rating.delete()
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM merchants_rating")
    assert Rating.objects.filter(pk=rating.pk).exists()


def test_the_database_takes_no_score_out_of_range_and_no_scored_default(mei, shop):
    rating = give(mei, shop)
    for wrong in ({"desc_match": 6}, {"is_default": True}, {"edits": 2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rating.objects.filter(pk=rating.pk).update(**wrong)


@pytest.mark.django_db(transaction=True)
def test_of_two_taps_at_once_one_rates(mei, shop, monkeypatch):
    order, halt = order_of(mei, shop), Halt()
    monkeypatch.setattr(
        "merchants.actions.ratings._number_and_store",
        halt.before(__import__("merchants.actions.ratings", fromlist=["x"])._number_and_store),
    )
    first = Beside(lambda: give(mei, shop, order=order))
    halt.reached()
    second = Beside(lambda: refusal(give, User.objects.get(pk=mei.pk), shop, order=order))
    assert second.waits()
    halt.go_on()
    assert first.done().nth == 1
    assert second.done() == "rating.already"
    assert Rating.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_orders_of_one_buyer_rated_at_once_get_numbers_of_their_own(mei, shop, monkeypatch):
    halt = Halt()
    monkeypatch.setattr(
        "merchants.actions.ratings.record",
        halt.before(__import__("merchants.actions.ratings", fromlist=["x"]).record),
    )
    first = Beside(lambda: give(mei, shop))
    halt.reached()
    second = Beside(lambda: give(User.objects.get(pk=mei.pk), shop))
    assert second.waits()
    halt.go_on()
    assert {first.done().nth, second.done().nth} == {1, 2}
