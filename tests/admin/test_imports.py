"""Imports through the back office: brought, tried out, loaded on a word, with the loaders of the commands."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from accounts.actions import set_roles
from accounts.models import Member, Role
from common.admin import importing, lane
from common.errands import begin_import, start_import, stop_errand
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.loading import FileRefused
from common.loading.offers import offers
from common.models import ErrandState, ImportFile, ImportRun
from common.parameters import value
from tests.admin.lane import work
from trade.models import Order

UPLOAD = reverse("admin:common_importfile_upload")
GOOD = "会员编号,姓名,手机号\nM900,新客,13800009000\nM901,旧客,13800009001\n"
TWO_BAD = (
    "member_no,display_name,phone,registered_at\n"
    "M900,新客,13800009000,2026-11-01 09:00:00\n"
    "M901,旧客,不是电话,2026-11-01 09:00:00\n"
    "M902,老客,13800009002,昨天\n"
    "M903,回头客,13800009003,\n"
)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


def bring(browser, content, kind="members", name="新会员.csv"):
    data = content.encode() if isinstance(content, str) else content
    return browser.post(UPLOAD, {"kind": kind, "file": SimpleUploadedFile(name, data)})


def page_of(browser, brought):
    return browser.get(reverse("admin:common_importfile_change", args=[brought.pk]))


def begin(browser, brought, reason="开店"):
    return browser.post(
        reverse("admin:common_importfile_begin", args=[brought.pk]), {"reason": reason}
    )


def tried(browser, content, **how) -> ImportFile:
    answer = bring(browser, content, **how)
    assert answer.status_code == 302, answer.context["form"].errors
    work()
    return ImportFile.objects.get()


def test_a_file_is_tried_out_and_nothing_is_changed(office):
    brought = tried(office, TWO_BAD)
    assert (brought.state, brought.inserted, brought.rejected) == (ErrandState.READY, 2, 2)
    assert not Member.objects.filter(member_no__startswith="M90").exists()
    page = page_of(office, brought)
    rows = page.context["preview"]["rows"]
    assert [cell["text"] for cell in rows[0]["cells"]] == [
        "M900",
        "新客",
        "13800009000",
        "2026-11-01 09:00:00",
    ]
    assert [bool(cell["problem"]) for cell in rows[1]["cells"]] == [False, False, True, False]
    assert [bool(cell["problem"]) for cell in rows[2]["cells"]] == [False, False, False, True]
    assert [row["line"] for row in page.context["rejects"]] == ["3", "4"]


def test_it_is_loaded_on_a_word(office, ops):
    brought = tried(office, TWO_BAD)
    begin(office, brought)
    work()
    brought.refresh_from_db()
    assert (brought.state, brought.inserted, brought.rejected) == (ErrandState.DONE, 2, 2)
    assert Member.objects.get(member_no="M903").display_name == "回头客"
    assert (brought.run.by, brought.run.file_name) == (ops, "新会员.csv")
    assert [it.action for it in history_of(brought)] == [
        "import.ended",
        "import.begun",
        "import.brought",
    ]
    answer = office.get(reverse("admin:common_importfile_file", args=[brought.pk]))
    assert b"".join(answer.streaming_content).decode().count("\n") == 3


def test_without_a_reason_nothing_is_loaded(office):
    brought = tried(office, TWO_BAD)
    begin(office, brought, reason=" ")
    work()
    brought.refresh_from_db()
    assert brought.state == ErrandState.READY


def test_people_call_columns_by_their_names(office):
    brought = tried(office, GOOD)
    assert (brought.inserted, brought.rejected) == (2, 0)
    columns = page_of(office, brought).context["preview"]["columns"]
    assert [it["name"] for it in columns] == ["member_no", "display_name", "phone"]


def test_what_came_in_other_letters_is_told(office):
    brought = tried(office, GOOD.encode("gb18030"))
    assert (brought.encoding, brought.inserted) == ("GB18030", 2)
    assert "GB18030" in page_of(office, brought).content.decode()


def test_a_workbook_is_loaded_too(office):
    book = Workbook()
    for row in (["member_no", "display_name"], ["M900", "新客"], ["M901", "旧客"]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    brought = tried(office, out.getvalue(), name="新会员.xlsx")
    assert (brought.form, brought.inserted) == ("xlsx", 2)
    begin(office, brought)
    work()
    assert Member.objects.filter(member_no="M901").exists()


def test_the_same_file_again_changes_nothing(office):
    brought = tried(office, GOOD)
    begin(office, brought)
    work()
    bring(office, GOOD)
    work()
    again = ImportFile.objects.order_by("pk").last()
    assert (again.state, again.unchanged, again.inserted) == (ErrandState.READY, 2, 0)
    begin(office, again)
    again.refresh_from_db()
    assert again.state == ErrandState.READY


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (b"%PDF-1.7\x00\x01", "表格"),
        (b"<html>", "网页"),
        (b"\x1f\x8b\x08\x00xxxx", "压缩"),
    ],
)
def test_what_is_refused_is_refused_in_words_and_not_kept(content, words, office, tmp_path):
    page = bring(office, content)
    assert page.status_code == 200
    assert words in page.context["form"].errors["file"][0]
    assert not ImportFile.objects.exists()
    assert not list((tmp_path / "imports").iterdir())


@pytest.mark.parametrize(
    ("content", "words"),
    [("姓名,手机号\n周,13800000000\n", "member_no"), ("member_no,member_no\nM1,M2\n", "member_no")],
)
def test_a_head_that_does_not_fit_says_which_column(content, words, office):
    brought = tried(office, content)
    assert brought.state == ErrandState.FAILED
    assert words in brought.trouble
    assert page_of(office, brought).status_code == 200


@pytest.mark.parametrize(
    "kind", ["members", "shops", "products", "orders", "refunds", "conversations"]
)
def test_every_loader_is_offered(kind, office):
    assert kind in offers()
    assert kind in dict(office.get(UPLOAD).context["form"].fields["kind"].choices)


def test_orders_are_loaded(office, mei, shop):
    head = "订单号,会员编号,店铺编号,实付,付款时间"
    lines = f"{head}\nN7001,{mei.member.member_no},{shop.shop_no},168.00,2026-11-18 09:00:00\n"
    brought = tried(office, lines, kind="orders")
    assert brought.inserted == 1, brought.trouble
    begin(office, brought)
    work()
    assert Order.objects.get(order_no="N7001").member == mei.member


def test_who_lost_the_right_loads_nothing(office, ops, root):
    brought = tried(office, GOOD)
    begin(office, brought)
    set_roles(ops, [Role.AUDITOR], by=root, reason="换岗")
    work()
    brought.refresh_from_db()
    assert brought.state == ErrandState.STOPPED
    assert not Member.objects.filter(member_no="M900").exists()


def test_a_file_nobody_wants_is_put_away(office, ops):
    brought = tried(office, GOOD)
    office.post(reverse("admin:common_importfile_stop", args=[brought.pk]))
    brought.refresh_from_db()
    assert brought.state == ErrandState.STOPPED
    with pytest.raises(DomainError, match=r"import\.not_ready"):
        begin_import(brought, reason="还是要", by=ops)


def test_a_wish_to_stop_is_heard_at_the_very_end_of_the_trial(office, ops, monkeypatch):
    bring(office, GOOD)
    real = importing.load_file

    def stopped_meanwhile(*given, **how):
        report = real(*given, **how)
        stop_errand(ImportFile.objects.get(), by=ops)
        return report

    monkeypatch.setattr(importing, "load_file", stopped_meanwhile)
    work()
    brought = ImportFile.objects.get()
    assert brought.state == ErrandState.STOPPED
    with pytest.raises(DomainError, match=r"import\.not_ready"):
        begin_import(brought, reason="还是要", by=ops)


def test_a_wish_to_stop_is_heard_while_another_import_runs(office, ops, monkeypatch):
    brought = tried(office, GOOD)
    begin(office, brought)

    def busy(*_given, **_how):
        stop_errand(brought, by=ops)
        raise FileRefused("import.busy", "busy")

    monkeypatch.setattr(importing, "load_file", busy)
    work()
    brought.refresh_from_db()
    assert brought.state == ErrandState.STOPPED


def test_a_file_nobody_let_in_is_put_away_after_its_time(office, tmp_path):
    brought = tried(office, GOOD)
    with time_machine.travel(timezone.now() + value("backoffice.import_kept") + timedelta(hours=1)):
        assert lane.clear_errands() == 1
    brought.refresh_from_db()
    assert (brought.state, brought.size) == (ErrandState.STOPPED, 0)
    assert not list((tmp_path / "imports").iterdir())


def test_a_file_that_was_let_in_meanwhile_is_not_put_away(office):
    stale = tried(office, GOOD)
    begin(office, stale)
    assert importing.forget_import(stale) is False
    work()
    stale.refresh_from_db()
    assert stale.state == ErrandState.DONE
    assert Member.objects.filter(member_no="M900").exists()


def test_a_killed_import_goes_on(office, monkeypatch):
    lines = "member_no,display_name\n" + "".join(f"M9{n:03},客{n}\n" for n in range(60))
    brought = tried(office, lines)
    begin(office, brought)
    real = importing.load_file

    def dies(*given, **how):
        real(*given, **how)
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "load_file", dies)
    with pytest.raises(KeyboardInterrupt):
        lane.work_on()
    monkeypatch.setattr(importing, "load_file", real)
    work()
    brought.refresh_from_db()
    assert brought.state == ErrandState.DONE
    assert Member.objects.filter(member_no__startswith="M9").count() == 60


def test_what_is_in_the_file_is_for_who_brought_it(browser_of, office, auditor):
    brought = tried(office, TWO_BAD)
    browser = browser_of(auditor)
    page = page_of(browser, brought)
    assert page.status_code == 200
    assert page.context["preview"] is None
    assert page.context["rejects"] == []
    assert (
        browser.get(reverse("admin:common_importfile_file", args=[brought.pk])).status_code == 404
    )
    assert begin(browser, brought).status_code == 302
    work()
    brought.refresh_from_db()
    assert brought.state == ErrandState.READY


@pytest.mark.parametrize("who", ["wen", "mei", "auditor"])
def test_who_may_bring(who, request, browser_of):
    assert browser_of(request.getfixturevalue(who)).get(UPLOAD).status_code == 404


@pytest.mark.parametrize("who", ["chen", "mei", "qiao", "he", "bo", "wen"])
def test_who_may_not_starts_no_import(who, request, office):
    by = request.getfixturevalue(who)
    with pytest.raises(Forbidden):
        start_import(
            kind="members",
            file_name="x.csv",
            size=1,
            form="csv",
            encoding="UTF-8",
            keep=lambda brought: None,
            by=by,
        )
    brought = tried(office, GOOD)
    with pytest.raises(Forbidden):
        begin_import(brought, reason="我来", by=by)
    with pytest.raises(Forbidden):
        stop_errand(brought, by=by)


def test_runs_of_commands_are_listed_too(office):
    brought = tried(office, GOOD)
    begin(office, brought)
    work()
    page = office.get(reverse("admin:common_importrun_changelist"))
    assert page.context["cl"].result_list == list(ImportRun.objects.all())
