"""Exports: what the list shows, one row a thing, inert, masked, for one person and for a time."""

import csv
import io
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.actions import set_roles
from accounts.models import Role
from common import errands, parameters
from common.admin import exporting, lane
from common.admin.asking import page_of
from common.errands import fetch_export, start_export
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import ErrandState, Export
from common.parameters import set_value
from tests.admin.lane import work
from tests.conftest import make_order, person
from trade.models import Order, OrderStatus

URL = reverse("admin:trade_order_export")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.fixture
def orders(mei, shop):
    for number in range(5):
        make_order(mei, shop, f"2026111800012345{number:02}", timezone.now())
    Order.objects.filter(order_no__endswith="00").update(product='=HYPERLINK("http://x")')
    Order.objects.filter(order_no__endswith="01").update(status=OrderStatus.CLOSED)


def answers(file_format="csv", **more):
    return {
        "columns": ["order_no", "status_word", "product", "customer", "amount"],
        "file_format": file_format,
        "reason": "对账",
    } | more


def rows_of(content, encoding="utf-8"):
    return list(csv.reader(io.StringIO(content.decode(encoding))))


def test_a_small_export_comes_at_once_as_the_page_shows_it(office, orders, ops):
    answer = office.post(URL, answers())
    assert "no-store" in answer["Cache-Control"]
    assert unquote(answer["Content-Disposition"]).startswith("attachment; filename*=utf-8''订单-")
    head, *rows = rows_of(answer.content)
    assert head == ["订单号", "状态", "商品", "会员", "实付"]
    assert len(rows) == 5
    assert "周*宁" in rows[0][3]
    assert "周小宁" not in answer.content.decode()
    assert rows[0][4] == "¥168.00"
    assert {row[2] for row in rows if row[0].endswith("00")} == {'\'=HYPERLINK("http://x")'}
    export = Export.objects.get()
    assert (export.done, export.state, export.reason) == (5, ErrandState.DONE, "对账")
    assert history_of(export).first().after["total"] == 5


def test_filters_and_words_hold(office, orders):
    answer = office.post(f"{URL}?status__exact=closed", answers())
    assert [row[0][-2:] for row in rows_of(answer.content)[1:]] == ["01"]
    assert Export.objects.get().query == "status__exact=closed"


def test_for_excel_there_is_a_mark_and_no_digit_is_lost(office, orders):
    answer = office.post(URL, answers("csv_bom"))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert all(row[0].startswith("'2026") for row in rows_of(answer.content, "utf-8-sig")[1:])


def test_a_workbook_opens_with_the_right_rows(office, orders):
    answer = office.post(URL, answers("xlsx"))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    values = list(sheet.values)
    assert values[0][:2] == ("订单号", "状态")
    assert len(values) == 6
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} == {"s"}
    assert sheet.title == "订单"


def test_no_row_is_multiplied_by_what_hangs_on_it(office, browser_of, ops, owned, dora):
    url = reverse("admin:tickets_conversation_export")
    answer = office.post(
        f"{url}?q={owned.conversation_no}",
        {"columns": ["conversation_no", "owner"], "file_format": "csv", "reason": "核对"},
    )
    assert rows_of(answer.content)[1:] == [[owned.conversation_no, "许青禾"]]


def test_columns_and_a_reason_are_needed(office, orders):
    assert office.post(URL, answers(columns=[])).context["form"].errors["columns"]
    assert office.post(URL, answers(reason=" ")).context["form"].errors["reason"]
    page = office.post(URL, answers(columns=["order_no", "member__phone"]))
    assert page.context["form"].errors["columns"]
    assert not Export.objects.exists()


def test_the_page_says_how_many(office, orders):
    page = office.get(URL, {"status__exact": "closed"})
    assert page.context["count"].words == "1"
    assert page.context["filters"] == ["状态：已关闭"]


@pytest.mark.parametrize(("who", "status"), [("wen", 404), ("mei", 404), ("auditor", 200)])
def test_who_may_export(who, status, request, browser_of, orders):
    assert browser_of(request.getfixturevalue(who)).get(URL).status_code == status


@pytest.fixture
def large(ops, orders):
    set_value("backoffice.export_at_once", 0, by=ops, reason="试试")
    parameters.forget()


def ask(office, file_format="csv"):
    office.post(URL, answers(file_format))
    return Export.objects.get()


@pytest.mark.parametrize("file_format", ["csv", "csv_bom", "xlsx"])
def test_a_large_one_is_made_in_the_background(file_format, office, large):
    export = ask(office, file_format)
    assert export.state == ErrandState.WAITING
    work()
    export.refresh_from_db()
    assert (export.state, export.done) == (ErrandState.DONE, 5)
    answer = office.get(reverse("admin:common_export_file", args=[export.pk]))
    content = b"".join(answer.streaming_content)
    assert "no-store" in answer["Cache-Control"]
    if file_format == "xlsx":
        assert len(list(load_workbook(io.BytesIO(content)).active.values)) == 6
    else:
        assert len(rows_of(content, "utf-8-sig")) == 6
    actions = [it.action for it in history_of(export)]
    assert actions == ["export.fetched", "export.made", "export.asked"]


def half_made(office, monkeypatch):
    """Return an export whose first slice alone is written."""
    export = ask(office)
    with monkeypatch.context() as patched:
        patched.setattr(exporting, "CHUNK", 2)
        patched.setattr(lane, "until", lambda _seconds: lambda: False)
        lane.work_on()
    return export


def test_a_killed_export_goes_on_without_doubling(office, large, monkeypatch):
    export = half_made(office, monkeypatch)
    export.refresh_from_db()
    assert (export.done, export.state) == (2, ErrandState.RUNNING)
    with exporting._part_of(export).open("ab") as part:
        part.write(b"half a li")  # written, not committed
    work()
    content = exporting.file_of(export).read_bytes()
    numbers = [row[0] for row in rows_of(content)[1:]]
    assert len(numbers) == len(set(numbers)) == 5


@pytest.mark.parametrize("file_format", ["csv", "csv_bom", "xlsx"])
@pytest.mark.parametrize("where", ["table_rows", "_finish", "finish_export"])
def test_wherever_it_is_killed_every_row_is_there_once(
    where, file_format, office, large, monkeypatch
):
    export = ask(office, file_format)

    def dies(*_given, **_how):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(exporting, "CHUNK", 2)
        patched.setattr(exporting, where, dies)
        with pytest.raises(KeyboardInterrupt):
            lane.work_on()
    work()
    export.refresh_from_db()
    assert (export.state, export.done) == (ErrandState.DONE, 5)
    content = exporting.file_of(export).read_bytes()
    if file_format == "xlsx":
        head, *rows = load_workbook(io.BytesIO(content)).active.values
    else:
        assert b"\0" not in content
        head, *rows = rows_of(content, "utf-8-sig")
    assert head[0] == "订单号"
    assert len(rows) == len({row[0] for row in rows}) == 5
    assert list(exporting.folder().iterdir()) == [exporting.file_of(export)]


def test_what_the_disk_has_lost_is_written_anew(office, large, monkeypatch):
    export = half_made(office, monkeypatch)
    exporting.forget_file(export)
    work()
    export.refresh_from_db()
    assert (export.state, export.done) == (ErrandState.DONE, 5)
    assert len(rows_of(exporting.file_of(export).read_bytes())) == 6


def test_a_failed_export_leaves_no_file(office, large, monkeypatch):
    export = ask(office)

    def breaks(*_given):
        raise RuntimeError("the list is broken")

    monkeypatch.setattr(exporting, "table_rows", breaks)
    with pytest.raises(RuntimeError):
        lane.work_on()
    export.refresh_from_db()
    assert export.state == ErrandState.FAILED
    assert not list(exporting.folder().iterdir())


def test_what_nobody_needs_is_swept_and_the_rest_stays(office, large):
    done = ask(office)
    work()
    open_one = start_export(
        listing="trade.order", query="", columns=["order_no"], file_format="csv",
        file_name="x.csv", total=5, by=done.by, reason="对账",
    )  # fmt: skip
    failed = Export.objects.create(
        by=done.by, state=ErrandState.FAILED, format="csv", made_at=timezone.now()
    )
    parts = [exporting._part_of(open_one), exporting._part_of(failed), exporting.folder() / "tmp1"]
    for path in parts:
        path.write_bytes(b"x")
    assert lane.clear_errands() == 0  # somebody may be writing just now
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        assert lane.clear_errands() == 2
    assert set(exporting.folder().iterdir()) == {exporting.file_of(done), parts[0]}


def test_filters_that_fit_no_more_leave_no_file(office, large, monkeypatch):
    export = half_made(office, monkeypatch)
    Export.objects.update(query="colour__exact=red")
    work()
    export.refresh_from_db()
    assert export.state == ErrandState.FAILED
    assert not list(exporting.folder().iterdir())


def test_who_may_not_see_the_list_any_more_gets_no_file(office, large, monkeypatch):
    export = ask(office)
    work()
    page = page_of("trade.order")
    monkeypatch.setattr(type(page), "has_view_permission", lambda *_given: False)
    assert office.get(reverse("admin:common_export_file", args=[export.pk])).status_code == 404
    export.refresh_from_db()
    assert export.fetched_at is None


def test_the_file_is_for_the_asker_alone(office, browser_of, large, auditor, root):
    export = ask(office)
    work()
    url = reverse("admin:common_export_file", args=[export.pk])
    other = person("ops2", "青黛", Role.OPERATIONS)
    for user in (auditor, root, other):
        assert browser_of(user).get(url).status_code == 404
    export.refresh_from_db()
    with pytest.raises(Forbidden):
        fetch_export(export, by=root)
    assert export.fetched_at is None


def test_a_file_is_deleted_when_its_time_is_over(office, large):
    export = ask(office)
    work()
    path = exporting.file_of(export)
    assert path.stat().st_mode & 0o777 == 0o600
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        export.refresh_from_db()
        with pytest.raises(DomainError, match=r"export\.gone"):
            fetch_export(export, by=export.by)
        assert lane.clear_errands() == 1
    assert not path.exists()
    page = office.get(reverse("admin:common_export_change", args=[export.pk]))
    assert page.context["file_url"] == ""


def test_who_lost_the_right_gets_no_file(office, large, ops, root):
    export = ask(office)
    set_roles(ops, [Role.AGENT], by=root, reason="换岗")
    work()
    export.refresh_from_db()
    assert export.state == ErrandState.STOPPED
    assert not list(exporting.folder().iterdir())


def test_too_many_rows_are_refused(office, large, ops, monkeypatch):
    monkeypatch.setattr(exporting, "value", lambda key: 0 if key.endswith("at_once") else 3)
    monkeypatch.setattr(errands, "value", lambda _key: 3)
    page = office.post(URL, answers())
    assert page.context["form"].non_field_errors()
    assert not Export.objects.exists()


@pytest.mark.parametrize("who", ["chen", "mei", "qiao", "he", "bo", "wen"])
def test_who_may_not_asks_for_no_export(who, request, orders):
    with pytest.raises(Forbidden):
        start_export(
            listing="trade.order",
            query="",
            columns=["order_no"],
            file_format="csv",
            file_name="x.csv",
            total=1,
            by=request.getfixturevalue(who),
            reason="看看",
        )


def test_every_list_can_be_exported(browser_of, ops, owned, order, product):
    from tests.admin.test_pages import PAGES

    browser = browser_of(ops)
    for label, page in PAGES:
        if label in {"common.parameter", "tickets.recalledmessage"}:
            continue
        url = reverse(f"admin:{label.replace('.', '_')}_export")
        shown = browser.get(url).context["form"]["columns"].field.choices
        answer = browser.post(
            url, {"columns": [name for name, _label in shown], "file_format": "csv", "reason": "查"}
        )
        assert answer["Content-Type"] == "text/csv; charset=utf-8", label
        text = answer.content.decode()
        assert "周小宁" not in text, label
        assert "13800" not in text, label
        assert page.model._default_manager.count() or len(rows_of(answer.content)) == 1
