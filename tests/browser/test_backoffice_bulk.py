"""Many rows at once in a real browser, with the real worker: figures, views, bulk jobs, exports, imports."""

import csv
import re

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import expect

from accounts.models import Member
from common.models import Event, Job, SavedView
from tests.browser.pages import assert_fits, shot
from tests.conftest import make_order
from trade.models import Product

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 640


@pytest.fixture
def worker(house):
    house.up("worker")
    yield
    house.down("worker")


@pytest.fixture
def shelf(shop):
    """More products than one page answers for; some are taken down already."""
    Product.objects.bulk_create(
        Product(
            product_no=f"P{number:04}",
            shop=shop,
            title=f"高山白桃 {number} 号礼盒",
            category="水果",
            price="59.90",
            taken_down_at=timezone.now() if number % 20 == 0 else None,
            is_listed=number % 3 > 0,
        )
        for number in range(MANY)
    )


def test_from_a_filter_to_a_job_on_all_that_match(new_page, house, worker, shelf, ops):
    page = new_page(ops)
    page.goto(house.url + "/admin/trade/product/")
    page.get_by_text("过滤器").click()
    shelf_filter = page.locator("[data-filter=shelf]")
    expect(
        shelf_filter.get_by_role("link", name=re.compile("已下架|强制下架|下架")).last
    ).to_be_visible()
    expect(shelf_filter.locator("[data-count]").first).to_have_text(f"{MANY}")
    expect(shelf_filter.locator("[data-count]").last).to_have_text("32")
    shot(page, "admin-filter-counts")
    shelf_filter.get_by_role("link").nth(1).click()

    page.get_by_text("存为视图").click()
    page.locator("#view-name").fill("在架的白桃")
    shot(page, "admin-save-view")
    page.get_by_role("button", name="保存").click()
    tab = page.get_by_role("link", name="在架的白桃")
    expect(tab).to_have_attribute("aria-current", "page")
    assert SavedView.objects.get().query == "shelf=on"
    shot(page, "admin-view-open")

    page.get_by_role("link", name="全部", exact=True).first.click()
    page.locator("#action-toggle").check()
    page.get_by_role("link", name=re.compile("选符合条件的全部640件")).click()
    expect(page.get_by_text("选了符合条件的全部640件，不只这一页")).to_be_visible()
    shot(page, "admin-bulk-bar")
    page.locator("select[name=action]").select_option("take_down")
    page.get_by_role("button", name="执行").click()
    expect(page.get_by_text(f"涉及{MANY}件")).to_be_visible()
    page.get_by_label("原因").fill("产地通报农残超标")
    page.get_by_role("button", name="先算算影响").click()
    expect(page.get_by_text("均匀抽了200件试算")).to_be_visible()
    assert not Event.objects.filter(action="product.taken_down").exists()
    shot(page, "admin-bulk-trial")
    page.locator("button[value=do]").click()
    expect(page).to_have_url(re.compile(r"/admin/common/job/"))
    shot(page, "admin-job-running")
    expect(page.get_by_text("做完了：改了608件，32件没动。")).to_be_visible(timeout=90_000)
    assert Product.objects.filter(taken_down_at=None).count() == 0
    shot(page, "admin-job-done")
    with page.expect_download() as fetched:
        page.get_by_role("link", name=re.compile("取没动的清单")).click()
    with open(fetched.value.path(), encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 33
    assert Job.objects.get().by == ops


def test_an_export_opens_with_the_right_rows(new_page, house, mei, shop, ops):
    for number in range(12):
        make_order(mei, shop, f"20261118000{number:04}", timezone.now())
    page = new_page(ops)
    page.goto(house.url + "/admin/trade/order/?q=20261118000")
    page.goto(house.url + "/admin/trade/order/")
    page.locator(".x-list-tools").get_by_role("link", name="导出").click()
    shot(page, "admin-export")
    page.get_by_label("用途").fill("和财务对账")
    with page.expect_download() as fetched:
        page.get_by_role("button", name="导出").click()
    path = fetched.value.path()
    assert fetched.value.suggested_filename.endswith(".xlsx")
    rows = list(load_workbook(path.open("rb")).active.values)
    assert rows[0][0] == "订单号"
    assert {row[0] for row in rows[1:]} == {f"20261118000{number:04}" for number in range(12)}
    assert all("周*宁" in row[3] for row in rows[1:])


def test_a_file_with_two_bad_rows_is_brought(new_page, house, worker, ops, tmp_path):
    path = tmp_path / "新会员.csv"
    path.write_text(
        "会员编号,姓名,手机号,注册时间,备注\n"
        "M900,新客,13800009000,2026-11-01 09:00:00,\n"
        "M901,旧客,不是电话,2026-11-01 09:00:00,\n"
        "M902,老客,13800009002,昨天,\n"
        "M903,回头客,13800009003,,常客\n",
        encoding="gb18030",
    )
    page = new_page(ops)
    page.goto(house.url + "/admin/common/importfile/")
    page.get_by_role("link", name="导入文件").last.click()
    shot(page, "admin-upload")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="先看看").click()
    expect(page.get_by_text("导入会新增 2")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("GB18030").first).to_be_visible()
    expect(page.locator("td.is-problem")).to_have_count(2)
    assert not Member.objects.filter(member_no="M900").exists()
    shot(page, "admin-import-preview")
    page.get_by_label("原因").fill("线下门店新会员")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_text("导入完：新增 2")).to_be_visible(timeout=60_000)
    assert Member.objects.get(member_no="M903").display_name == "回头客"
    shot(page, "admin-import-done")
    with page.expect_download() as fetched:
        page.get_by_role("link", name=re.compile("取退回的行")).click()
    with open(fetched.value.path(), encoding="utf-8", newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["3", "4"]


@pytest.mark.parametrize(
    ("dark", "phone", "language"),
    [(True, False, ""), (False, True, ""), (False, False, "en"), (True, True, "en")],
)
def test_the_pages_fit_in_every_light(dark, phone, language, new_page, house, shelf, ops):
    from common.saved_views import save_view

    for number in range(4):
        save_view(listing="trade.product", name=f"第 {number} 个常用视图", query="shelf=on", by=ops)
    job = Job.objects.create(
        by=ops,
        listing="trade.product",
        act="take_down",
        made_at=timezone.now(),
        total=640,
        done=320,
        state="running",
        reason="产地通报",
        filters="货架：在架",
    )
    page = new_page(ops, dark=dark, phone=phone, language=language)
    name = f"{'dark' if dark else 'light'}{'-phone' if phone else ''}{'-en' if language else ''}"
    for address, what in (
        ("trade/product/", "list"),
        ("trade/product/export/", "export"),
        ("common/importfile/upload/", "upload"),
        (f"common/job/{job.pk}/change/", "job"),
        ("common/job/", "jobs"),
    ):
        page.goto(f"{house.url}/admin/{address}")
        if what == "list":
            page.locator("summary", has_text=re.compile("列|Columns")).last.click()
        assert_fits(page)
        shot(page, f"admin-many-{what}-{name}")
