"""Products: loaded from files, moved by the house, found by everybody who may see them."""

import pytest
from django.urls import reverse

from common.errors import DomainError
from common.history import history_of
from common.loading import Fates, load_file
from merchants.models import Shop
from tests.conftest import make_product
from trade.actions import relist_product, take_down_product
from trade.loading import ProductLoader
from trade.models import Product
from trade.queries import product_facts

pytestmark = pytest.mark.django_db
API = "/api/v1/products/"
HEAD = "product_no,shop_no,title,price,category,is_listed\n"


@pytest.fixture
def load(tmp_path):
    def load(*lines, head=HEAD):
        path = tmp_path / "products.csv"
        path.write_text(head + "\n".join(lines) + "\n")
        return load_file(ProductLoader(), path).fates

    return load


def numbers(answer):
    assert answer.status_code == 200, answer.content
    return [row["product_no"] for row in answer.json()["data"]]


# --- from files ------------------------------------------------------------------------------


def test_a_file_makes_corrects_and_leaves(load, shop):
    lines = ("G1,S3001,智利车厘子,168.00,生鲜,true", "G2,S3001,红颜草莓,69,,否")
    assert load(*lines) == Fates(inserted=2)
    assert load(*lines) == Fates(unchanged=2)
    assert load("G1,S3001,智利车厘子,158.5,生鲜,true") == Fates(updated=1)
    cherries, berries = Product.objects.order_by("product_no")
    assert (str(cherries.price), cherries.category, cherries.shop) == ("158.50", "生鲜", shop)
    assert (berries.is_listed, berries.category, berries.added_at is None) == (False, "", False)


@pytest.mark.parametrize(
    "line",
    [
        "G1,S9,车厘子,1.00,,",  # no such shop
        "G1,S3001,车厘子,-1.00,,",
        "G1,S3001,车厘子,,,",
        "G1,S3001,,1.00,,",
        f"{'9' * 41},S3001,车厘子,1.00,,",
        f"G1,S3001,{'长' * 201},1.00,,",
        "G1,S3001,车厘子,1.001,,",
        "G1,S3001,车厘子,1.00,,maybe",
    ],
)
def test_a_line_that_is_no_product_is_rejected_alone(load, shop, line):
    assert load(line, "G2,S3001,草莓,69.00,,") == Fates(inserted=1, rejected=1)
    assert Product.objects.get().title == "草莓"


def test_a_file_does_not_bring_back_what_the_house_took_down(load, product, ops):
    take_down_product(product, by=ops, reason="召回")
    assert load("G300101,S3001,智利车厘子,168,生鲜,true") == Fates(updated=1)
    product.refresh_from_db()
    assert (product.title, product.is_listed, product.is_on_shelf) == ("智利车厘子", True, False)


# --- the house -------------------------------------------------------------------------------


def test_taking_down_and_relisting_leave_a_history(product, ops):
    take_down_product(product, by=ops, reason="厂家召回")
    with pytest.raises(DomainError) as again:
        take_down_product(product, by=ops)
    relist_product(product, by=ops, reason="检测合格")
    with pytest.raises(DomainError) as nothing:
        relist_product(product, by=ops)
    assert (again.value.code, nothing.value.code) == ("product.already_down", "product.not_down")
    lines = [(line.action, line.reason, line.actor) for line in history_of(product)]
    assert lines == [
        ("product.relisted", "检测合格", ops),
        ("product.taken_down", "厂家召回", ops),
    ]


def act(browser, row, name, **answers):
    url = reverse("admin:trade_product_act", args=[row.pk, name])
    return browser.post(url, {"step": "do", "reason": "厂家召回"} | answers)


def test_operations_take_a_product_down_with_a_reason(browser_of, ops, product):
    office = browser_of(ops)
    assert "reason" in act(office, product, "take_down", reason=" ").context["form"].errors
    act(office, product, "take_down")
    product.refresh_from_db()
    assert not product.is_on_shelf
    act(office, product, "relist")
    product.refresh_from_db()
    assert product.is_on_shelf


def test_an_account_manager_sees_products_but_moves_none(browser_of, wen, product):
    office = browser_of(wen)
    page = office.get(reverse("admin:trade_product_change", args=[product.pk]))
    assert page.status_code == 200
    assert "¥168.00" in page.content.decode()
    assert page.context["acts"] == []
    assert act(office, product, "take_down").status_code == 404
    assert history_of(product).count() == 0


@pytest.mark.parametrize("params", [{"q": "车厘"}, {"q": "G300101"}, {"shelf": "on"}, {"shop": 1}])
def test_the_office_finds_a_product(
    params, browser_of, ops, product, django_assert_max_num_queries
):
    make_product(Shop.objects.create(shop_no="S9", name="别家"), "G9", "坚果", is_listed=False)
    if "shop" in params:
        params = {"shop__id__exact": product.shop_id}
    browser, url = browser_of(ops), reverse("admin:trade_product_changelist")
    browser.get(url)
    with django_assert_max_num_queries(14):
        answer = browser.get(url, params)
    assert [row.pk for row in answer.context["cl"].result_list] == [product.pk]


# --- who may see what ------------------------------------------------------------------------


@pytest.fixture
def shelf(shop):
    """One on the shelf, one the shop took off it, one the house took down."""
    make_product(shop, "G1", "智利车厘子 JJ 级 2.5kg 礼盒")
    make_product(shop, "G2", "红颜草莓 3 斤装", is_listed=False)
    down = make_product(shop, "G3", "冷冻黑虎虾 1kg")
    take_down_product(down, by=None, reason="召回")


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("mei", ["G1"]),
        ("qiao", ["G1"]),
        ("he", ["G1"]),
        ("bo", ["G3", "G2", "G1"]),
        ("ops", ["G3", "G2", "G1"]),
        ("wen", ["G3", "G2", "G1"]),
    ],
)
def test_members_see_the_shelf_and_staff_what_is_behind_it(who, seen, request, shelf, browser_of):
    assert numbers(browser_of(request.getfixturevalue(who)).get(API)) == seen


def test_a_stranger_sees_nothing(client, shelf):
    assert client.get(API).status_code in {401, 403}


def test_a_product_is_told_with_its_shop_and_price(product, mei, browser_of):
    assert browser_of(mei).get(API).json() == {
        "data": [
            {
                "product_no": "G300101",
                "title": "智利车厘子 JJ 级 2.5kg 礼盒",
                "shop": "岭上鲜果旗舰店",
                "shop_no": "S3001",
                "category": "生鲜",
                "price": "168.00",
                "is_on_shelf": True,
            }
        ],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("车厘", ["G1"]),  # two characters
        ("厘", ["G1"]),  # one
        ("ＪＪ", ["G1"]),  # full width
        ("jj 礼盒", ["G1"]),  # words in any order, any case
        ("礼盒 jj", ["G1"]),
        ("车子", []),  # its letters, but not side by side
        ("车厘 厘子 车厘子", ["G1"]),
        ("3 斤", ["G2"]),
        ("100%", []),
        ("_", []),
        ("G2", ["G2"]),
        ("  ", ["G2", "G1"]),
        ("没有这个", []),
    ],
)
def test_words_of_any_length_find(q, found, shop, bo, browser_of):
    make_product(shop, "G1", "智利车厘子 JJ 级 2.5kg 礼盒")
    make_product(shop, "G2", "红颜草莓 3 斤装", is_listed=False)
    assert numbers(browser_of(bo).get(API, {"q": q})) == found


def test_a_shop_has_its_own_shelf(product, mei, browser_of):
    other = Shop.objects.create(shop_no="S9", name="别家")
    make_product(other, "G9", "智利车厘子 大箱")
    browser = browser_of(mei)
    assert numbers(browser.get(API, {"q": "车厘", "shop": "S9"})) == ["G9"]
    assert numbers(browser.get(API, {"q": "车厘"})) == ["G9", "G300101"]
    assert numbers(browser.get(API, {"shop": "S404"})) == []


def test_pages_go_on_where_the_last_one_ended(shop, mei, browser_of):
    for n in range(45):
        make_product(shop, f"G{n}", f"车厘子 {n} 号")
    browser, seen, cursor = browser_of(mei), [], ""
    while cursor is not None:
        page = browser.get(API, {"q": "车厘", "cursor": cursor})
        seen += numbers(page)
        cursor = page.json()["next_cursor"]
    assert seen == [f"G{n}" for n in range(44, -1, -1)]


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"cursor": "nonsense"}, 409, "cursor.bad"),
        ({"cursor": "WyJHMSJd"}, 409, "cursor.bad"),
        ({"q": "长" * 61}, 400, "text.too_long"),
        ({"q": "\x07"}, 400, "text.control"),
        ({"shop": "S" * 61}, 400, "text.too_long"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(params, status, code, mei, browser_of):
    answer = browser_of(mei).get(API, params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_number_of_queries_does_not_grow(product, mei, browser_of, django_assert_num_queries):
    browser = browser_of(mei)
    browser.get(API)
    for n in range(30):
        make_product(product.shop, f"G{n}", f"车厘子 {n} 号")
    with django_assert_num_queries(3):  # session, person, products with their shops
        assert len(numbers(browser.get(API))) == 20
    with django_assert_num_queries(4):  # and whether the word is a number
        assert len(numbers(browser.get(API, {"q": "车厘"}))) == 20


def test_an_order_knows_its_product_by_shop_and_title(order, product, mei, browser_of, ops):
    twin = Shop.objects.create(shop_no="S9", name="别家")
    make_product(twin, "G9", product.title)
    make_product(product.shop, "G10", product.title, is_listed=False)
    (row,) = browser_of(mei).get("/api/v1/orders/").json()["data"]
    assert row["offer"] == product_facts(product)
    take_down_product(product, by=ops, reason="召回")
    (row,) = browser_of(mei).get("/api/v1/orders/").json()["data"]
    assert row["offer"]["product_no"] == "G10"  # what the shop itself took off is nearer


def test_an_order_of_something_unknown_has_no_product(order, mei, browser_of):
    (row,) = browser_of(mei).get("/api/v1/orders/").json()["data"]
    assert row["offer"] is None
