"""Qiao opens the shop's home: what runs out first, where the shop stands, what bent the line."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from common.parameters import forget, set_value
from merchants.actions import count_day, exclude_rating, withdraw_review
from merchants.actions.appeals import file_appeal, rule_appeal
from merchants.models import HeldReview
from merchants.queries.home import home_card, own_shops
from tests.merchants.casts_penalties import DAY, NOW, WHY, decided, noticed
from tests.merchants.casts_ratings import another_shop, at, buyers, employ, rate

pytestmark = pytest.mark.django_db


def home(user, shop, now=NOW, rights=("answer", "vote")):
    return home_card(user, shop, rights, now)


def test_a_shop_of_yesterday_has_a_home_without_a_figure(qiao, staff, shop):
    card = home(qiao, shop)
    assert card["day"] is None
    assert card["todo"] == []
    assert [score["exact"] for score in card["standing"]["scores"]] == [None] * 3
    assert card["standing"]["positive_rate"] is None
    assert card["trend"] == {"days": [], "events": []}
    assert card["traffic"]["multiplier"] is None


def test_what_ends_first_comes_first_with_what_happens_otherwise(qiao, staff, shop, bo, ops, judge):
    late = decided(shop, bo, ops, now=NOW - 14 * DAY)
    told = noticed(shop, bo, ops)
    todo = home(qiao, shop)["todo"]
    assert [one["kind"] for one in todo] == ["state", "appeal"]
    assert todo[0]["due_at"] == told.statement_due_at
    assert todo[0]["url"] == reverse("shop-violation", args=[told.violation_no])
    assert todo[1]["due_at"] == late.appeal_until
    assert all(one["otherwise"] and one["may"] for one in todo)


def test_who_may_not_answer_may_look(qiao, staff, shop, bo, ops):
    noticed(shop, bo, ops)
    assert [one["may"] for one in home(qiao, shop, rights=("vote",))["todo"]] == [False]


def test_what_is_over_is_not_to_do(qiao, staff, shop, bo, ops):
    told = noticed(shop, bo, ops)
    assert home(qiao, shop, now=told.statement_due_at)["todo"] == []


def test_a_negative_review_without_reply_waits_thirty_days(qiao, staff, shop, mei):
    rate(mei, shop, 1, grade=-1, comment="坏了一半", succeeded_at=at(1))
    todo = home(qiao, shop, now=at(20))["todo"]
    assert [(one["kind"], one["due_at"]) for one in todo] == [("reply", at(2, 0, 12))]
    assert home(qiao, shop, now=at(2, 0, 12))["todo"] == []


def test_the_standing_is_that_of_the_score_page_and_says_its_change(qiao, staff, shop):
    for day, scores in ((10, (5, 5, 5)), (19, (3, 3, 1))):
        for buyer in buyers(12):
            rate(buyer, shop, *scores, succeeded_at=at(day))
    for day in range(11, 20):
        count_day(date(2026, 11, day), now=at(day + 1, 3))
    card = home(qiao, shop, now=at(20))
    assert card["day"] == "2026-11-19"
    assert [(s["exact"], s["change"]) for s in card["standing"]["scores"]] == [
        ("4.00000", "-1.00000"), ("4.00000", "-1.00000"), ("3.00000", "-2.00000"),
    ]  # fmt: skip
    assert [event["kind"] for event in card["trend"]["events"]] == ["fall"]
    assert card["trend"]["events"][0]["day"] == "2026-11-19"
    assert card["trend"]["events"][0]["dimension"] == "logistics_service"


def test_an_appeal_granted_says_what_it_gave_back(qiao, staff, shop, bo, ops, judge, third):
    penalty = decided(shop, bo, ops)
    appeal = file_appeal(penalty, text="不是我们", by=qiao, now=penalty.decided_at)
    rule_appeal(appeal, outcome="revoked", reason=WHY, by=third, now=penalty.decided_at + DAY)
    (case,) = home(qiao, shop, now=penalty.decided_at + 2 * DAY)["cases"]
    assert case["appeal"]["outcome"] == "revoked"
    assert case["appeal"]["restored"]
    assert not case["is_in_force"]


def test_two_merchants_see_nothing_of_each_other(qiao, staff, shop, bo, ops, chen):
    noticed(shop, bo, ops)
    other = another_shop()
    employ(chen, other, "answer")
    assert [one.pk for one in own_shops(chen)] == [other.pk]
    card = home(chen, other)
    assert card["todo"] == card["cases"] == card["points"] == []


def test_the_home_is_at_most_six_queries_however_much_there_is(
    browser_of, qiao, staff, shop, bo, ops, mei, django_assert_max_num_queries
):
    for n in range(5):
        noticed(shop, bo, ops, now=timezone.now() - timedelta(hours=n))
    rate(mei, shop, 1, grade=-1, comment="坏了一半")
    client = browser_of(qiao)
    with django_assert_max_num_queries(6):
        answer = client.get(f"/api/v1/shops/{shop.shop_no}/home/")
    assert answer.status_code == 200
    assert len(answer.json()["cases"]) == 4


def test_strangers_find_no_home(browser_of, chen, shop):
    assert browser_of(chen).get(f"/api/v1/shops/{shop.shop_no}/home/").status_code == 404


def test_the_page_says_the_sentence_and_remembers_the_shop(browser_of, qiao, staff, shop, bo, ops):
    noticed(shop, bo, ops, now=timezone.now())
    second = another_shop()
    employ(qiao, second, "answer")
    browser = browser_of(qiao)
    page = browser.get("/shop/").content.decode()
    assert "描述不符" in page
    assert second.name in page
    browser.get(f"/shop/?shop={second.shop_no}")
    assert "描述不符" not in browser.get("/shop/").content.decode()


def test_who_works_for_no_shop_is_told_so(browser_of, qiao):
    assert "还没有" in browser_of(qiao).get("/shop/").content.decode()


def test_members_find_no_merchants_front(browser_of, mei):
    assert browser_of(mei).get("/shop/").status_code == 404


def test_words_that_are_looked_at_first_stand_on_no_home(qiao, staff, shop, mei, ada):
    rate(ada, shop, 5, comment="很甜", succeeded_at=at(17))
    said = rate(mei, shop, 1, grade=-1, comment="不退钱就差评", succeeded_at=at(18))
    hold = HeldReview.objects.create(rating=said, held_at=at(18), until=at(19))

    def words():
        return [one["text"] for one in home(qiao, shop, now=at(19, 11))["voices"]["words"]]

    assert words() == ["很甜"]
    HeldReview.objects.filter(pk=hold.pk).update(released_at=at(19, 10))
    assert words() == ["不退钱就差评", "很甜"]


def test_what_was_withdrawn_or_excluded_is_no_bad_review_of_the_week(
    qiao, staff, shop, ops, mei, ada, chen
):
    gone, fake, bad = (
        rate(who, shop, 1, grade=-1, succeeded_at=at(18)) for who in (mei, ada, chen)
    )
    assert home(qiao, shop, now=at(20))["voices"]["unhappy"] == 3
    withdraw_review(gone, by=None, now=at(19))
    exclude_rating(fake, ground="suspected_fake", reason=WHY, by=ops, now=at(19))
    voices = home(qiao, shop, now=at(20))["voices"]
    assert (voices["unhappy"], voices["unhappy_before"]) == (1, 0)
    assert home(qiao, shop, now=at(26))["voices"]["unhappy_before"] == 1
    assert bad.grade == -1


def test_below_ten_ratings_no_line_is_drawn_and_no_change_said(qiao, staff, shop):
    for day, count, score in ((10, 3, 1), (18, 12, 5)):
        for buyer in buyers(count):
            rate(buyer, shop, score, score, score, succeeded_at=at(day))
    for day in range(11, 20):
        count_day(date(2026, 11, day), now=at(day + 1, 3))
    card = home(qiao, shop, now=at(20))
    line = {row["day"]: row["desc_match"]["score"] for row in card["trend"]["days"]}
    assert line["2026-11-17"] is None
    assert line["2026-11-18"] == line["2026-11-19"] == Decimal("4.20000")
    assert [score["change"] for score in card["standing"]["scores"]] == [None] * 3


def test_a_change_within_seven_days_is_none_between_other_days(qiao, staff, shop):
    for day, score in ((1, 5), (19, 1)):
        for buyer in buyers(12):
            rate(buyer, shop, score, score, score, succeeded_at=at(day))
    # The clock stood still from the 10th to the 18th.
    for day in (*range(2, 10), 19):
        count_day(date(2026, 11, day), now=at(day + 1, 3))
    card = home(qiao, shop, now=at(20))
    assert [score["change"] for score in card["standing"]["scores"]] == [None] * 3
    assert card["trend"]["events"] == []


def test_from_which_score_the_house_stays_out_is_said_as_it_is(browser_of, qiao, staff, shop, ops):
    from tests.merchants.casts_experience import count, metric, shops

    count(metric("bad_review_rate", "product", [(it, f"0.{n}", 40) for n, it in
                 enumerate([shop, *shops(4, shop.category)])], is_lower_better=True))  # fmt: skip
    set_value("experience.trusted", Decimal("4.90"), by=ops, reason=WHY)
    forget()
    html = browser_of(qiao).get(reverse("shop-home")).content.decode()
    assert "4.90" in html
    assert "4.80" not in html
