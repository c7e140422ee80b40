"""The pages /desk/ and /me/: who comes in, what is there, how many questions the database is asked."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.doors import doors_of
from tickets.actions.conversations import open_conversation
from tickets.models import Conversation, Disposition, State

from ..conftest import make_order


def ask(user, order=None, body="签收就坏了一半"):
    return open_conversation(
        user.member, medium="web", body=body, order=order, by=user
    ).conversation


@pytest.fixture
def talk(team, mei, order):
    return ask(mei, order)


def test_strangers_are_sent_to_the_sign_in(client, db):
    for path in ("/desk/", "/me/", "/me/orders/", "/me/chat/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"] == f"/?next={path}"


def test_the_desk_is_not_there_for_members_nor_the_members_pages_for_staff(browser_of, mei, bo, he):
    assert browser_of(mei).get("/desk/").status_code == 404
    assert browser_of(he).get("/desk/").status_code == 404
    for path in ("/me/", "/me/orders/", "/me/chat/"):
        assert browser_of(bo).get(path).status_code == 404


def test_bo_comes_to_the_desk_and_may_push_but_not_screen(browser_of, bo, sen):
    page = browser_of(bo).get("/desk/").content.decode()
    assert 'id="act-push"' in page
    assert "/radio/kitchen/" not in page
    assert "/radio/kitchen/" in browser_of(sen).get("/desk/").content.decode()


def test_chen_sees_neither_meis_chat_nor_her_order(browser_of, chen, talk, order):
    assert browser_of(chen).get(f"/me/chat/{talk.public_key}/").status_code == 404
    assert browser_of(chen).get(f"/me/chat/?order={order.order_no}").status_code == 404
    assert "车厘子" not in browser_of(chen).get("/me/orders/").content.decode()


def test_a_running_talk_about_the_same_order_goes_on(browser_of, mei, talk, order):
    answer = browser_of(mei).get(f"/me/chat/?order={order.order_no}")
    assert answer["Location"] == f"/me/chat/{talk.public_key}/"


def test_a_new_chat_begins_where_none_is_running(browser_of, mei, talk):
    assert browser_of(mei).get("/me/chat/").status_code == 200


def test_a_settled_talk_may_go_on_for_seven_days(browser_of, mei, talk, bo):
    Disposition.objects.create(code="done", name="解决了")
    resolved_at = timezone.now()
    Conversation.objects.filter(pk=talk.pk).update(
        state=State.RESOLVED, queued_at=None, resolved_at=resolved_at, waiting_since=None
    )
    page = browser_of(mei).get(f"/me/chat/{talk.public_key}/")
    assert page.context["may_go_on"]
    Conversation.objects.filter(pk=talk.pk).update(
        resolved_at=resolved_at - timezone.timedelta(days=8)
    )
    assert not browser_of(mei).get(f"/me/chat/{talk.public_key}/").context["may_go_on"]


def test_hostile_words_are_shown_not_run(browser_of, mei, team, shop):
    order = make_order(
        mei,
        shop,
        "26112003417<b>",
        datetime(2026, 11, 19, tzinfo=UTC),
        product="<script>alert(1)</script>",
    )
    ask(mei, order, body="<img src=x onerror=alert(1)>")
    for path in ("/me/", "/me/orders/", f"/me/chat/{Conversation.objects.get().public_key}/"):
        page = browser_of(mei).get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_orders_come_twenty_at_a_time(browser_of, mei, shop):
    for day in range(1, 26):
        make_order(mei, shop, f"26{day:014}", datetime(2026, 10, day, tzinfo=UTC))
    first = browser_of(mei).get("/me/orders/")
    assert [o.order_no for o in first.context["orders"]] == [f"26{d:014}" for d in range(25, 5, -1)]
    rest = browser_of(mei).get(f"/me/orders/?after={first.context['next_after']}")
    assert [o.order_no for o in rest.context["orders"]] == [f"26{d:014}" for d in range(5, 0, -1)]
    assert rest.context["next_after"] is None
    assert browser_of(mei).get("/me/orders/?after=nonsense").status_code == 200


def test_the_pages_ask_the_database_the_same_however_much_there_is(
    browser_of, mei, bo, team, shop, django_assert_num_queries, django_assert_max_num_queries
):
    for day in range(1, 15):
        ask(mei, make_order(mei, shop, f"26{day:014}", datetime(2026, 10, day, tzinfo=UTC)))
    member, agent = browser_of(mei), browser_of(bo)
    agent.get("/desk/")  # parameters are remembered afterwards
    with django_assert_num_queries(6):  # session, person, talks, orders, limits, APASS
        member.get("/me/")
    with django_assert_num_queries(3):
        member.get("/me/orders/")
    with django_assert_max_num_queries(3):  # session, person, now and then the parameters' age
        agent.get("/desk/")


def test_the_doors_say_what_is_true(bo, mei, talk):
    desk = next(open_ for open_ in doors_of(bo) if open_.door.key == "desk")
    assert desk.fact.kind == "warn"
    assert "1" in str(desk.line)
    assert [open_.door.key for open_ in doors_of(mei)] == ["me"]


def test_the_pages_hold_no_inline_script_or_style(browser_of, mei, bo, talk):
    for who, path in ((mei, "/me/"), (mei, f"/me/chat/{talk.public_key}/"), (bo, "/desk/")):
        page = browser_of(who).get(path).content.decode()
        assert " style=" not in page
        assert "<script>" not in page
        assert " onclick=" not in page
