"""The experience score at its doors: what is shown, in how many queries, and to whom not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from merchants.models import DSRDay, Penalty
from merchants.queries.dsr import traffic_card, traffic_of
from merchants.queries.experience import experience_card
from merchants.queries.gate import activity_gate
from tests.merchants.casts_experience import DAY, MORNING, count, metric, shops
from tests.merchants.casts_penalties import HEARD, decided
from tests.merchants.casts_ratings import another_shop, employ
from tests.merchants.test_experience_warnings import scores

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(shop):
    """Count the fruit shop among four others of its category."""
    others = shops(4, shop.category)
    good = [(it, f"0.{n + 1}", 30) for n, it in enumerate(others)]
    count(
        metric("bad_review_rate", "product", [(shop, "0.15", 40), *good], is_lower_better=True),
        metric("three_minute_rate", "consult", [(shop, "0.5", 99), *[(it, v, 100) for it, v, _n in good]],
               least=100),
    )  # fmt: skip
    return shop


def metrics_of(card) -> dict:
    return {one["code"]: one for part in card["dimensions"] for one in part["metrics"]}


def test_the_card_says_what_the_score_is_made_of(counted, django_assert_num_queries):
    experience_card(counted, MORNING)
    with django_assert_num_queries(2):
        card = experience_card(counted, MORNING)
    # Product: better than 3 of 4 → 4.50 weighs 30; consult: too few, 4.00 weighs 15 → 4.33.
    assert (card["score"], card["band"]) == ("4.33", "fair")
    parts = {one["code"]: one for one in card["dimensions"]}
    assert (parts["product"]["score"], parts["product"]["share"]) == ("4.50", "66.7")
    assert (parts["consult"]["score"], parts["consult"]["share"]) == ("4.00", "33.3")
    assert (parts["logistics"]["score"], parts["logistics"]["share"]) == (None, None)
    one = metrics_of(card)
    assert one["bad_review_rate"]["better_than"] == "75"
    assert one["bad_review_rate"]["peers_mean"] == "0.230000"
    assert (one["three_minute_rate"]["state"], one["three_minute_rate"]["sample"]) == ("few", 99)
    assert one["desc_match"]["state"] == "missing"
    assert one["desc_match"]["label"] in card["missing"]
    assert one["bad_review_rate"]["label"] not in card["missing"]


def test_before_the_first_count_everything_is_unknown(shop):
    card = experience_card(shop, MORNING)
    assert (card["score"], card["day"]) == (None, None)


def test_a_shop_without_cases_of_its_own_has_no_score(counted):
    newcomer = another_shop("新店", counted.category)
    card = experience_card(newcomer, MORNING)
    assert (card["score"], card["own_metrics"]) == (None, 0)
    assert metrics_of(card)["bad_review_rate"]["state"] == "none"


def test_search_weighs_by_the_experience_score(counted):
    card = traffic_card(counted, MORNING)
    assert (card["basis"], card["score"], card["multiplier"]) == ("experience", "4.33", "0.9660")
    assert "+0.1" in card["sentence"]
    assert card["multiplier_after_step"] == "0.9860"


def test_without_one_the_mean_of_the_three_weighs(counted):
    newcomer = another_shop("新店", counted.category)
    DSRDay.objects.create(
        day=MORNING.date(), counted_at=MORNING, kind="whole", window_days=180, shops=1, seconds=0
    )
    scores(newcomer, MORNING.date(), ratings=20)
    card = traffic_card(newcomer, MORNING)
    assert (card["basis"], card["score"]) == ("dsr", "4.80000")


def test_the_activity_gate_says_what_is_not_known(counted):
    card = activity_gate(counted, MORNING)
    states = {one["code"]: one["state"] for one in card["conditions"]}
    assert card["state"] == "unknown"
    assert states["desc_match"] == states["disputes"] == "unknown"
    assert states["a_node"] == states["fake_trade"] == states["shielded"] == "holds"


def test_a_node_shuts_the_activity_gate_for_its_days(counted, bo, judge):
    decided(counted, bo, judge, points="12")
    at = HEARD + timedelta(days=1)

    def state(code, moment):
        cards = activity_gate(counted, moment)["conditions"]
        return next(one["state"] for one in cards if one["code"] == code)

    assert state("a_node", at) == "fails"
    assert state("b_node", at) == "holds"
    assert state("a_node", at + 91 * DAY) == "holds"
    Penalty.objects.update(node="", points=0)  # as a revoked one is
    assert state("a_node", at) == "holds"


def test_a_counterfeit_counts_by_both_lines(counted, bo, judge):
    decided(counted, bo, judge, code="fake-goods", points="12")
    cards = {one["code"]: one for one in activity_gate(counted, HEARD + DAY)["conditions"]}
    assert cards["counterfeit"]["state"] == "holds"
    assert (cards["counterfeit_lately"]["state"], cards["counterfeit_lately"]["value"]) == (
        "fails",
        "12.0",
    )


@pytest.mark.parametrize("door", ["experience", "warnings"])
def test_only_the_shops_people_and_who_looks_after_shops_read_it(
    counted, qiao, wen, mei, bo, chen, stranger, browser_of, door
):
    employ(qiao, counted)
    url = f"/api/v1/shops/{counted.shop_no}/{door}/"
    for person, status in (
        (qiao, 200),
        (wen, 200),
        (mei, 404),
        (bo, 404),
        (chen, 404),
        (stranger, 404),
    ):
        assert browser_of(person).get(url).status_code == status, person


def test_the_api_answers_score_weight_and_gate(counted, qiao, browser_of):
    employ(qiao, counted)
    card = browser_of(qiao).get(f"/api/v1/shops/{counted.shop_no}/experience/").json()
    assert card["experience"]["score"] == "4.33"
    assert card["traffic"]["basis"] == "experience"
    assert card["activity_gate"]["state"] == "unknown"


def test_the_page_is_the_shops_own(counted, qiao, stranger, mei, browser_of):
    employ(qiao, counted)
    page = browser_of(qiao).get("/shop/score/")
    assert page.status_code == 200
    assert "4.33" in page.content.decode()
    assert browser_of(qiao).get("/shop/score/?shop=S3002").status_code == 404
    other = browser_of(stranger).get("/shop/score/")
    assert "4.33" not in other.content.decode()
    assert browser_of(mei).get("/shop/score/").status_code == 404


def test_the_page_asks_the_same_number_of_queries_for_many_metrics(
    counted, qiao, browser_of, django_assert_max_num_queries
):
    employ(qiao, counted)
    client = browser_of(qiao)
    client.get("/shop/score/")
    with django_assert_max_num_queries(34):
        client.get("/shop/score/")


def test_the_back_office_lists_scores_and_warnings(counted, ops, browser_of):
    office = browser_of(ops)
    for name in ("experienceday", "experiencewarning", "experiencecount"):
        assert office.get(f"/admin/merchants/{name}/").status_code == 200
    page = office.get("/admin/merchants/experienceday/?on=2026-11-20").content.decode()
    assert "4.33" in page


def test_where_a_tenth_more_brings_nothing_it_is_said(db):
    card = traffic_of({}, MORNING, experience=Decimal("3.49"), exposed=Decimal(1))
    assert card["multiplier"] == card["multiplier_after_step"] == "0.8500"
    assert card["sentence"].startswith("3.75以下搜索加权一直是0.850")


def test_who_does_as_well_as_all_others_is_not_said_to_do_better():
    mine, *others = shops(5, "陶器")
    count(metric("bad_review_rate", "product", [(it, "0.02", 40) for it in (mine, *others)],
                 is_lower_better=True))  # fmt: skip
    one = metrics_of(experience_card(mine, MORNING))["bad_review_rate"]
    assert (one["score"], one["better_than"], one["level_with"]) == ("4.00", "0", "100")
    assert one["sentence"] == "优于同类目4家店铺中的0%，与100%相同。"


def test_the_chart_names_a_score_rounded_as_everywhere(counted, qiao, browser_of):
    DSRDay.objects.create(
        day=MORNING.date(), counted_at=MORNING, kind="whole", window_days=180, shops=1, seconds=0
    )
    employ(qiao, counted)
    scores(counted, MORNING.date(), desc="4.69999", ratings=20)
    html = browser_of(qiao).get("/shop/score/").content.decode()
    assert '<span class="strong">4.70</span>' in html
