"""The back office of ratings: every action once, what is seen, and a shop's chart."""

import pytest
from django.urls import reverse

from merchants.actions import bring_up_to_date, exclude_rating
from merchants.models import DSRSnapshot, Grade, Rating, RatingMeasure
from tests.merchants.casts_ratings import NOW, WHY, at, buyers, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.fixture
def bad(mei, shop) -> Rating:
    return rate(mei, shop, 1, 2, None, grade=Grade.NEGATIVE, comment="坏了，电话 13800002071")


def act(office, row: Rating, name: str, **answers):
    url = reverse("admin:merchants_rating_act", args=[row.pk, name])
    return office.post(url, {"step": "do", "reason": WHY} | answers)


def test_operations_exclude_and_count_again(office, ops, bad):
    act(office, bad, "stop_counting", ground="malicious")
    bad.refresh_from_db()
    assert (bad.is_excluded, RatingMeasure.objects.get().by) == (True, ops)
    act(office, bad, "count_again")
    bad.refresh_from_db()
    assert not bad.is_excluded


def test_operations_mask_and_show_again(office, bad):
    act(office, bad, "mask", ground="private", words="电话，坏")
    assert RatingMeasure.objects.get().words == ["电话", "坏"]
    act(office, bad, "unmask")
    bad.refresh_from_db()
    assert not bad.is_masked


def test_without_a_reason_nothing_changes(office, bad):
    act(office, bad, "stop_counting", ground="malicious", reason=" ")
    assert not RatingMeasure.objects.exists()


def test_an_account_manager_sees_and_does_nothing(browser_of, wen, bad):
    page = browser_of(wen).get(reverse("admin:merchants_rating_change", args=[bad.pk]))
    assert page.status_code == 200
    assert act(browser_of(wen), bad, "stop_counting", ground="malicious").status_code == 404


def test_the_page_masks_names_and_phones_and_offers_no_field_to_edit(office, bad):
    page = office.get(reverse("admin:merchants_rating_change", args=[bad.pk])).content.decode()
    assert "13800002071" not in page
    assert "周小宁" not in page
    assert 'name="desc_match"' not in page
    assert office.post(reverse("admin:merchants_rating_delete", args=[bad.pk])).status_code == 404


def test_the_list_is_filtered_by_grade_shop_and_what_counts(office, ada, shop, ops, bad):
    good = rate(ada, shop)
    exclude_rating(bad, ground="malicious", reason=WHY, by=ops)
    url = reverse("admin:merchants_rating_changelist")
    for query, seen, hidden in (
        ("counts=excluded", bad, good),
        ("grade__exact=1", good, bad),
        (f"q={bad.order_no}", bad, good),
    ):
        page = office.get(f"{url}?{query}").content.decode()
        assert seen.order_no in page, query
        assert hidden.order_no not in page, query


def test_a_list_asks_as_often_however_long_it_is(office, shop, django_assert_max_num_queries):
    for buyer in buyers(30):
        rate(buyer, shop)
    url = reverse("admin:merchants_rating_changelist")
    office.get(url)
    with django_assert_max_num_queries(14):
        office.get(url)


def test_a_snapshot_shows_its_chart_and_what_moved_it(office, mei, ada, shop):
    rate(mei, shop, 5, 5, 5)
    bring_up_to_date(at(21, 1))
    low = rate(ada, shop, 1, 1, 1, succeeded_at=at(21))
    bring_up_to_date(at(22, 1))
    key = DSRSnapshot.key(at(21).date(), shop.pk)
    page = office.get(reverse("admin:merchants_dsrsnapshot_change", args=[key])).content.decode()
    assert page.count("<polyline") == 6
    assert low.order_no in page
    assert "-2.00000000" in page
    assert NOW.date() < at(21).date()


def test_snapshots_and_days_are_listed(office, mei, shop):
    rate(mei, shop)
    bring_up_to_date(at(21, 1))
    for name in ("dsrsnapshot", "dsrday", "ratingmeasure"):
        assert office.get(reverse(f"admin:merchants_{name}_changelist")).status_code == 200
    found = office.get(reverse("admin:merchants_dsrsnapshot_changelist") + "?q=S3001")
    assert shop.name in found.content.decode()
