"""Qiao makes good from the shop's budget what went wrong for Mei, in the talk; what it costs, and what it brings."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Notification
from accounts.personal_data import subject_of
from common.deadlines import sweep
from common.errors import DomainError
from common.history import history_of
from common.models import Deadline
from merchants.actions.goodwill import (
    answer_gesture,
    fulfil_gesture,
    mark_gesture_late,
    offer_gesture,
    set_goodwill_plan,
    withdraw_gesture,
)
from merchants.goodwill import rules
from merchants.goodwill.personal_data import Goodwill
from merchants.models import Gesture, GestureKind, GoodwillPlan
from merchants.queries.goodwill import effect_of, goodwill_of, plan_of
from merchants.queries.home import todo_of
from tests.conftest import make_order
from tests.merchants.casts_ratings import (
    DAY,
    NOW,
    SECOND,
    another_shop,
    employ,
    rate,
    refusal,
)
from tests.tickets.casts import answered
from tests.waiting import Beside
from tickets.models import AuthorKind, Message, MessageKind, State
from tickets.personal_data import Messages

pytestmark = pytest.mark.django_db

KINDS = list(GestureKind.values)


@pytest.fixture
def spender(qiao, shop):
    employ(qiao, shop, "spend")
    return qiao


@pytest.fixture
def planned(shop, spender):
    set_goodwill_plan(
        shop,
        month_budget=Decimal(100),
        most_each=Decimal(40),
        kinds=KINDS,
        by=spender,
        now=NOW - DAY,
    )
    return shop


@pytest.fixture
def bought(mei, shop):
    return make_order(
        mei, shop, "2611180341700001", NOW - 2 * DAY, freight=Decimal(12), signed_at=NOW - DAY
    )


@pytest.fixture
def talk(mei, bo, team, bought, shop):
    return answered(mei.member, team, bo, order=bought, shop=shop)


def offered(shop, order, by, now=NOW, **fields) -> Gesture:
    given = {"kind": "coupon", "amount": Decimal(10), "words": "包裹来晚了，抱歉"} | fields
    return offer_gesture(shop, order_no=order.order_no, by=by, now=now, **given)


def lines_of(gesture):
    return [event.action for event in history_of(gesture).order_by("id")]


# --- The budget -------------------------------------------------------------------------------------


def test_a_budget_is_set_and_changed_by_a_further_row(shop, spender):
    first = set_goodwill_plan(
        shop, month_budget=Decimal(100), most_each=Decimal(10), kinds=["gift"], by=spender, now=NOW
    )
    second = set_goodwill_plan(
        shop, month_budget=Decimal(50), most_each=Decimal(5), kinds=["coupon"], by=spender,
        now=NOW + DAY,
    )  # fmt: skip
    assert plan_of(shop, NOW) == first
    assert plan_of(shop, NOW + DAY) == second
    assert [event.action for event in history_of(shop)] == ["goodwill.planned"] * 2
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        GoodwillPlan.objects.filter(pk=first.pk).update(month_budget=1)


@pytest.mark.parametrize(
    ("budget", "each", "kinds", "code"),
    [
        (100, 101, ["gift"], "goodwill.bad_budget"),
        (-1, 0, ["gift"], "goodwill.bad_budget"),
        (100, -1, ["gift"], "goodwill.bad_budget"),
        (100, 10, [], "goodwill.unknown_kind"),
        (100, 10, ["gift", "cash"], "goodwill.unknown_kind"),
    ],
)
def test_a_budget_that_cannot_be_is_refused(shop, spender, budget, each, kinds, code):
    money = {"month_budget": Decimal(budget), "most_each": Decimal(each)}
    assert refusal(set_goodwill_plan, shop, **money, kinds=kinds, by=spender) == code
    assert not GoodwillPlan.objects.exists()


@pytest.mark.parametrize(
    ("rights", "code"), [(["answer", "vote"], "forbidden"), (None, "not_found")]
)
def test_who_may_not_spend_sets_offers_gives_and_takes_back_nothing(
    planned, spender, bought, bo, rights, code
):
    gesture = offered(planned, bought, spender)
    if rights is not None:
        employ(bo, planned, *rights)
    money = {"month_budget": Decimal(1), "most_each": Decimal(1)}
    assert refusal(set_goodwill_plan, planned, **money, kinds=KINDS, by=bo) == code
    assert refusal(offered, planned, bought, bo, kind="gift") == code
    assert refusal(withdraw_gesture, gesture, by=bo) == code
    assert refusal(fulfil_gesture, gesture, proof="SF1", by=bo) == code
    assert Gesture.objects.count() == 1


def test_offers_count_against_the_month_until_they_end(planned, spender, bought, mei, shop):
    one = offered(planned, bought, spender, amount=Decimal(40))
    offered(planned, bought, spender, kind="gift", amount=Decimal(40))
    third = {"kind": "fast_exchange", "amount": Decimal(21)}
    assert refusal(offered, planned, bought, spender, **third) == "goodwill.over_budget"
    assert goodwill_of(planned, NOW)["left"] == Decimal(20)
    answer_gesture(one, accept=False, by=mei, now=NOW)
    assert goodwill_of(planned, NOW)["left"] == Decimal(60)
    assert offered(planned, bought, spender, **third).amount == Decimal(21)


def test_a_new_month_has_a_new_budget(planned, spender, bought, ada, shop):
    offered(planned, bought, spender, amount=Decimal(40))
    turn = rules.next_month(rules.month_of(NOW))
    assert turn.isoformat() == "2026-12-01"
    later = NOW + 11 * DAY
    other = make_order(ada, shop, "2611300341700009", later)
    offered(planned, other, spender, amount=Decimal(40), now=later)
    assert goodwill_of(planned, later)["left"] == Decimal(60)
    assert goodwill_of(planned, NOW)["left"] == Decimal(60)


@pytest.mark.django_db(transaction=True)
def test_two_offers_at_one_moment_share_one_budget(planned, spender, bought, ada, shop):
    other = make_order(ada, shop, "2611180341700002", NOW - DAY)
    set_goodwill_plan(
        shop, month_budget=Decimal(50), most_each=Decimal(40), kinds=KINDS, by=spender, now=NOW
    )
    with transaction.atomic():
        type(shop).objects.select_for_update(no_key=True).get(pk=shop.pk)
        both = [
            Beside(
                lambda order=order: offered(
                    shop, order, spender, amount=Decimal(40), now=NOW + SECOND
                )
            )
            for order in (bought, other)
        ]
        assert all(one.waits() for one in both)
    refused = []
    for one in both:
        try:
            one.done()
        except Exception as error:
            refused.append(error.code)
    assert refused == ["goodwill.over_budget"]
    assert Gesture.objects.get().amount == Decimal(40)


@pytest.mark.django_db(transaction=True)
def test_an_offer_that_waited_for_a_new_budget_is_measured_by_it(planned, spender, bought, shop):
    with transaction.atomic():
        type(shop).objects.select_for_update(no_key=True).get(pk=shop.pk)
        waiting = Beside(lambda: offered(shop, bought, spender, now=None))
        assert waiting.waits()
        nothing = {"month_budget": Decimal(0), "most_each": Decimal(0)}
        set_goodwill_plan(shop, **nothing, kinds=KINDS, by=spender)
    with pytest.raises(DomainError) as refused:
        waiting.done()
    assert refused.value.code == "goodwill.no_plan"
    assert not Gesture.objects.exists()


# --- What may not be offered ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "给个五星好评就退运费",
        "麻烦您改 评 一下",
        "delete the Review please",
        "追-评返现",
        "給個好評",
        "delete the ｒｅｖｉｅｗ",
    ],
)
def test_an_offer_may_not_be_tied_to_a_review(planned, spender, bought, words):
    assert refusal(offered, planned, bought, spender, words=words) == "goodwill.for_review"
    assert not Gesture.objects.exists()


def test_freight_is_given_back_only_as_far_as_it_was_paid(planned, spender, bought):
    freight = {"kind": "freight", "amount": Decimal("12.01")}
    assert refusal(offered, planned, bought, spender, **freight) == "goodwill.bad_amount"
    assert offered(planned, bought, spender, kind="freight", amount=Decimal(12)).worth == Decimal(
        12
    )


def test_what_does_not_fit_is_refused_and_nothing_is_stored(
    planned, spender, bought, mei, ada, shop
):
    assert refusal(offered, planned, bought, spender, amount=Decimal(41)) == "goodwill.bad_amount"
    assert refusal(offered, planned, bought, spender, amount=Decimal(0)) == "goodwill.bad_amount"
    assert refusal(offered, planned, bought, spender, kind="cash") == "goodwill.unknown_kind"
    assert refusal(offered, planned, bought, spender, words="  ") == "text.empty"
    elsewhere = make_order(mei, another_shop(), "2611180341700003", NOW)
    assert refusal(offered, planned, elsewhere, spender) == "order.unknown"
    assert not Gesture.objects.exists()


def test_without_a_budget_nothing_is_offered(shop, spender, bought):
    assert refusal(offered, shop, bought, spender) == "goodwill.no_plan"


def test_the_same_is_offered_once_for_an_order_and_a_buyer_not_too_often(
    planned, spender, bought, mei, shop
):
    offered(planned, bought, spender, amount=Decimal(1))
    assert refusal(offered, planned, bought, spender) == "goodwill.already"
    for kind in ("gift", "fast_exchange"):
        offered(planned, bought, spender, kind=kind, amount=Decimal(1))
    further = make_order(mei, shop, "2611180341700004", NOW)
    assert refusal(offered, planned, further, spender, amount=Decimal(1)) == "goodwill.too_often"


def test_nobody_offers_something_to_themselves(planned, ada, shop):
    employ(ada, shop, "spend")
    own = make_order(ada, shop, "2611180341700005", NOW)
    assert refusal(offered, planned, own, ada) == "goodwill.own_order"


# --- In the talk ------------------------------------------------------------------------------------


def test_it_stands_in_the_talk_and_what_became_of_it_is_said_there(
    planned, spender, bought, talk, mei
):
    gesture = offered(planned, bought, spender, conversation_no=talk.conversation_no)
    card = Message.objects.get(conversation=talk)
    assert (card.kind, card.author_kind) == (MessageKind.GOODWILL_CARD, AuthorKind.SYSTEM)
    assert card.payload["gesture"] == gesture.public_key
    assert card.payload["worth"] == "10.00"
    assert "amount" not in card.payload
    answer_gesture(gesture, accept=True, by=mei, now=NOW + SECOND)
    said = Message.objects.filter(conversation=talk).order_by("seq").last()
    assert (said.kind, said.body) == (MessageKind.SYSTEM, "买家接受了店铺的补偿。")


@pytest.mark.parametrize("case", ["closed", "another order", "nobody's"])
def test_a_talk_that_does_not_go_on_about_that_order_is_refused(
    planned, spender, bought, talk, case, mei, shop, bo, team
):
    number = talk.conversation_no
    if case == "closed":
        type(talk).objects.filter(pk=talk.pk).update(
            state=State.RESOLVED, resolved_at=NOW, owner=None
        )
    elif case == "another order":
        further = make_order(mei, shop, "2611180341700006", NOW)
        number = answered(mei.member, team, bo, order=further, shop=shop).conversation_no
    else:
        number = "C-NOBODY"
    assert refusal(offered, planned, bought, spender, conversation_no=number) == "goodwill.no_talk"


@pytest.mark.parametrize("author", [AuthorKind.MEMBER, AuthorKind.AGENT])
def test_nobody_but_the_house_shows_such_a_card(planned, spender, bought, talk, mei, author):
    from tickets.actions.posting import post_message

    gesture = offered(planned, bought, spender)
    sent = {"kind": MessageKind.GOODWILL_CARD, "payload": {"gesture": gesture.public_key}}
    code = refusal(post_message, talk, by=mei, author_kind=author, **sent)
    assert code == "message.unknown_kind"


# --- Its life ---------------------------------------------------------------------------------------


def test_the_buyer_takes_it_and_the_shop_gives_it(planned, spender, bought, mei):
    gesture = offered(planned, bought, spender, kind="gift")
    assert Notification.objects.filter(person=mei, kind="me.goodwill").count() == 1
    taken = answer_gesture(gesture, accept=True, by=mei, now=NOW + SECOND)
    # Friday noon: three working days later is Wednesday, 24:00.
    assert taken.due_at.isoformat() == "2026-11-26T00:00:00+08:00"
    waiting = [one for one in todo_of(planned, NOW + SECOND) if one.kind == "give"]
    assert [one.due_at for one in waiting] == [taken.due_at]
    given = fulfil_gesture(taken, proof="SF1234567890", by=spender, now=NOW + DAY)
    assert (given.state, given.proof) == ("fulfilled", "SF1234567890")
    assert lines_of(gesture) == ["gesture.offered", "gesture.accepted", "gesture.given"]
    assert not Deadline.objects.filter(kind__startswith="gesture.", done_at=None).exists()


def test_the_same_answer_twice_changes_nothing_and_another_one_is_too_late(
    planned, spender, bought, mei
):
    gesture = offered(planned, bought, spender)
    first = answer_gesture(gesture, accept=True, by=mei, now=NOW + SECOND)
    again = answer_gesture(gesture, accept=True, by=mei, now=NOW + DAY)
    assert again.answered_at == first.answered_at
    assert refusal(answer_gesture, gesture, accept=False, by=mei, now=NOW) == "goodwill.over"
    assert lines_of(gesture) == ["gesture.offered", "gesture.accepted"]


def test_only_the_buyer_answers(planned, spender, bought, ada, ops):
    gesture = offered(planned, bought, spender)
    for who in (ada, ops, spender):
        assert refusal(answer_gesture, gesture, accept=True, by=who, now=NOW) == "not_found"


def test_an_offer_holds_to_the_second_and_then_its_cost_is_free(planned, spender, bought, mei):
    gesture = offered(planned, bought, spender)
    over = NOW + timedelta(hours=72)
    assert gesture.holds_until == over
    sweep(now=over - SECOND)
    gesture.refresh_from_db()
    assert gesture.state == "offered"
    assert refusal(answer_gesture, gesture, accept=True, by=mei, now=over) == "goodwill.over"
    sweep(now=over)
    gesture.refresh_from_db()
    assert (gesture.state, gesture.ended_at) == ("expired", over)
    assert goodwill_of(planned, NOW)["left"] == Decimal(100)
    assert lines_of(gesture) == ["gesture.offered", "gesture.run_out"]


def test_what_is_not_given_in_time_is_late_and_both_are_told(planned, spender, bought, mei):
    gesture = offered(planned, bought, spender, kind="gift")
    taken = answer_gesture(gesture, accept=True, by=mei, now=NOW)
    sweep(now=taken.due_at)
    taken.refresh_from_db()
    assert (taken.state, taken.is_late) == ("accepted", True)
    assert not mark_gesture_late(taken, now=taken.due_at + DAY)
    for who, kind in ((mei, "me.goodwill"), (spender, "shop.goodwill")):
        assert Notification.objects.filter(person=who, kind=kind, dedupe="late").count() == 1
    # Late is owed all the same.
    assert fulfil_gesture(taken, proof="SF1", by=spender, now=taken.due_at + DAY).is_late


def test_an_open_offer_is_taken_back_and_what_was_accepted_is_owed(planned, spender, bought, mei):
    gesture = offered(planned, bought, spender)
    assert withdraw_gesture(gesture, by=spender, now=NOW).state == "withdrawn"
    assert refusal(answer_gesture, gesture, accept=True, by=mei, now=NOW) == "goodwill.over"
    other = offered(planned, bought, spender)
    answer_gesture(other, accept=True, by=mei, now=NOW)
    assert refusal(withdraw_gesture, other, by=spender, now=NOW) == "goodwill.owed"


def test_a_coupon_is_used_for_a_further_order_of_its_buyer_once(
    planned, spender, bought, mei, ada, shop
):
    gesture = offered(planned, bought, spender)
    assert refusal(fulfil_gesture, gesture, proof="x", by=spender) == "goodwill.not_accepted"
    taken = answer_gesture(gesture, accept=True, by=mei, now=NOW)
    assert len(taken.coupon_code) == 10
    of_another = make_order(ada, shop, "2611210341700001", NOW + DAY)
    for number in ("2611180341700001", of_another.order_no, "NO-SUCH-ORDER"):
        code = refusal(fulfil_gesture, taken, proof=number, by=spender, now=NOW + DAY)
        assert code == "goodwill.bad_order"
    assert refusal(fulfil_gesture, taken, proof=" ", by=spender) == "goodwill.no_proof"
    further = make_order(mei, shop, "2611210341700002", NOW + DAY)
    fulfil_gesture(taken, proof=further.order_no, by=spender, now=NOW + DAY)
    second = answer_gesture(
        offered(planned, further, spender, now=NOW + DAY), accept=True, by=mei, now=NOW + DAY
    )
    last = make_order(mei, shop, "2611220341700003", NOW + 2 * DAY)
    used = refusal(fulfil_gesture, second, proof=further.order_no, by=spender, now=NOW + 2 * DAY)
    assert used == "goodwill.coupon_used"
    given = fulfil_gesture(second, proof=last.order_no, by=spender, now=NOW + 2 * DAY)
    assert given.state == "fulfilled"


@pytest.mark.django_db(transaction=True)
def test_of_two_coupons_used_for_one_order_at_one_moment_one_is_refused(
    planned, spender, bought, mei, shop
):
    second_order = make_order(mei, shop, "2611190341700007", NOW - DAY)
    coupons = [
        answer_gesture(offered(planned, order, spender), accept=True, by=mei, now=NOW)
        for order in (bought, second_order)
    ]
    further = make_order(mei, shop, "2611210341700002", NOW + DAY)
    with transaction.atomic():
        list(Gesture.objects.select_for_update().all())
        both = [
            Beside(
                lambda coupon=coupon: fulfil_gesture(
                    coupon, proof=further.order_no, by=spender, now=NOW + DAY
                )
            )
            for coupon in coupons
        ]
        assert all(one.waits() for one in both)
    refused = []
    for one in both:
        try:
            one.done()
        except DomainError as error:
            refused.append(error.code)
    assert refused == ["goodwill.coupon_used"]
    assert Gesture.objects.filter(state="fulfilled").count() == 1


def test_an_order_number_that_looks_like_a_bank_card_proves_a_coupon_too(
    planned, spender, bought, mei, shop
):
    taken = answer_gesture(offered(planned, bought, spender), accept=True, by=mei, now=NOW)
    further = make_order(mei, shop, "6222021234567890128", NOW + DAY)
    given = fulfil_gesture(taken, proof=further.order_no, by=spender, now=NOW + DAY)
    assert given.proof == further.order_no


def test_a_coupon_nobody_used_is_over_and_its_cost_free(planned, spender, bought, mei):
    taken = answer_gesture(offered(planned, bought, spender), accept=True, by=mei, now=NOW)
    # Thirty days after the day it was taken, at midnight.
    assert taken.due_at.isoformat() == "2026-12-21T00:00:00+08:00"
    further = make_order(mei, planned, "2611210341700002", NOW + DAY)
    late = {"proof": further.order_no, "by": spender, "now": taken.due_at}
    assert refusal(fulfil_gesture, taken, **late) == "goodwill.not_accepted"
    sweep(now=taken.due_at)
    taken.refresh_from_db()
    assert (taken.state, taken.is_late) == ("expired", False)


def test_a_gesture_is_never_deleted(planned, spender, bought):
    gesture = offered(planned, bought, spender)
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        Gesture.objects.filter(pk=gesture.pk).delete()


# --- What it brought --------------------------------------------------------------------------------


def test_the_effect_counts_ratings_after_it_and_who_came_back(
    planned, spender, mei, ada, chen, shop
):
    then = NOW - 100 * DAY
    set_goodwill_plan(
        shop, month_budget=Decimal(500), most_each=Decimal(50), kinds=KINDS, by=spender, now=then
    )
    first = make_order(mei, shop, "2608100341700001", then)
    other = make_order(ada, shop, "2608100341700002", then)
    plain = make_order(chen, shop, "2608100341700003", then)
    gesture = offered(shop, first, spender, kind="gift", now=then + DAY)
    offered(shop, other, spender, kind="gift", now=then + DAY)
    for scores, order, at in (
        ((5, 5, 4), first, then + 2 * DAY),
        ((2, 2, 2), plain, then + 2 * DAY),
    ):
        rating = rate(order.member, shop, *scores, succeeded_at=then, now=at)
        type(rating).objects.filter(pk=rating.pk).update(order_no=order.order_no)
    answer_gesture(gesture, accept=True, by=mei, now=then + DAY)
    fulfil_gesture(gesture, proof="SF9", by=spender, now=then + DAY)
    # Mei comes back in time, Ada a day too late, Chen too.
    make_order(mei, shop, "2608300341700004", then + 31 * DAY)
    make_order(ada, shop, "2609300341700005", then + 31 * DAY + SECOND)
    make_order(chen, shop, "2608200341700006", then + 10 * DAY)
    effect = effect_of(shop, NOW)
    (gift,) = effect["kinds"]
    assert (gift["offered"], gift["accepted"], gift["given"]) == (2, 1, 1)
    assert (gift["cost"], gift["rated"], gift["mean_score"]) == (Decimal(10), 1, Decimal("4.67"))
    assert (gift["buyers"], gift["returned"]) == (2, 1)
    assert (
        gift["returned_low"] < gift["returned_share"] == Decimal("0.5000") < gift["returned_high"]
    )
    assert not gift["is_enough"]
    others = effect["others"]
    assert (others["rated"], others["mean_score"]) == (1, Decimal("2.00"))
    assert (others["buyers"], others["returned"]) == (1, 1)


def test_the_interval_is_wilsons():
    # Newcombe 1998, table I: 81 of 263 is 0.3080 with 0.2553 to 0.3662.
    assert rules.share(81, 263) == (Decimal("0.3080"), Decimal("0.2553"), Decimal("0.3662"))
    assert rules.share(0, 20) == (Decimal("0.0000"), Decimal("0.0000"), Decimal("0.1611"))
    assert rules.share(0, 0) is None


# --- At the API and on the pages ----------------------------------------------------------------------


def send(client, url, body):
    return client.post(url, body, content_type="application/json")


@pytest.fixture
def live(shop, spender, mei):
    """A budget and an order of now: what doors do happens now."""
    from django.utils import timezone

    set_goodwill_plan(
        shop, month_budget=Decimal(100), most_each=Decimal(40), kinds=KINDS, by=spender
    )
    return make_order(mei, shop, "2612010341700001", timezone.now() - DAY, freight=Decimal(8))


def test_the_api_offers_answers_and_gives(live, shop, spender, mei, ada, browser_of):
    shop_side, buyer = browser_of(spender), browser_of(mei)
    url = f"/api/v1/shops/{shop.shop_no}/goodwill/"
    body = {"order_no": live.order_no, "kind": "gift", "amount": "6.50", "words": "来晚了，抱歉"}
    made = send(shop_side, f"{url}gestures/", body)
    assert made.status_code == 201, made.json()
    key = made.json()["id"]
    (mine,) = buyer.get("/api/v1/me/goodwill/").json()["data"]
    assert (mine["id"], "amount" in mine, mine["worth"]) == (key, False, None)
    assert browser_of(ada).get(f"/api/v1/me/goodwill/{key}/").status_code == 404
    taken = send(buyer, f"/api/v1/me/goodwill/{key}/answer/", {"accept": True}).json()
    assert taken["state"] == "accepted"
    proof = send(shop_side, f"/api/v1/shop/goodwill/{key}/fulfilment/", {"proof": "SF1"})
    assert (proof.status_code, proof.json()["state"]) == (200, "fulfilled")
    refused = send(shop_side, f"/api/v1/shop/goodwill/{key}/withdrawal/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "goodwill.owed")
    assert shop_side.get(url).json()["left"] == "93.50"
    effect = shop_side.get(f"{url}effect/").json()
    assert effect["kinds"][0]["given"] == 1


def test_bad_input_at_the_api_is_said_and_stores_nothing(live, shop, spender, browser_of):
    client = browser_of(spender)
    url = f"/api/v1/shops/{shop.shop_no}/goodwill/gestures/"
    body = {"order_no": live.order_no, "kind": "gift", "amount": "6", "words": "抱歉"}
    for change, status, code in (
        ({"amount": "much"}, 400, "invalid"),
        ({"amount": "1e400"}, 400, "invalid"),
        ({"order_no": "x" * 41}, 400, "invalid"),
        ({"kind": "cash"}, 409, "goodwill.unknown_kind"),
        ({"amount": "-1"}, 409, "goodwill.bad_amount"),
        ({"words": "好评返现"}, 409, "goodwill.for_review"),
        ({"conversation_no": "C-1"}, 409, "goodwill.no_talk"),
    ):
        answer = send(client, url, body | change)
        assert (answer.status_code, answer.json()["code"]) == (status, code), change
    assert not Gesture.objects.exists()


def test_the_pages_lists_cost_the_same_for_two_and_for_twelve(
    live, shop, spender, mei, browser_of, django_assert_max_num_queries
):
    for number in range(12):
        Gesture.objects.create(
            shop=shop, member=mei.member, order_no=f"N{number}", kind="gift", amount=1, words="抱歉",
            month=NOW.date().replace(day=1), offered_at=NOW, offered_by=spender, holds_until=NOW + DAY,
        )  # fmt: skip
    shop_side, buyer = browser_of(spender), browser_of(mei)
    shop_side.get("/shop/goodwill/")
    with django_assert_max_num_queries(18):
        assert shop_side.get("/shop/goodwill/").content.decode().count("case-row__name") == 12
    buyer.get("/me/goodwill/")
    with django_assert_max_num_queries(9):
        assert buyer.get("/me/goodwill/").content.decode().count("goodwill-mine__one") == 12


def test_the_page_keeps_what_was_written_when_it_refuses(live, shop, spender, browser_of):
    client = browser_of(spender)
    body = {"order_no": live.order_no, "kind": "gift", "amount": "41", "words": "真对不住"}
    answer = client.post(f"/shop/goodwill/{shop.shop_no}/offer/", body)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "真对不住" in page
    assert "¥40.00" in page
    bad = client.post(f"/shop/goodwill/{shop.shop_no}/plan/", {"month_budget": "-1"})
    assert bad.status_code == 422
    assert GoodwillPlan.objects.count() == 1


def test_the_member_takes_and_leaves_on_their_page(live, shop, spender, mei, ada, browser_of):
    one = offered(shop, live, spender, now=None)
    client = browser_of(mei)
    assert "包裹来晚了" in client.get("/me/goodwill/").content.decode()
    for who, status in ((browser_of(ada), 404), (client, 302)):
        answer = who.post(f"/me/goodwill/{one.public_key}/answer/", {"accept": "no"})
        assert answer.status_code == status
    again = client.post(f"/me/goodwill/{one.public_key}/answer/", {"accept": "yes"})
    assert (again.status_code, "已经结束" in again.content.decode()) == (422, True)


# --- The member leaves ------------------------------------------------------------------------------


def test_a_members_name_goes_from_the_card_in_the_talk_too(planned, spender, bought, talk, mei):
    words = f"{mei.member.display_name}，包裹来晚了，抱歉"
    gesture = offered(planned, bought, spender, words=words, conversation_no=talk.conversation_no)
    subject = subject_of(mei.member)
    for store in (Goodwill(), Messages()):
        store.pseudonymise(subject, None, 100)
    gesture.refresh_from_db()
    card = Message.objects.get(conversation=talk)
    for said in (gesture.words, card.body, card.payload["words"]):
        assert mei.member.display_name not in said
        assert "包裹来晚了" in said


def test_a_gift_that_never_comes_holds_nobody(planned, spender, bought, mei):
    from django.utils import timezone

    subject, store = subject_of(mei.member), Goodwill()
    gesture = offered(planned, bought, spender, kind="gift")
    answer_gesture(gesture, accept=True, by=mei, now=NOW)
    Gesture.objects.filter(pk=gesture.pk).update(due_at=timezone.now() + DAY)
    assert store.running(subject)
    Gesture.objects.filter(pk=gesture.pk).update(due_at=timezone.now() - SECOND)
    assert not store.running(subject)
