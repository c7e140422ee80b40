"""REST of reviews and scores: what everybody reads, and what the shop's own see beside it."""

import pytest
from django.utils import timezone

from merchants.actions import bring_up_to_date
from merchants.models import Grade
from tests.merchants.casts_ratings import at, employ, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(browser_of, shop):
    """Give a function that asks about the fruit shop as a person."""

    def api(user, path, query="", **sent):
        url = f"/api/v1/shops/{shop.shop_no}/{path}{query}"
        browser = browser_of(user)
        return (
            browser.post(url, sent, content_type="application/json") if sent else browser.get(url)
        )

    return api


def test_everybody_reads_reviews_page_by_page(api, mei, ada, chen, shop):
    for who, hour in ((mei, 9), (ada, 10), (mei, 11)):
        rate(who, shop, grade=Grade.POSITIVE, succeeded_at=at(20, hour))
    seen, cursor = [], ""
    while cursor is not None:
        answer = api(chen, "reviews/", f"?limit=2&cursor={cursor}").json()
        seen += [row["rated_at"] for row in answer["data"]]
        cursor = answer["next_cursor"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 3
    assert api(chen, "reviews/", "?cursor=nonsense").status_code == 409
    assert api(chen, "reviews/", "?grade=great").status_code == 400
    assert api(chen, "reviews/", "?order=best").status_code == 400
    assert "order_no" not in answer["data"][0]


def test_everybody_reads_where_a_shop_stands(api, chen, mei, shop):
    rate(mei, shop)
    bring_up_to_date(at(21, 1))
    card = api(chen, "dsr/").json()
    assert (card["day"], card["positive_rate"], card["credit"]["points"]) == (
        "2026-11-20",
        "1.0000",
        1,
    )
    assert [row["score"] for row in card["scores"]] == ["—"] * 3


def test_only_the_shops_own_see_what_moves_it(api, chen, mei, qiao, wen, shop):
    rate(mei, shop)
    bring_up_to_date(at(21, 1))
    bring_up_to_date(at(22, 1))
    paths = ("dsr/insight/", "ratings/", "dsr/changes/?since=2026-11-20&until=2026-11-21")
    assert {api(who, path).status_code for who in (chen, mei, qiao) for path in paths} == {404}
    employ(qiao, shop)
    assert {api(who, path).status_code for who in (qiao, wen) for path in paths} == {200}
    assert api(qiao, paths[1]).json()["data"][0]["effects"]["desc_match"] is None
    assert api(qiao, paths[0]).json()["traffic"]["function"]["slope"] == "0.2"


def test_days_that_are_none_are_refused(api, wen):
    assert api(wen, "dsr/changes/").status_code == 400
    assert api(wen, "dsr/changes/?since=2026-13-01&until=x").status_code == 400
    answer = api(wen, "dsr/changes/?since=2026-01-01&until=2026-01-02")
    assert (answer.status_code, answer.json()["code"]) == (409, "dsr.not_counted")


def test_qiao_replies_by_the_key_of_the_review(api, mei, qiao, shop):
    rate(mei, shop, grade=Grade.NEGATIVE, succeeded_at=timezone.now())
    key = api(qiao, "reviews/").json()["data"][0]["key"]
    assert api(qiao, f"reviews/{key}/replies/", text="抱歉").status_code == 404
    employ(qiao, shop, "answer")
    answer = api(qiao, f"reviews/{key}/replies/", text="抱歉")
    assert (answer.status_code, answer.json()["replies"][0]["text"]) == (201, "抱歉")
    assert api(qiao, "reviews/rtg_nonsense/replies/", text="抱歉").status_code == 404
