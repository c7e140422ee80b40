"""What is told of refunds: to whom they belong, to staff, and to nobody else."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from common.personal_data import Subject
from tests.conftest import make_order
from trade.models import Order, Refund
from trade.personal_data import Orders, Refunds
from trade.queries import newest_orders_of

AT = datetime(2026, 11, 20, 1, 2, tzinfo=UTC)


def make_refund(order: Order, refund_no: str = "R1", **fields) -> Refund:
    """Make a refund of half a box that succeeded, as the loader leaves it."""
    facts = {"kind": "refund_only", "amount": Decimal("84.00"), "reason": "坏了一半"}
    facts |= {"applied_at": AT, "finished_at": AT, "outcome": "success"}
    refund = Refund.objects.create(order=order, refund_no=refund_no, **facts | fields)
    if refund.outcome == "success":
        Order.objects.filter(pk=order.pk).update(refunded_amount=refund.amount)
    return refund


@pytest.fixture
def refund(order) -> Refund:
    return make_refund(order)


@pytest.fixture
def api_of(browser_of):
    """Give a function that asks the REST as a person."""
    return lambda user, path: browser_of(user).get(f"/api/v1/{path}")


def test_mei_reads_what_came_of_her_refund(api_of, mei, order, refund):
    answer = api_of(mei, f"orders/{order.order_no}/refunds/").json()
    (told,) = answer["data"]
    assert (told["refund_no"], told["amount"], told["outcome"]) == ("R1", "84.00", "success")
    assert (told["kind_label"], told["outcome_label"]) == ("仅退款", "已退款")
    assert (told["order_no"], answer["next_cursor"]) == (order.order_no, None)


def test_her_order_says_what_was_paid_back(api_of, mei, order, refund):
    assert api_of(mei, f"orders/{order.order_no}/").json()["refunded_amount"] == "84.00"
    assert api_of(mei, "orders/").json()["data"][0]["refunded_amount"] == "84.00"


def test_the_desk_reads_it_and_chen_does_not_know_of_it(api_of, bo, chen, order, refund):
    path = f"orders/{order.order_no}/refunds/"
    assert [row["refund_no"] for row in api_of(bo, path).json()["data"]] == ["R1"]
    assert api_of(chen, path).status_code == 404
    assert api_of(chen, "orders/no-such-order/refunds/").status_code == 404


def test_refunds_are_seen_by_whoever_sees_the_order(mei, ada, bo, chen, order, refund):
    seen = {user: Refund.objects.visible_to(user).exists() for user in (mei, ada, bo, chen)}
    assert seen == {mei: True, ada: False, bo: True, chen: False}
    mei.member.__class__.objects.filter(pk=mei.member.pk).update(hidden_at=timezone.now())
    assert not Refund.objects.visible_to(bo).exists()


def test_pages_go_on_where_the_last_one_ended(api_of, mei, order):
    for number in range(5):
        make_refund(order, f"R{number}", amount=1, outcome=None, finished_at=None)
    path, seen = f"orders/{order.order_no}/refunds/?limit=2", []
    cursor = ""
    while cursor is not None:
        answer = api_of(mei, f"{path}&cursor={cursor}").json()
        seen += [row["refund_no"] for row in answer["data"]]
        cursor = answer["next_cursor"]
    assert seen == ["R4", "R3", "R2", "R1", "R0"]
    assert api_of(mei, f"{path}&cursor=nonsense").status_code == 409


def test_her_page_shows_it_and_an_order_kept_whole_says_nothing(browser_of, mei, shop, refund):
    make_order(mei, shop, "2611200341700009", AT)
    page = browser_of(mei).get("/me/orders/").content.decode()
    assert page.count("已退 ¥84.00") == 1
    assert page.count("已退") == 1


def test_the_panel_of_the_desk_is_told(bo, mei, order, refund):
    assert newest_orders_of([mei.member.pk], bo)[0][1]["refunded_amount"] == "84.00"


def test_the_back_office_lists_refunds_and_finds_them_by_order(browser_of, ops, order, refund):
    make_refund(order, "R2", amount=3, outcome=None, finished_at=None)
    office = browser_of(ops)
    for query, found in ((order.order_no, {"R1", "R2"}), ("R2", {"R2"}), ("R", set())):
        page = office.get(f"/admin/trade/refund/?q={query}")
        assert {row.refund_no for row in page.context["cl"].result_list} == found
    page = office.get("/admin/trade/refund/?outcome=running")
    assert [row.refund_no for row in page.context["cl"].result_list] == ["R2"]
    assert "¥84.00" in office.get(f"/admin/trade/refund/{refund.pk}/change/").content.decode()


@pytest.fixture
def subject(mei) -> Subject:
    return Subject(mei.member.pk, mei.pk, mei.member.member_no)


def test_the_copy_of_mei_holds_her_refunds(subject, order, refund):
    ((row,), further) = (lambda it: (it.rows, it.next))(Refunds().rows(subject, None, 10))
    assert (row["refund_no"], row["order_no"], row["reason"]) == ("R1", order.order_no, "坏了一半")
    assert (row["amount"], row["outcome"], further) == ("84.00", "已退款", None)
    assert Orders().rows(subject, None, 10).rows[0]["refunded_amount"] == "84.00"


def test_erasure_takes_her_words_at_once_and_the_refund_with_its_order(subject, order, refund):
    store = Refunds()
    assert store.running(subject) == ""
    assert store.pseudonymise(subject, None, 10).changed == 1
    assert store.pseudonymise(subject, None, 10).changed == 0
    assert Refund.objects.get().reason == ""
    late = Orders().kept_until(subject)
    assert late is not None
    assert Orders().erase(subject, AT) == 0
    assert Orders().erase(subject, late) == 2  # the order and its refund
    assert not Refund.objects.exists()


def test_a_refund_that_runs_forbids_erasure(subject, order):
    make_refund(order, outcome=None, finished_at=None)
    assert Refunds().running(subject)
