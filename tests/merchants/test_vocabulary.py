"""The vocabulary of conditions is documented, and knows how shops are scored."""

import pytest

from merchants.models import ShopScore
from merchants.rulebook.conditions import check_condition
from merchants.rulebook.simulating import matching_numbers
from merchants.rulebook.vocabulary import source_named
from tests.merchants.casts_ratings import another_shop
from tests.merchants.vocabulary import PAGE, text
from trade.models import Product


def found(source: str, field: str, op: str, value: object) -> list[str]:
    condition = check_condition({"field": field, "op": op, "value": value}, source)
    return list(matching_numbers(source_named(source), condition, 10))


def test_the_page_lists_every_word_of_the_vocabulary():
    assert PAGE.read_text("utf-8") == text(), "python -m tests.merchants.vocabulary"


@pytest.mark.django_db
def test_a_condition_asks_for_the_scores_of_the_shop(shop, product):
    ShopScore.objects.filter(shop=shop).update(
        desc_sum=40, desc_count=10, service_sum=45, service_count=10, logistics_sum=50,
        logistics_count=10, credit=7,
    )  # fmt: skip
    another_shop()
    assert found("shop", "dsr", "eq", "4.5") == [shop.shop_no]
    assert found("shop", "desc_match", "lt", "4.01") == [shop.shop_no]
    assert found("shop", "shop_credit", "ge", 7) == [shop.shop_no]
    assert found("product", "dsr", "between", [4, 5]) == [product.product_no]


@pytest.mark.django_db
def test_a_shop_without_scores_fits_no_comparison_of_them(shop):
    assert found("shop", "dsr", "lt", 5) == []
    condition = {"not": {"field": "dsr", "op": "lt", "value": 5}}
    assert matching_numbers(source_named("shop"), check_condition(condition, "shop"), 10) == []
    assert not Product.objects.exists()
