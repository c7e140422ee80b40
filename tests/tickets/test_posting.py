"""Posting: one statement for one message or many."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts.actions import close_account
from common.errors import DomainError
from common.history import history_of
from common.text import TextRefused
from tests.conftest import make_order
from tickets.actions.posting import POST_SQL, columns, draft, post_message
from tickets.models import AuthorKind, Conversation, Message, State
from trade.actions import take_down_product
from trade.queries import product_facts

pytestmark = pytest.mark.django_db


def say(conversation, by, body="在吗", **extra):
    kind = AuthorKind.AGENT if by.is_agent else AuthorKind.MEMBER
    return post_message(conversation, by=by, author_kind=kind, body=body, **extra)


def seqs(conversation):
    return list(
        Message.objects.filter(conversation=conversation)
        .order_by("seq")
        .values_list("seq", flat=True)
    )


def test_messages_are_numbered_without_gaps(conversation, mei, bo):
    assert [say(conversation, who).seq for who in (mei, bo, mei)] == [1, 2, 3]
    assert seqs(conversation) == [1, 2, 3]


def test_a_retry_is_stored_once_and_answered_with_the_first_number(conversation, mei):
    key = uuid.uuid4()
    first = say(conversation, mei, client_id=key)
    say(conversation, mei, "还在吗")
    again = say(conversation, mei, client_id=key)
    assert (again.seq, again.duplicate, again.at) == (first.seq, True, first.at)
    assert seqs(conversation) == [1, 2]


def test_the_same_message_twice_in_one_batch_is_stored_once(conversation, mei):
    one = draft(conversation.pk, by=mei, author_kind="member", body="在吗")
    other = draft(conversation.pk, by=mei, author_kind="member", body="急")
    with connection.cursor() as cursor:
        cursor.execute(POST_SQL, columns([one, one, other], now=timezone.now(), origin=""))
        rows = cursor.fetchall()
    assert [(row[1], row[2]) for row in rows] == [("stored", 1), ("duplicate", 1), ("stored", 2)]


def test_counters_and_clocks_follow_who_speaks(conversation, mei, bo):
    say(conversation, mei)
    say(conversation, mei)
    conversation.refresh_from_db()
    assert (
        conversation.staff_unread,
        conversation.member_unread,
        conversation.last_member_seq,
    ) == (2, 0, 2)
    assert conversation.waiting_since is not None
    say(conversation, bo, "来了")
    conversation.refresh_from_db()
    assert (conversation.staff_unread, conversation.member_unread) == (0, 1)
    assert conversation.waiting_since is None
    assert conversation.first_responded_at is not None
    assert (conversation.last_preview, conversation.last_author_kind) == ("来了", "agent")


def test_a_bot_and_the_house_do_not_stop_the_wait(conversation, mei):
    say(conversation, mei)
    post_message(conversation, by=None, author_kind="bot", body="小蜜来了")
    post_message(conversation, by=None, author_kind="system", kind="system", body="请稍等")
    conversation.refresh_from_db()
    assert conversation.waiting_since is not None
    assert conversation.first_responded_at is None


def test_a_row_keeps_what_somebody_said_when_the_house_speaks(conversation, mei):
    say(conversation, mei, "坏了一半")
    post_message(conversation, by=None, author_kind=AuthorKind.SYSTEM, kind="system", body="来了")
    conversation.refresh_from_db()
    last = (
        conversation.last_preview,
        conversation.last_author_kind,
        conversation.last_message_kind,
    )
    assert (conversation.last_seq, *last) == (2, "坏了一半", "member", "text")


def test_a_sentence_of_the_house_does_not_cover_what_people_said(conversation, mei):
    say(conversation, mei, "在吗")
    post_message(conversation, by=None, author_kind="system", kind="system", body="许青禾 来了")
    conversation.refresh_from_db()
    assert (conversation.last_preview, conversation.last_author_kind, conversation.last_seq) == (
        "在吗",
        "member",
        2,
    )


def test_only_the_owner_speaks_for_the_house(conversation, lin):
    with pytest.raises(DomainError) as refused:
        say(conversation, lin)
    assert (refused.value.code, refused.value.details["owner"]) == ("not_owner", "许青禾")


def test_a_stranger_cannot_tell_it_from_one_that_does_not_exist(conversation, chen):
    codes = []
    for target in (conversation.pk, uuid.uuid4()):
        with pytest.raises(DomainError) as refused:
            post_message(target, by=chen, author_kind="member", body="我来看看")
        codes.append((refused.value.code, refused.value.message))
    assert codes[0] == codes[1]
    assert codes[0][0] == "not_found"


def test_a_closed_account_says_nothing_more(conversation, bo, ops):
    close_account(bo, by=ops, reason="离职")
    with pytest.raises(DomainError) as refused:
        say(conversation, bo)
    assert refused.value.code == "not_found"


def test_a_reply_is_held_while_a_newer_message_is_unseen(conversation, mei, bo):
    say(conversation, mei)
    say(conversation, mei, "算了,不退了")
    with pytest.raises(DomainError) as refused:
        say(conversation, bo, "马上给您退", seen_seq=1)
    assert (refused.value.code, refused.value.details["last_seq"]) == ("unseen", 2)
    assert say(conversation, bo, "马上给您退", seen_seq=1, anyway=True).seq == 3


@pytest.mark.parametrize(("days", "outcome"), [(6.99, State.WAITING), (7, "closed")])
def test_a_new_message_reopens_within_seven_days(conversation, mei, bo, days, outcome):
    resolved = timezone.now() - timedelta(days=days)
    Conversation.objects.update(state=State.RESOLVED, resolved_at=resolved)
    if outcome == "closed":
        with pytest.raises(DomainError) as refused:
            say(conversation, mei)
        assert refused.value.code == "closed"
        return
    assert say(conversation, mei).reopened
    conversation.refresh_from_db()
    assert (conversation.state, conversation.owner, conversation.reopened_count) == (
        outcome,
        None,
        1,
    )
    assert history_of(conversation).first().action == "conversation.reopened"


@pytest.mark.parametrize("body", ["\x00", "   ", "好" * 4001, "\ud800"])
def test_text_that_cannot_be_kept_is_refused_and_nothing_is_stored(conversation, mei, body):
    with pytest.raises((TextRefused, DomainError)):
        say(conversation, mei, body)
    assert seqs(conversation) == []


def test_a_member_shows_masked_to_the_house(conversation, mei):
    say(conversation, mei)
    assert "小" not in Message.objects.get(conversation=conversation).author_name


def test_an_order_card_carries_our_facts_not_the_senders(conversation, mei, order):
    sent = {"order_no": order.order_no, "paid_amount": "0.01"}
    say(conversation, mei, "", kind="order_card", payload=sent)
    assert Message.objects.get(conversation=conversation).payload["paid_amount"] == "168.00"


def test_a_foreign_order_cannot_be_shown(conversation, mei, chen, shop):
    foreign = make_order(chen, shop, "2611200999", timezone.now())
    with pytest.raises(DomainError) as refused:
        say(conversation, mei, "", kind="order_card", payload={"order_no": foreign.order_no})
    assert refused.value.code == "order.unknown"


@pytest.mark.parametrize("number", [41 * "9", 9 * "长", 100_000 * "9", "\x00", 7, None, ["x"], {}])
@pytest.mark.parametrize("card", ["order", "product"])
def test_what_is_no_number_shows_nothing(conversation, bo, card, number):
    with pytest.raises(DomainError) as refused:
        say(conversation, bo, "", kind=f"{card}_card", payload={f"{card}_no": number})
    assert refused.value.code == f"{card}.unknown"
    assert seqs(conversation) == []


def test_a_product_card_carries_our_facts_not_the_senders(conversation, bo, product):
    sent = {"product_no": "G300101", "title": "假的", "price": "0.01", "is_on_shelf": False, "x": 1}
    say(conversation, bo, "", kind="product_card", payload=sent)
    assert Message.objects.get(conversation=conversation).payload == product_facts(product)


def test_an_agent_shows_what_is_off_the_shelf_and_it_says_so(conversation, bo, product, ops):
    take_down_product(product, by=ops, reason="召回")
    say(conversation, bo, "", kind="product_card", payload={"product_no": "G300101"})
    payload = Message.objects.get(conversation=conversation).payload
    assert (payload["is_on_shelf"], payload["title"]) == (False, product.title)


def test_a_member_shows_what_is_off_the_shelf_only_after_buying_it(
    conversation, mei, product, ops, shop
):
    take_down_product(product, by=ops, reason="召回")
    show = {"kind": "product_card", "payload": {"product_no": "G300101"}}
    with pytest.raises(DomainError) as refused:
        say(conversation, mei, "", **show)
    assert refused.value.code == "product.unknown"
    make_order(mei, shop, "2611200341700001", timezone.now())
    assert say(conversation, mei, "", **show).seq == 1


def test_what_chen_bought_mei_may_not_show(conversation, mei, chen, product, ops, shop):
    take_down_product(product, by=ops, reason="召回")
    make_order(chen, shop, "2611200999", timezone.now())
    with pytest.raises(DomainError) as refused:
        say(conversation, mei, "", kind="product_card", payload={"product_no": "G300101"})
    assert refused.value.code == "product.unknown"


@pytest.mark.django_db(transaction=True)
def test_two_sides_at_once_leave_no_gap_and_no_double(conversation, mei, bo):
    def talk(who):
        try:
            for _ in range(20):
                key = uuid.uuid4()
                say(conversation, who, client_id=key)
                say(conversation, who, client_id=key)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=talk, args=(who,)) for who in (mei, bo, mei)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seqs(conversation) == list(range(1, 61))
