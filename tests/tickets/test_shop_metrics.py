"""How soon a person answers about a shop: rounds, hours, and what is no answer."""

from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest

from common.ids import uuid7
from common.rules import SHANGHAI
from tests.conftest import make_order
from tests.tickets.casts import answered
from tests.trade.test_shop_metrics import read
from tickets.models import Message

pytestmark = pytest.mark.django_db
ASKED = datetime(2026, 11, 18, 12, tzinfo=SHANGHAI)


def talk(member, team, bo, *said, at=ASKED, **about):
    """Let a conversation go: who, and how many seconds after the first word."""
    key = uuid7(at)
    answered(member.member, team, bo, id=key, last_message_at=at, **about)
    for seq, (who, after, *more) in enumerate(said, 1):
        Message.objects.create(
            pk=(key, seq), author_kind=who, sent_at=at + timedelta(seconds=after), body="在",
            **(more[0] if more else {}),
        )  # fmt: skip


def test_a_round_is_a_question_and_the_first_word_of_a_person(mei, team, bo, shop):
    talk(
        mei, team, bo,
        ("member", 0), ("bot", 2), ("member", 10), ("agent", 180),  # in time, to the second
        ("agent", 190), ("member", 300), ("system", 301), ("agent", 481),  # a second late
        ("member", 600),  # never answered
        shop=shop,
    )  # fmt: skip
    assert read("three_minute_rate") == {shop.pk: (D("0.3333"), 3)}
    # 180, 181, and the cap of 600 for the one nobody answered.
    assert read("response_seconds") == {shop.pk: (D("320.3333"), 3)}


def test_the_shop_of_the_order_is_meant_where_none_is_named(mei, team, bo, shop):
    order = make_order(mei, shop, "T1", ASKED - timedelta(days=2))
    talk(mei, team, bo, ("member", 0), ("agent", 5), order=order)
    assert read("three_minute_rate") == {shop.pk: (D("1.0000"), 1)}


def test_questions_of_the_night_and_talks_about_no_shop_are_left_out(mei, team, bo, shop):
    night = datetime(2026, 11, 18, 23, 0, tzinfo=SHANGHAI)
    morning = datetime(2026, 11, 19, 7, 59, 59, tzinfo=SHANGHAI)
    for at in (night, morning):
        talk(mei, team, bo, ("member", 0), ("agent", 900), at=at, shop=shop)
    talk(mei, team, bo, ("member", 0), ("agent", 5))
    assert read("three_minute_rate") == {}
    talk(mei, team, bo, ("member", 0), ("agent", 5), at=morning + timedelta(seconds=1), shop=shop)
    assert read("three_minute_rate") == {shop.pk: (D("1.0000"), 1)}


def test_a_word_taken_back_answers_nothing(mei, team, bo, shop):
    talk(
        mei, team, bo, ("member", 0), ("agent", 5, {"recalled_at": ASKED}), ("agent", 500), shop=shop,
    )  # fmt: skip
    assert read("three_minute_rate") == {shop.pk: (D("0.0000"), 1)}


def test_days_outside_the_window_are_not_read(mei, team, bo, shop):
    talk(mei, team, bo, ("member", 0), ("agent", 5), at=ASKED, shop=shop)
    assert read("three_minute_rate", date(2026, 11, 17)) == {}
    assert read("three_minute_rate", date(2026, 12, 18)) == {}
