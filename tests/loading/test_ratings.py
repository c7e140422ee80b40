"""Ratings from files: what is stored, what follows from it, what is refused."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.loading import Fates, FileRefused, files, load_file
from merchants.actions import count_day, differences
from merchants.models import DSRSnapshot, Rating, RatingMove, Shop
from tests.loading.conftest import make_buyers
from trade.loading import OrderLoader, RatingLoader

HEAD = "order_no,rated_at,desc_match,service_attitude,logistics_service,grade,comment"
ORDERS = "order_no,member_no,shop_no,paid_amount,paid_at,signed_at,closed_at,status"
NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)


def load(path: Path, **how) -> Fates:
    return load_file(RatingLoader(), path, **how).fates


def reasons(path: Path) -> dict[str, str]:
    rows = csv.DictReader(path.with_name(f"{path.name}.rejects.csv").open())
    return {row["key"]: row["reason"] for row in rows}


def buy(write) -> None:
    lines = [
        "A1,M1,S1,100.00,2026-11-01,2026-11-05 10:00:00,,",
        "A2,M2,S1,50.00,2026-11-02,2026-11-06,,",
        "A3,M1,S1,50.00,2026-11-02,,2026-11-03,closed",
        "A4,M1,S1,50.00,2026-11-02,,,",
        "A5,M1,S1,50.00,2026-11-02,2026-11-07,,",
        "A6,M1,S1,50.00,2026-11-02,2026-11-08,,",
        "A7,M1,S1,50.00,2026-11-02,2026-11-09,,",
    ]
    load_file(OrderLoader(), write("orders.csv", "\n".join([ORDERS, *lines]) + "\n"))


@pytest.fixture
def bought(buyers, write) -> None:
    buy(write)


@pytest.fixture
def ratings_file(write):
    """Give a function that writes a file of ratings."""

    def ratings_file(*lines: str, head: str = HEAD, name: str = "ratings.csv") -> Path:
        return write(name, "\n".join([head, *lines]) + "\n")

    return ratings_file


def test_a_rating_is_stored_with_everything_the_line_says(bought, ratings_file):
    path = ratings_file("A1,2026-11-06 09:30:00,5,,3,negative,坏了两颗")
    assert load(path) == Fates(inserted=1)
    row = Rating.objects.select_related("member", "shop").get()
    assert (row.order_no, row.member.member_no, row.shop.shop_no) == ("A1", "M1", "S1")
    assert (row.desc_match, row.service_attitude, row.logistics_service) == (5, None, 3)
    assert (row.grade, row.comment, row.credit, row.nth) == (-1, "坏了两颗", -1, 1)
    assert row.rated_at == datetime(2026, 11, 6, 1, 30, tzinfo=UTC)
    assert row.succeeded_at == datetime(2026, 11, 5, 2, tzinfo=UTC)
    assert row.pk == Rating.id_for("A1", row.succeeded_at)


def test_only_the_required_columns_and_a_score_suffice(bought, ratings_file):
    path = ratings_file("A1,2026-11-06,4", head="order_no,rated_at,desc_match")
    assert load(path) == Fates(inserted=1)
    assert Rating.objects.get().grade is None


def test_the_same_file_again_changes_nothing(bought, ratings_file):
    path = ratings_file("A1,2026-11-06,5,5,5,positive,好", "A2,2026-11-07,4,4,4,neutral,")
    assert load(path) == Fates(inserted=2)
    before = list(Rating.objects.order_by("pk").values())
    assert load(path) == Fates(unchanged=2)
    assert list(Rating.objects.order_by("pk").values()) == before


def test_what_counts_in_a_month_follows(bought, ratings_file):
    days = {"A1": 6, "A4": 6, "A5": 8, "A6": 9, "A7": 10}
    path = ratings_file(*(f"{no},2026-11-{day:02},5,5,5,positive," for no, day in days.items()))
    assert load(path) == Fates(inserted=5)
    # The earliest trades: A4 is not known to have ended and counts from when it was paid.
    beyond = set(Rating.objects.filter(is_surplus=True).values_list("order_no", flat=True))
    assert beyond == {"A6", "A7"}
    assert sum(Rating.objects.values_list("credit", flat=True)) == 5
    assert {one.rows for one in differences(NOW)} == {0}


def test_each_line_that_cannot_be_taken_says_why(bought, ratings_file):
    path = ratings_file(
        "A1,2026-11-06,5,5,5,positive,",
        "A1,2026-11-06,5,5,5,positive,",
        "A2,2026-11-05,5,5,5,positive,",
        "A3,2026-11-06,5,5,5,positive,",
        "A5,2026-11-23,5,5,5,positive,",
        "A6,2026-11-09,,,,,只有字",
        "A7,2026-11-10,6,5,5,positive,",
        "X9,2026-11-10,5,5,5,positive,",
        "A4,2026-11-10,5,5,5,great,",
        "A4,yesterday,5,5,5,positive,",
    )
    assert load(path) == Fates(inserted=1, rejected=9)
    told = reasons(path)
    assert told.keys() == {"A1", "A2", "A3", "A5", "A6", "A7", "X9", "A4"}
    assert told["A1"] == "文件前面已有这个 order_no，一笔订单只评价一次。"
    assert told["A2"] == "rated_at 早于交易成功时间。"
    assert told["A3"] == "这笔订单没有收货就关闭了。"
    assert told["A5"] == "rated_at 已过这笔订单的评价期。"
    assert told["A6"] == "这一行既没有评分，也没有评价等级。"
    assert told["A7"] == "desc_match不是1到5的评分。"
    assert "order_no" in told["X9"]


def test_the_last_day_to_rate_is_taken(bought, ratings_file):
    assert load(ratings_file("A5,2026-11-22 23:59:59,5,5,5,positive,")) == Fates(inserted=1)


def test_nobody_has_rated_tomorrow(bought, ratings_file, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    path = ratings_file(
        "A4,2098-01-01,5,5,5,positive,", "A5,2026-11-20 23:59,5,5,5,positive,",
        "A6,2026-11-25 12:00:01,5,5,5,positive,", "A1,2026-11-06,5,5,5,positive,",
    )  # fmt: skip
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 16, tzinfo=UTC))
    assert load(path) == Fates(inserted=2, rejected=2)
    assert reasons(path) == dict.fromkeys(("A4", "A6"), "rated_at 还没有到。")


def test_what_was_given_is_never_changed_by_a_file(bought, ratings_file):
    load(ratings_file("A1,2026-11-06,1,1,1,negative,坏"))
    path = ratings_file("A1,2026-11-06,5,5,5,positive,好", name="again.csv")
    assert load(path) == Fates(rejected=1)
    assert Rating.objects.get().desc_match == 1


def test_a_dry_run_counts_the_same_and_stores_nothing(bought, ratings_file):
    path = ratings_file("A1,2026-11-06,5,5,5,positive,", "X9,2026-11-06,5,5,5,positive,")
    assert load(path, dry_run=True) == Fates(inserted=1, rejected=1)
    assert not Rating.objects.exists()


def test_a_file_without_a_required_column_is_refused_by_its_name(bought, ratings_file):
    with pytest.raises(FileRefused) as refused:
        load(ratings_file("A1,5", head="order_no,desc_match"))
    assert "rated_at" in str(refused.value)


def test_jsonl_is_taken_and_unknown_fields_are_not_read(bought, write):
    line = (
        '{"order_no":"A1","rated_at":"2026-11-06T10:00:00+08:00","desc_match":5,"is_excluded":true}'
    )
    assert load(write("r.jsonl", line + "\n")) == Fates(inserted=1)
    assert not Rating.objects.get().is_excluded


def test_what_comes_to_a_counted_day_is_taken_in_the_next(bought, ratings_file):
    load(ratings_file("A1,2026-11-06,5,5,5,positive,"))
    count_day(date(2026, 11, 20), now=NOW)
    load(ratings_file("A2,2026-11-07,1,1,1,negative,", name="late.csv"))
    assert RatingMove.objects.filter(why="late").count() == 1
    count_day(date(2026, 11, 21), now=NOW)
    key = DSRSnapshot.key(date(2026, 11, 21), Shop.objects.get(shop_no="S1").pk)
    assert DSRSnapshot.objects.get(pk=key).desc_sum == 6
    assert {one.rows for one in differences(NOW)} == {0}


def test_formulas_stay_text_and_nul_is_refused(bought, ratings_file):
    path = ratings_file("A1,2026-11-06,5,5,5,positive,=1+1", "A2,2026-11-07,5,5,5,positive,a\x00b")
    assert load(path) == Fates(inserted=1, rejected=1)
    assert Rating.objects.get().comment == "=1+1"


@pytest.mark.django_db(transaction=True)
def test_the_command_goes_on_where_it_was_cut_short(write, ratings_file, monkeypatch, capsys):
    monkeypatch.setattr(files, "BLOCK_BYTES", 80)
    make_buyers()
    buy(write)
    path = ratings_file(*(f"A{n},2026-11-10,5,5,5,positive," for n in (1, 2, 4, 5, 6, 7)))
    from trade.loading import ratings

    stored = ratings.store_ratings
    calls = []

    def once(cursor, rows):
        calls.append(rows)
        if len(calls) == 2:
            raise RuntimeError("cut short")
        return stored(cursor, rows)

    monkeypatch.setattr(ratings, "store_ratings", once)
    with pytest.raises(RuntimeError):
        load(path, chunk_lines=2)
    assert 0 < Rating.objects.count() < 6
    monkeypatch.setattr(ratings, "store_ratings", stored)
    call_command("import_ratings", str(path), "--no-progress")
    assert Rating.objects.count() == 6
