"""Orders from files: what is stored, what is refused, what a second run does."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from queue import Queue

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from common.ids import uuid7_of
from common.loading import Fates, FileRefused, load_file
from common.models import Event, ImportRun
from common.partitions import rows_in_default
from tests.loading.conftest import HEAD, make_buyers
from trade.loading import OrderLoader, months
from trade.models import Order


def load(path: Path, **how) -> Fates:
    return load_file(OrderLoader(), path, **how).fates


def rejects_of(path: Path) -> list[str]:
    return path.with_name(f"{path.name}.rejects.csv").read_text().splitlines()[1:]


def test_an_order_is_stored_with_everything_the_line_says(buyers, write):
    path = write(
        "o.csv",
        HEAD + ",product,quantity,freight,region,category,shipped_at,signed_at,closed_at,status\n"
        "A1,M1,S2,168.5,2026-11-19 10:00:00,车厘子,2,6.00,上海,生鲜,2026-11-19 20:00:00,,,\n",
    )
    assert load(path) == Fates(inserted=1)
    order = Order.objects.get()
    paid_at = datetime(2026, 11, 19, 2, tzinfo=UTC)
    assert order.id == uuid7_of(paid_at, "A1")
    assert (order.paid_at, order.paid_amount, order.freight) == (paid_at, Decimal("168.50"), 6)
    assert (order.member.member_no, order.shop.shop_no, order.quantity) == ("M1", "S2", 2)
    assert (order.product, order.category, order.region) == ("车厘子", "生鲜", "上海")
    assert (order.status, order.shipped_at) == ("shipped", datetime(2026, 11, 19, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("order_no", "paid_at"),
    [
        ("A1", "1990-01-02T00:00:00Z"),
        ("二〇二六-鲜果", "2026-11-20T01:02:03.999999+08:00"),
        ("=HYPERLINK(1)", "2099-12-30T23:59:59.001Z"),
        ("x" * 40, "2038-01-19T03:14:08.5Z"),
        *((f"N{n}", f"2024-05-06T07:08:09.{n:06d}Z") for n in range(0, 1_000_000, 123_457)),
    ],
)
def test_the_id_is_the_one_that_common_ids_computes(buyers, orders_file, order_no, paid_at):
    load(orders_file(f"{order_no},M1,S1,1.00,{paid_at}"))
    assert Order.objects.get().id == uuid7_of(datetime.fromisoformat(paid_at), order_no)


def test_the_same_file_again_changes_nothing(buyers, orders_file):
    path = orders_file(*(f"A{n},M1,S1,1.00,2026-11-{n:02d} 10:00:00" for n in range(1, 20)))
    assert load(path) == Fates(inserted=19)
    before = list(Order.objects.order_by("id").values())
    assert load(path) == Fates(unchanged=19)
    assert list(Order.objects.order_by("id").values()) == before


def test_a_changed_row_is_corrected_and_columns_left_out_stay(buyers, orders_file, write):
    load(
        write(
            "a.csv",
            HEAD + ",product\nA1,M1,S1,1.00,2026-11-01,车厘子\nA2,M1,S1,1.00,2026-11-01,桃\n",
        )
    )
    path = orders_file("A1,M2,S1,2.00,2026-11-01", "A2,M1,S1,1.00,2026-11-01")
    assert load(path) == Fates(updated=1, unchanged=1)
    order = Order.objects.get(order_no="A1")
    assert (order.product, order.paid_amount, order.member.member_no) == ("车厘子", 2, "M2")


def test_a_later_line_corrects_an_earlier_one(buyers, orders_file):
    path = orders_file(
        "A1,M1,S1,1.00,2026-11-01",
        "A1,M1,S1,3.00,2026-11-01",
        "A1,M1,S1,3.00,2026-11-01",
        "A2,M1,S1,1.00,2026-11-01",
    )
    assert load(path) == Fates(inserted=2, updated=1, unchanged=1)
    assert Order.objects.get(order_no="A1").paid_amount == 3


def test_a_number_never_exists_twice(buyers, orders_file):
    load(orders_file("A1,M1,S1,1.00,2026-11-01"))
    path = orders_file(
        "A1,M1,S1,1.00,2026-10-01",  # known, elsewhere in time
        "A2,M1,S1,1.00,2026-11-01",
        "A2,M1,S1,1.00,2026-12-01",  # the file contradicts itself
        name="b.csv",
    )
    assert load(path) == Fates(inserted=1, rejected=2)
    assert [line.split(",")[:2] for line in rejects_of(path)] == [["2", "A1"], ["4", "A2"]]
    assert Order.objects.count() == 2


def test_a_number_mentioned_endlessly_is_refused_at_last(buyers, orders_file):
    path = orders_file(*(f"A1,M1,S1,{n}.00,2026-11-01" for n in range(30)))
    assert load(path) == Fates(inserted=1, updated=19, rejected=10)
    assert Order.objects.get().paid_amount == 19


def test_unknown_members_and_shops_are_rejected_by_line(buyers, orders_file):
    path = orders_file(
        "A1,M9,S1,1.00,2026-11-01", "A2,M1,S9,1.00,2026-11-01", "A3,M1,S1,1.00,2026-11-01"
    )
    assert load(path) == Fates(inserted=1, rejected=2)
    assert [line.split(",")[:2] for line in rejects_of(path)] == [["2", "A1"], ["3", "A2"]]


def test_rejects_of_an_unknown_member_become_orders_once_the_member_is_there(buyers, orders_file):
    path = orders_file("A1,M9,S1,1.00,2026-11-01")
    load(path)
    from accounts.models import Member

    Member.objects.create(member_no="M9")
    assert load(path) == Fates(inserted=1)
    assert not path.with_name(f"{path.name}.rejects.csv").exists()


def test_a_dry_run_counts_the_same_and_writes_nothing(buyers, orders_file):
    load(orders_file("A1,M1,S1,1.00,2026-11-01"))
    path = orders_file(
        "A1,M1,S1,5.00,2026-11-01",
        "A2,M1,S1,1.00,2026-11-01",
        "A2,M1,S1,2.00,2026-11-01",
        "A3,M9,S1,1.00,2026-11-01",
        name="b.csv",
    )
    runs = ImportRun.objects.count()
    dry = load(path, dry_run=True)
    assert (Order.objects.count(), Order.objects.get().paid_amount) == (1, 1)
    assert ImportRun.objects.count() == runs
    assert len(rejects_of(path)) == 1
    assert load(path) == dry == Fates(inserted=1, updated=2, rejected=1)


def test_formulas_stay_text_in_the_table_and_inert_in_the_rejects(buyers, write):
    path = write(
        "o.csv",
        HEAD
        + ",product\n=1+1,M1,S1,1.00,2026-11-01,=cmd|' /C calc'!A0\n@x,M9,S1,1.00,2026-11-01,\n",
    )
    load(path)
    assert Order.objects.get().product == "=cmd|' /C calc'!A0"
    assert rejects_of(path)[0].split(",")[1] == "'@x"


def test_the_rejects_go_where_they_are_asked_to(buyers, orders_file, tmp_path):
    path = orders_file("A1,M9,S1,1.00,2026-11-01")
    report = load_file(OrderLoader(), path, rejects=tmp_path / "no.csv")
    assert report.rejects_path == tmp_path / "no.csv"
    assert (tmp_path / "no.csv").read_text().startswith("line,key,reason\n2,A1,")


def test_a_run_leaves_one_line_of_history(buyers, orders_file, ops):
    load(orders_file("A1,M1,S1,1.00,2026-11-01"), by=ops)
    event = Event.objects.get(action="import.finished")
    run = ImportRun.objects.get()
    assert (event.actor, event.subject_id, event.after["inserted"]) == (ops, str(run.pk), 1)
    assert (run.inserted, run.lines_done, run.finished_at is not None) == (1, 2, True)


def test_the_command_says_what_came_of_the_file(buyers, orders_file, capsys):
    call_command("import_orders", orders_file("A1,M1,S1,1.00,2026-11-01", "A2,M9,S1,1,2026-11-01"))
    said = capsys.readouterr().out
    assert "orders.csv.rejects.csv" in said
    with pytest.raises(CommandError):
        call_command("import_orders", "nowhere.csv")


# --- Runs with transactions of their own ---------------------------------------------------------


@pytest.fixture
def market(transactional_db):
    make_buyers()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {months.LOADING}")


@pytest.fixture
def many(orders_file) -> Path:
    """A file over fourteen months, in no order, with a rejected line in each hundred."""
    lines = [
        f"A{n},{'M9' if n % 100 == 99 else 'M1'},S{n % 2 + 1},1.50,"
        f"20{25 + n % 14 // 12}-{n % 14 % 12 + 1:02d}-{n % 28 + 1:02d} 10:{n % 60:02d}:00"
        for n in range(3000)
    ]
    return orders_file(*lines)


@pytest.fixture
def beside(monkeypatch):
    """Let small files be built beside the table, as large ones are."""
    monkeypatch.setattr(months, "WORTH_BYTES", 0)
    monkeypatch.setattr(months, "WORTH_ROWS", 100)


def stored() -> list[tuple]:
    return list(Order.objects.order_by("order_no").values_list("id", "order_no", "paid_amount"))


def killed_after(chunks: int, monkeypatch) -> None:
    """Make the next run die when it has committed ``chunks`` chunks."""
    store, count = OrderLoader.store, iter(range(1 << 30))

    def die(self, chunk):
        if next(count) == chunks:
            raise KeyboardInterrupt
        return store(self, chunk)

    monkeypatch.setattr(OrderLoader, "store", die)


@pytest.mark.parametrize("how", ["straight", "beside"])
def test_an_interrupted_run_goes_on_where_it_stopped(market, many, how, monkeypatch, request):
    if how == "beside":
        request.getfixturevalue("beside")
    monkeypatch.setattr("common.loading.files.BLOCK_BYTES", 4096)
    with monkeypatch.context() as patch:
        killed_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            load(many, chunk_lines=400)
    run = ImportRun.objects.get()
    assert (run.finished_at, run.lines_done > 1000) == (None, True)
    report = load_file(OrderLoader(), many, chunk_lines=400)
    assert (report.resumed_at, report.run) == (run.lines_done, run)
    assert report.fates == Fates(inserted=2970, rejected=30)
    assert [int(line.split(",")[0]) for line in rejects_of(many)] == list(range(101, 3002, 100))
    assert Order.objects.count() == 2970
    assert load(many) == Fates(unchanged=2970, rejected=30)


def test_months_built_beside_are_partitions_like_the_others(market, many, beside):
    assert load(many, chunk_lines=500) == Fates(inserted=2970, rejected=30)
    assert rows_in_default()["trade_order"] is False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE contype = 'f'), count(*) FILTER (WHERE contype = 'p') "
            "FROM pg_constraint WHERE conrelid = 'trade_order_202503'::regclass"
        )
        assert cursor.fetchone() == (2, 1)
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_indexes WHERE tablename = 'trade_order_202503'), "
            "to_regclass('trade_order_loading')"
        )
        assert cursor.fetchone() == (6, None)
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' "
            "AND conrelid = 'trade_order_202503'::regclass EXCEPT SELECT conname "
            "FROM pg_constraint WHERE conrelid = 'trade_order'::regclass"
        )
        assert cursor.fetchall() == []
    assert load(many, chunk_lines=500) == Fates(unchanged=2970, rejected=30)


def test_months_that_the_file_left_behind_are_completed_ahead_and_take_late_rows(
    market, orders_file, beside, monkeypatch
):
    monkeypatch.setattr("common.loading.files.BLOCK_BYTES", 4096)
    furnish, finish, ahead = months._furnish, OrderLoader.finish, Queue()

    def furnished(leaf):
        furnish(leaf)
        ahead.put(leaf)

    def finished(self, session):
        # Before its end only the thread that completes months ahead can have put one here.
        assert ahead.get(timeout=60) == "trade_order_loading_202501"
        finish(self, session)

    rows = [(month, n) for month in (1, 2, 3) for n in range(300)]
    late = [(1, n) for n in range(300, 350)]
    path = orders_file(
        *(f"A{m}{n:04d},M1,S1,1.00,2025-{m:02d}-03 10:00:00" for m, n in rows + late),
        "A10007,M1,S1,9.00,2025-01-03 10:00:00",
    )
    with monkeypatch.context() as patch:
        patch.setattr(months, "_furnish", furnished)
        patch.setattr(OrderLoader, "finish", finished)
        assert load(path, chunk_lines=100) == Fates(inserted=950, updated=1)
    assert Order.objects.count() == 950
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text, (SELECT count(*) FROM pg_index i "
            "WHERE i.indrelid = inhrelid), (SELECT count(*) FROM pg_constraint c "
            "WHERE c.conrelid = inhrelid AND c.contype = 'f') FROM pg_inherits "
            "WHERE inhparent = 'trade_order'::regclass AND inhrelid::regclass::text ~ '20250[123]'"
        )
        assert sorted(cursor.fetchall()) == [(f"trade_order_20250{m}", 6, 2) for m in (1, 2, 3)]
    assert load(path).inserted == 0


@pytest.mark.parametrize("killed", [False, True])
def test_a_number_is_known_again_among_months_built_beside(
    market, orders_file, beside, monkeypatch, killed
):
    """A later chunk, also of the next run, brings numbers of an earlier one."""
    monkeypatch.setattr("common.loading.files.BLOCK_BYTES", 4096)
    numbers = [f"A{n:04d}" for n in range(400)]
    path = orders_file(
        *(f"{number},M1,S1,1.00,2025-03-03 10:00:00" for number in numbers),
        "A0007,M1,S1,2.00,2025-03-03 10:00:00",  # corrected
        "A0008,M1,S1,1.00,2025-03-03 10:00:00",  # as it was
        "A0009,M1,S1,1.00,2025-04-04 10:00:00",  # in another month: refused
        "B0001,M1,S1,1.00,2025-04-04 10:00:00",
    )
    if killed:
        with monkeypatch.context() as patch:
            killed_after(2, patch)
            with pytest.raises(KeyboardInterrupt):
                load(path, chunk_lines=100)
    assert load(path, chunk_lines=100) == Fates(inserted=401, updated=1, unchanged=1, rejected=1)
    assert Order.objects.get(order_no="A0007").paid_amount == 2
    assert [line.split(",")[:2] for line in rejects_of(path)] == [["404", "A0009"]]
    assert [number for _id, number, _amount in stored()] == [*numbers, "B0001"]


def test_both_ways_store_the_same(market, many, monkeypatch):
    load(many)
    straight = stored()
    Order.objects.all().delete()
    ImportRun.objects.all().delete()
    monkeypatch.setattr(months, "WORTH_BYTES", 0)
    load(many, chunk_lines=700)
    assert stored() == straight


def test_a_month_that_got_orders_meanwhile_takes_the_built_ones_too(
    market, many, beside, monkeypatch
):
    finish = OrderLoader.finish

    def another_door_first(self, session):
        paid_at = datetime(2025, 3, 3, tzinfo=UTC)
        Order.objects.create(
            id=Order.id_for("LIVE", paid_at), order_no="LIVE", paid_at=paid_at, paid_amount=1,
            member_id=Order.member.field.related_model.objects.first().pk,
            shop_id=Order.shop.field.related_model.objects.first().pk,
        )  # fmt: skip
        finish(self, session)

    monkeypatch.setattr(OrderLoader, "finish", another_door_first)
    load(many)
    assert Order.objects.count() == 2971


def test_only_one_import_of_a_kind_runs_at_once(market, orders_file):
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('import.orders', 7))")
    try:
        with pytest.raises(FileRefused) as refused:
            load(orders_file("A1,M1,S1,1.00,2026-11-01"))
        assert refused.value.code == "import.busy"
    finally:
        other.close()
