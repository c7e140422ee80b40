"""Refunds from files: what is stored, what their orders sum up to, what is refused."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from common.loading import Fates, load_file
from common.models import ImportRun
from tests.loading.conftest import make_buyers
from trade.loading import OrderLoader, RefundLoader, months
from trade.models import Order, Refund

ROW = "refund_no,order_no,kind,amount,applied_at,finished_at,outcome"
HALF_AN_END = "finished_at and outcome come together: a refund that ended has both."
DONE = "2026-11-20 10:00:00,2026-11-21 10:00:00,success"


def load(path: Path, **how) -> Fates:
    return load_file(RefundLoader(), path, **how).fates


def rejects_of(path: Path) -> list[str]:
    return path.with_name(f"{path.name}.rejects.csv").read_text().splitlines()[1:]


def repaid(order_no: str = "A1") -> Decimal:
    return Order.objects.get(order_no=order_no).refunded_amount


def buy(orders_file) -> None:
    lines = ("A1,M1,S1,100.00,2026-11-01", "A2,M2,S1,50.00,2026-11-02")
    load_file(OrderLoader(), orders_file(*lines))


@pytest.fixture
def bought(buyers, orders_file) -> None:
    """Two orders: A1 for 100 and A2 for 50."""
    buy(orders_file)


@pytest.fixture
def refunds_file(write):
    """Give a function that writes a file of refunds."""

    def refunds_file(*lines: str, head: str = ROW, name: str = "refunds.csv") -> Path:
        return write(name, "\n".join([head, *lines]) + "\n")

    return refunds_file


def test_a_refund_is_stored_with_everything_the_line_says(bought, write):
    path = write("r.csv", f"{ROW},reason\nR1,A1,return_refund,33.5,{DONE},坏了两颗\n")
    assert load(path) == Fates(inserted=1)
    refund = Refund.objects.select_related("order").get()
    assert (refund.refund_no, refund.order.order_no, refund.kind) == ("R1", "A1", "return_refund")
    assert (refund.amount, refund.reason, refund.outcome) == (
        Decimal("33.50"),
        "坏了两颗",
        "success",
    )
    assert refund.applied_at == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert refund.finished_at == datetime(2026, 11, 21, 2, tzinfo=UTC)
    assert (repaid("A1"), repaid("A2")) == (Decimal("33.50"), 0)


def test_only_what_ended_in_success_is_summed_up(bought, refunds_file):
    path = refunds_file(
        f"R1,A1,refund_only,10.00,{DONE}",
        f"R2,A1,refund_only,20.00,{DONE}",
        "R3,A1,refund_only,40.00,2026-11-20,,",
        "R4,A1,refund_only,30.00,2026-11-20,2026-11-21,closed",
        f"R5,A1,exchange,0,{DONE}",
    )
    assert load(path) == Fates(inserted=5)
    assert repaid() == 30


def test_the_same_file_again_changes_nothing(bought, refunds_file):
    path = refunds_file(*(f"R{n},A1,refund_only,1.00,{DONE}" for n in range(20)))
    assert load(path) == Fates(inserted=20)
    before = Order.objects.get(order_no="A1").changed_at
    assert load(path) == Fates(unchanged=20)
    assert (repaid(), Order.objects.get(order_no="A1").changed_at) == (20, before)


@pytest.mark.parametrize(
    ("line", "sum_after"),
    [
        ("R1,A1,refund_only,45.00,{done}", 45),  # more than before
        ("R1,A1,refund_only,5.00,{done}", 5),
        ("R1,A1,refund_only,100.00,{done}", 100),  # all there is
        ("R1,A1,refund_only,40.00,2026-11-20,2026-11-21,closed", 0),  # it was not paid after all
        ("R1,A1,refund_only,40.00,2026-11-20,,", 0),
    ],
)
def test_a_corrected_refund_corrects_its_order(bought, refunds_file, line, sum_after):
    load(refunds_file(f"R1,A1,refund_only,40.00,{DONE}"))
    assert load(refunds_file(line.format(done=DONE), name="b.csv")) == Fates(updated=1)
    assert repaid() == sum_after


def test_a_file_without_a_column_leaves_it_and_a_refund_that_ran_may_end(bought, write):
    head = "refund_no,order_no,kind,amount,applied_at"
    load(write("a.csv", f"{head},reason\nR1,A1,refund_only,8.00,2026-11-20,不甜\n"))
    path = write(
        "b.csv",
        f"{head},finished_at,outcome\nR1,A1,refund_only,8.00,2026-11-20,2026-11-22,success\n",
    )
    assert load(path) == Fates(updated=1)
    assert (Refund.objects.get().reason, repaid()) == ("不甜", 8)
    fields = (
        '"refund_no":"R1","order_no":"A1","kind":"refund_only","amount":9,"applied_at":"2026-11-20"'
    )
    assert load(write("c.jsonl", f'{{{fields},"outcome":null}}\n')) == Fates(updated=1)
    assert (Refund.objects.get().outcome, repaid()) == ("success", 9)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"R9,A9,refund_only,1.00,{DONE}", "There is no order with this order_no."),
        (f"R9,A1,refund_only,100.01,{DONE}", "More would be paid back than was paid for this order."),
        (f"R9,A1,refund_only,-1.00,{DONE}", "amount is negative."),
        (f"R9,A1,gift,1.00,{DONE}", "kind is none of refund_only, return_refund, exchange."),
        ("R9,A1,refund_only,1.00,2026-11-20,2026-11-19,closed", "finished_at lies before applied_at."),
        ("R9,A1,refund_only,1.00,2026-11-20,,closed", HALF_AN_END),
        ("R9,A1,refund_only,1.00,2026-11-20,2026-11-21,", HALF_AN_END),
        (f"R1,A2,refund_only,1.00,{DONE}", "This refund_no exists already, of another order."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_rejected_with_its_reason(bought, refunds_file, settings, line, reason):
    settings.LANGUAGE_CODE = "en"
    load(refunds_file("R1,A1,refund_only,5.00,2026-11-20,,"))
    path = refunds_file(line, f"R10,A2,refund_only,2.00,{DONE}", name="b.csv")
    assert load(path) == Fates(inserted=1, rejected=1)
    number, key, said = next(csv.reader(rejects_of(path)))
    assert (number, key, said) == ("2", line.split(",")[0], reason)
    assert (repaid("A1"), repaid("A2")) == (0, 2)


def test_what_still_fits_is_taken_in_the_order_of_the_file(bought, refunds_file):
    load(refunds_file(f"R0,A1,refund_only,40.00,{DONE}"))
    path = refunds_file(
        f"R1,A1,refund_only,50.00,{DONE}",  # 90
        f"R2,A1,refund_only,10.01,{DONE}",  # too much
        f"R3,A1,refund_only,10.00,{DONE}",  # 100, to the cent
        f"R4,A1,refund_only,0.01,{DONE}",  # too much
        "R0,A1,refund_only,40.00,2026-11-20,2026-11-21,closed",  # 60: room again
        f"R5,A1,refund_only,40.00,{DONE}",
        f"R6,A2,refund_only,50.00,{DONE}",
        name="b.csv",
    )
    assert load(path) == Fates(inserted=4, updated=1, rejected=2)
    assert [line.split(",")[:2] for line in rejects_of(path)] == [["3", "R2"], ["5", "R4"]]
    assert (repaid("A1"), repaid("A2")) == (100, 50)


def test_a_later_line_corrects_an_earlier_one(bought, refunds_file):
    path = refunds_file(
        "R1,A1,refund_only,60.00,2026-11-20,,",
        f"R1,A1,refund_only,60.00,{DONE}",
        f"R1,A2,refund_only,60.00,{DONE}",  # not of that order
        f"R1,A1,refund_only,30.00,{DONE}",
        f"R2,A1,refund_only,40.00,{DONE}",  # the first mentions are taken first
    )
    assert load(path) == Fates(inserted=2, updated=2, rejected=1)
    assert repaid() == 70


def test_a_dry_run_counts_the_same_and_writes_nothing(bought, refunds_file):
    path = refunds_file(
        f"R1,A1,refund_only,60.00,{DONE}",
        f"R2,A1,refund_only,60.00,{DONE}",
        f"R3,A2,refund_only,1.00,{DONE}",
    )
    runs = ImportRun.objects.count()
    dry = load(path, dry_run=True)
    assert (Refund.objects.count(), repaid(), ImportRun.objects.count()) == (0, 0, runs)
    assert load(path) == dry == Fates(inserted=2, rejected=1)


def test_an_order_never_says_less_was_paid_than_was_paid_back(bought, orders_file, refunds_file):
    load(refunds_file(f"R1,A1,refund_only,60.00,{DONE}"))
    path = orders_file("A1,M1,S1,59.99,2026-11-01", "A2,M2,S1,49.00,2026-11-02", name="b.csv")
    assert load_file(OrderLoader(), path).fates == Fates(updated=1, rejected=1)
    path = orders_file("A1,M1,S1,60.00,2026-11-01", name="c.csv")
    assert load_file(OrderLoader(), path).fates == Fates(updated=1)
    assert repaid() == 60


@pytest.mark.parametrize("sql", [
    "UPDATE trade_order SET refunded_amount = paid_amount + 0.01",
    "UPDATE trade_order SET refunded_amount = -0.01",
    "UPDATE trade_refund SET amount = -1",
    "UPDATE trade_refund SET finished_at = NULL",
    "UPDATE trade_refund SET outcome = NULL",
    "UPDATE trade_refund SET finished_at = applied_at - interval '1 second'",
])  # fmt: skip
def test_the_table_itself_refuses_what_cannot_be(bought, refunds_file, sql):
    load(refunds_file(f"R1,A1,refund_only,60.00,{DONE}"))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_command_loads_and_says_what_came_of_it(bought, refunds_file, capsys):
    path = refunds_file(f"R1,A1,refund_only,1.00,{DONE}", f"R2,A9,exchange,0,{DONE}")
    call_command("import_refunds", path)
    assert "refunds.csv.rejects.csv" in capsys.readouterr().out
    assert repaid() == 1


# --- Runs with transactions of their own ---------------------------------------------------------


@pytest.fixture
def market(transactional_db, orders_file):
    make_buyers()
    buy(orders_file)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {months.LOADING}")


def test_an_interrupted_run_goes_on_where_it_stopped(market, refunds_file, monkeypatch):
    monkeypatch.setattr("common.loading.files.BLOCK_BYTES", 2048)
    path = refunds_file(
        *(f"R{n},A{9 if n % 100 == 99 else 1},refund_only,0.05,{DONE}" for n in range(1000))
    )
    store, count = RefundLoader.store, iter(range(1000))

    def die(self, chunk):
        if next(count) == 2:
            raise KeyboardInterrupt
        return store(self, chunk)

    with monkeypatch.context() as patch:
        patch.setattr(RefundLoader, "store", die)
        with pytest.raises(KeyboardInterrupt):
            load(path, chunk_lines=200)
    stopped_at = Refund.objects.count()
    assert 0 < stopped_at < 990
    assert repaid() == stopped_at * Decimal("0.05")
    assert load(path, chunk_lines=200) == Fates(inserted=990, rejected=10)
    assert repaid() == Decimal("49.50")


def test_months_left_unfinished_before_refunds_were_known_can_still_be_attached(
    market, orders_file, monkeypatch
):
    """What the migration does to them makes them like the table."""
    monkeypatch.setattr(months, "WORTH_BYTES", 0)
    monkeypatch.setattr(months, "WORTH_ROWS", 10)
    path = orders_file(*(f"L{n},M1,S1,1.00,2025-03-03" for n in range(30)), name="b.csv")
    with monkeypatch.context() as patch:
        patch.setattr(OrderLoader, "finish", lambda self, session: None)
        load_file(OrderLoader(), path)
    migration = __import__("trade.migrations.0007_refunds", fromlist=["Migration"]).Migration
    (unfinished,) = [step.sql for step in migration.operations if hasattr(step, "sql")]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {months.LOADING} DROP COLUMN refunded_amount CASCADE")
        cursor.execute(unfinished)
    load_file(OrderLoader(), orders_file("L30,M1,S1,1.00,2025-03-03", name="c.csv"))
    assert Order.objects.filter(order_no__startswith="L", refunded_amount=0).count() == 31
