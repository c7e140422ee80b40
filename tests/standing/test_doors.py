"""The member's page, REST and the desk say the same of where somebody stands."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from accounts.actions import begin_guide, post_entry
from accounts.models import Cause, Score, Tier
from accounts.standing.queries import standing_card, standing_in_short
from tests.standing.casts import NOW, buy, run

pytestmark = pytest.mark.django_db
OCTOBER = datetime(2026, 10, 15, 4, 0, tzinfo=UTC)


@pytest.fixture
def known(mei, shop):
    """Mei with a month of orders and one bad row."""
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    post_entry(
        mei.member, Score.CREDIT, -50, Cause.HARASSMENT, "HC1", by=None, reason="骚扰", now=NOW
    )
    return mei


def test_each_score_is_its_start_and_its_rows(known):
    for score in standing_card(known.member, NOW)["scores"]:
        assert score["total"] == score["start"] + sum(row["points"] for row in score["rows"])


def test_every_row_names_cause_rules_and_until_when_it_counts(known):
    credit = standing_card(known.member, NOW)["scores"][1]
    bad, orders = credit["rows"]
    assert (bad["cause"], bad["case"], bad["points"], bad["counts_until"]) == (
        "harassment", "HC1", -50, None,
    )  # fmt: skip
    assert (orders["cause"], orders["case"], orders["points"]) == ("orders", "2026-10", 2)
    assert orders["counts_until"] == datetime(2028, 11, 7, 16, 0, tzinfo=UTC)  # the 8th in Shanghai
    assert {row["rules_version"] for row in credit["rows"]} == {0}


def test_the_page_shows_tier_scores_and_rows(known, browser_of):
    page = browser_of(known).get("/me/standing/")
    text = page.content.decode()
    assert page.status_code == 200
    for words in ("普通", "552", "一般", "骚扰成立", "2026-10的1笔订单"):
        assert words in text


def test_the_page_is_the_members_own(bo, browser_of):
    assert browser_of(bo).get("/me/standing/").status_code == 404
    assert Client().get("/me/standing/").status_code == 302


def test_rest_tells_it_to_oneself_and_to_who_may_see_the_member(known, bo, chen, browser_of):
    own = browser_of(known).get("/api/v1/me/standing/").json()
    seen = browser_of(bo).get(f"/api/v1/members/{known.member.member_no}/standing/").json()
    assert own == seen
    assert [score["total"] for score in own["scores"]] == [11, 552, 28]
    foreign = browser_of(chen).get(f"/api/v1/members/{known.member.member_no}/standing/")
    assert foreign.status_code == 404


def test_it_asks_a_fixed_number_of_queries(known, shop, django_assert_max_num_queries):
    for n in range(12):
        buy(known.member, shop, f"Q{n}", datetime(2026, 1 + n % 10, 3, tzinfo=UTC))
    run()
    with django_assert_max_num_queries(8):
        standing_card(known.member, NOW)


def test_a_guided_member_reads_what_is_promised_before_paying(chen, browser_of):
    chen.member.registered_at = datetime.now(UTC)
    chen.member.save()
    begin_guide(chen.member, now=datetime.now(UTC))
    chen.member.refresh_from_db()
    assert chen.member.tier == Tier.NEW
    assert "首单必保" in browser_of(chen).get("/me/standing/").content.decode()


def test_the_desk_shows_the_newest_rows_of_credit_and_not_what_moved_none(mei, shop):
    """Refunded orders move no credit; many rows of other scores push none of it out."""
    buy(mei.member, shop, "A0", datetime(2026, 5, 3, tzinfo=UTC))
    for n in range(4):
        refunded = {"refunded_amount": Decimal("100.00")}
        buy(mei.member, shop, f"R{n}", datetime(2026, 7 + n, 3, tzinfo=UTC), **refunded)
    run()
    for n in range(4):
        post_entry(
            mei.member, Score.VALUE, 5, Cause.GOOD_DEED, f"G{n}", by=None, reason="好事", now=NOW
        )
    rows = standing_in_short(mei.member, NOW)["rows"]
    assert [(row["case"], row["points"]) for row in rows] == [("2026-05", 2)]
