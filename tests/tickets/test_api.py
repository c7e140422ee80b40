"""The REST contract of conversations: what comes back, who is refused, how many queries it takes."""

import uuid

import pytest
from django.apps import apps

from apass.entitlements.defaults import make_default_packages
from tests.conftest import make_order
from tests.problems import refusal_text
from tests.tickets.casts import answered, waiting
from tickets.models import CannedReply, Conversation, Disposition, Message, Note
from workforce.models import AgentStatus

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture(autouse=True)
def dispositions(db):
    Disposition.objects.get_or_create(code="solved", defaults={"name": "已解决", "position": 1})


def post(client, path, data=None):
    return client.post(f"{API}/{path}", data or {}, content_type="application/json")


def opened(client, **fields):
    sent = {"medium": "app", "body": "车厘子坏了一半", "client_id": str(uuid.uuid4())} | fields
    return post(client, "conversations/", sent)


def test_a_member_opens_and_sees_it(browser_of, mei, order, team):
    client = browser_of(mei)
    response = opened(client, order_no=order.order_no)
    assert response.status_code == 201
    card = response.json()
    assert card["state"] == "waiting"
    assert card["member"]["name"] == "周小宁"
    assert card["order"]["order_no"] == order.order_no
    assert card["shop"] == {"shop_no": "S3001", "name": "岭上鲜果旗舰店", "greeting_word": "亲"}
    assert card["subject"] == order.product
    assert card["last_preview"] == "车厘子坏了一半"
    page = client.get(f"{API}/conversations/{card['id']}/messages/").json()
    assert [m["body"] for m in page["data"]] == ["车厘子坏了一半"]
    assert page["has_more"] is False


def test_the_same_matter_is_one_conversation(browser_of, mei, order, team):
    client = browser_of(mei)
    first = opened(client, order_no=order.order_no)
    second = opened(client, order_no=order.order_no, body="在吗")
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert second.json()["last_seq"] == 2
    assert opened(client).json()["id"] != first.json()["id"]


def test_a_retried_opening_is_stored_once(browser_of, mei, team):
    client, key = browser_of(mei), str(uuid.uuid4())
    first, second = opened(client, client_id=key), opened(client, client_id=key)
    assert first.json()["id"] == second.json()["id"]
    assert Message.objects.count() == 1


def test_someone_elses_order_does_not_exist(browser_of, chen, order, team):
    assert opened(browser_of(chen), order_no=order.order_no).status_code == 404


def test_nothing_to_say_is_refused(browser_of, mei, team):
    response = opened(browser_of(mei), body="  ")
    assert response.status_code in (400, 409)
    assert Conversation.objects.count() == 0


def test_staff_and_merchants_do_not_open(browser_of, bo, qiao):
    for who in (bo, qiao):
        assert opened(browser_of(who)).status_code == 403


def test_an_agent_accepts_answers_and_resolves(browser_of, mei, bo, lin, team):
    key = opened(browser_of(mei)).json()["id"]
    accepted = post(browser_of(bo), f"conversations/{key}/acceptance/")
    assert accepted.status_code == 200
    assert accepted.json()["owner"]["name"] == "许青禾"
    assert accepted.json()["member"]["name"] == "周*宁"
    taken = post(browser_of(lin), f"conversations/{key}/acceptance/")
    assert (taken.status_code, taken.json()["code"]) == (409, "conversation.taken")
    assert taken.json()["owner"] == {"name": "许青禾"}
    done = post(browser_of(bo), f"conversations/{key}/resolution/", {"disposition": "solved"})
    assert done.json()["state"] == "resolved"
    assert done.json()["disposition"] == {"code": "solved", "name": "已解决"}
    assert browser_of(mei).get(f"{API}/conversations/{key}/").json()["disposition"] is None


def test_next_takes_who_waits_longest_and_says_when_nobody_does(browser_of, mei, bo, team):
    waiting(mei.member, team, minutes=1)
    longest = waiting(mei.member, team, minutes=5)
    client = browser_of(bo)
    assert post(client, "queue/next/").json()["id"] == longest.public_key
    post(client, "queue/next/")
    assert post(client, "queue/next/").status_code == 204


STAFF_DOORS = [
    ("post", "acceptance/"), ("post", "transfers/"), ("post", "takeover/"), ("get", "notes/"),
    ("post", "notes/"), ("post", "resolution/"), ("delete", "resolution/"), ("get", "panel/"),
]  # fmt: skip
OWN_DOORS = [("get", ""), ("get", "messages/"), ("get", "queue-position/")]


@pytest.mark.parametrize(("method", "door"), STAFF_DOORS + OWN_DOORS)
def test_strangers_and_other_teams_see_nothing(
    browser_of, mei, chen, dora, qiao, he, bo, team, method, door
):
    conversation = answered(mei.member, team, bo)
    body = {"body": "x", "disposition": "solved", "note": "x", "reason": "x"}
    answers = set()
    for who in (chen, dora, qiao, he):
        for key in (conversation.pk, uuid.uuid4()):
            path = f"{API}/conversations/{key}/{door}"
            response = getattr(browser_of(who), method)(path, body, content_type="application/json")
            answers.add((response.status_code, refusal_text(response)))
    assert len(answers) == 1  # not yours and not there are the same answer, to the byte
    assert answers.pop()[0] == 404


@pytest.mark.parametrize(("method", "door"), STAFF_DOORS)
def test_a_member_does_not_reach_staff_doors_of_their_own(browser_of, mei, bo, team, method, door):
    conversation = answered(mei.member, team, bo)
    Note.objects.create(
        conversation=conversation,
        after_seq=0,
        author=bo,
        body="难缠",
        written_at=conversation.opened_at,
    )
    path = f"{API}/conversations/{conversation.pk}/{door}"
    response = getattr(browser_of(mei), method)(
        path, {"body": "x"}, content_type="application/json"
    )
    assert response.status_code == 404
    assert "难缠" not in response.content.decode()


@pytest.mark.parametrize("door", ["desk/", "canned-replies/"])
def test_the_desk_is_for_agents(browser_of, mei, qiao, he, door):
    for who in (mei, qiao, he):
        assert browser_of(who).get(f"{API}/{door}").status_code == 404


def test_nobody_gets_in_without_signing_in(client):
    for door in ("desk/", "conversations/", "orders/", "canned-replies/"):
        assert client.get(f"{API}/{door}").status_code == 401


def test_the_position_counts_who_has_their_turn_before(browser_of, mei, ada, chen, team):
    waiting(ada.member, team, minutes=1, priority=1)
    waiting(chen.member, team, minutes=9)
    own = waiting(mei.member, team, minutes=3)
    place = browser_of(mei).get(f"{API}/conversations/{own.pk}/queue-position/").json()
    assert place == {"position": 3, "wait_seconds": 180}


def test_the_position_is_nothing_once_somebody_came(browser_of, mei, bo, team):
    own = answered(mei.member, team, bo)
    place = browser_of(mei).get(f"{API}/conversations/{own.pk}/queue-position/").json()
    assert place == {"position": None, "wait_seconds": None}


def test_the_desk_shows_my_work_the_queue_and_who_is_here(
    browser_of, mei, ada, chen, bo, lin, team, other_team
):
    mine = answered(mei.member, team, bo, staff_unread=2)
    queued = waiting(ada.member, team)
    waiting(chen.member, other_team)
    desk = browser_of(bo).get(f"{API}/desk/").json()
    assert [c["id"] for c in desk["mine"]] == [mine.public_key]
    assert [c["id"] for c in desk["queue"]] == [queued.public_key]
    assert desk["counts"] == {"mine": 1, "queue": 1, "unread": 2}
    assert (desk["me"]["load"], desk["me"]["capacity"], desk["me"]["presence"]) == (1, 5, "online")
    (shown,) = desk["teams"]
    assert {p["name"]: p["load"] for p in shown["people"]} == {"许青禾": 1, "陆遥": 0}
    assert desk["dispositions"][0]["code"] == "solved"
    assert desk["greeting_word"] == "亲"


def test_the_desk_asks_the_same_number_of_questions_for_any_number_of_rows(
    browser_of, mei, bo, lin, sen, team, django_assert_max_num_queries
):
    client = browser_of(bo)
    client.get(f"{API}/desk/")
    with django_assert_max_num_queries(15) as few:
        client.get(f"{API}/desk/")
    for _ in range(15):
        answered(mei.member, team, bo)
        waiting(mei.member, team)
    # One more at most: the parameters are read again every second.
    with django_assert_max_num_queries(len(few.captured_queries) + 1):
        client.get(f"{API}/desk/")


def test_lists_go_by_cursor_without_counting(
    browser_of, mei, bo, team, django_assert_max_num_queries
):
    made = [waiting(mei.member, team, minutes=60 - n).public_key for n in range(60)]
    client = browser_of(bo)
    with django_assert_max_num_queries(6) as asked:
        first = client.get(f"{API}/conversations/?scope=queue").json()
    assert not any("COUNT(" in q["sql"] for q in asked.captured_queries)
    rest = client.get(f"{API}/conversations/?scope=queue&cursor={first['next_cursor']}").json()
    assert [c["id"] for c in first["data"] + rest["data"]] == made
    assert rest["next_cursor"] is None
    assert len(client.get(f"{API}/conversations/?scope=team").json()["data"]) == 50
    assert client.get(f"{API}/conversations/?scope=mine").json()["data"] == []


def test_a_members_list_holds_their_own_alone(browser_of, mei, chen, team):
    own = waiting(mei.member, team)
    waiting(chen.member, team)
    page = browser_of(mei).get(f"{API}/conversations/").json()
    assert [c["id"] for c in page["data"]] == [own.public_key]


@pytest.mark.parametrize("cursor", ["x", "!!!", "W10", "WyJ4Il0", "a" * 500, "é"])
def test_a_made_up_cursor_is_refused(browser_of, mei, cursor):
    response = browser_of(mei).get(f"{API}/conversations/", {"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (409, "cursor.bad")


def test_messages_page_backwards(browser_of, mei, team):
    client = browser_of(mei)
    key = opened(client).json()["id"]
    for n in range(5):
        opened(client, body=f"第 {n} 句")
    newest = client.get(f"{API}/conversations/{key}/messages/?limit=2").json()
    assert ([m["seq"] for m in newest["data"]], newest["has_more"]) == ([5, 6], True)
    older = client.get(f"{API}/conversations/{key}/messages/?limit=10&before=5").json()
    assert ([m["seq"] for m in older["data"]], older["has_more"]) == ([1, 2, 3, 4], False)
    assert client.get(f"{API}/conversations/{key}/messages/?limit=0").status_code == 400


def test_notes_are_written_and_read_by_staff(browser_of, mei, bo, lin, team):
    conversation = answered(mei.member, team, bo)
    made = post(browser_of(lin), f"conversations/{conversation.pk}/notes/", {"body": "本周第 7 单"})
    assert (made.status_code, made.json()["author"]["name"]) == (201, "陆遥")
    notes = browser_of(bo).get(f"{API}/conversations/{conversation.pk}/notes/").json()["data"]
    assert [n["body"] for n in notes] == ["本周第 7 单"]


def test_the_panel_masks_and_tells_the_past(
    browser_of, mei, bo, order, team, django_assert_max_num_queries
):
    earlier = answered(mei.member, team, bo, subject="赠品漏发")
    conversation = answered(mei.member, team, bo, order=order)
    client, url = browser_of(bo), f"{API}/conversations/{conversation.pk}/panel/"
    make_default_packages(apps)
    client.get(url)  # parameters, definitions and rules are read once a process
    with django_assert_max_num_queries(16):
        panel = client.get(url).json()
    assert (panel["member"]["name"], panel["member"]["phone"]) == ("周*宁", "138****2071")
    assert panel["member"]["tier_why"]
    assert [o["order_no"] for o in panel["orders"]] == [order.order_no]
    assert [c["id"] for c in panel["past"]] == [earlier.public_key]


def test_the_panel_of_nobody_is_empty(browser_of, bo, team):
    conversation = answered(None, team, bo)
    panel = browser_of(bo).get(f"{API}/conversations/{conversation.pk}/panel/").json()
    assert panel == {
        "member": None, "offers": None, "orders": [], "past": [], "harassment": [],
    }  # fmt: skip


def test_presence_is_said_by_oneself(browser_of, bo, mei):
    client = browser_of(bo)
    response = client.put(
        f"{API}/presence/", {"presence": "break"}, content_type="application/json"
    )
    assert response.json()["presence"] == "break"
    assert AgentStatus.objects.get(user=bo).presence == "break"
    bad = client.put(f"{API}/presence/", {"presence": "asleep"}, content_type="application/json")
    assert bad.status_code == 400
    own = browser_of(mei).put(
        f"{API}/presence/", {"presence": "online"}, content_type="application/json"
    )
    assert own.status_code == 404


def test_canned_replies_are_filled_by_name_never_as_templates(
    browser_of, mei, bo, dora, order, shop, team
):
    body = "{greeting}，{name}，{shop} 的 {order_no} 由{agent}处理。{user.password}{{ 7|add:7 }}{0}"
    CannedReply.objects.create(shortcut="sorry", title="致歉", body=body)
    CannedReply.objects.create(shortcut="own", title="自用", body="x", person=dora)
    conversation = answered(mei.member, team, bo, order=order, shop=shop)
    client = browser_of(bo)
    found = client.get(f"{API}/canned-replies/?q=sor&conversation={conversation.pk}").json()
    (reply,) = found["data"]
    assert reply["body"] == (
        "亲，岭上鲜果旗舰店 的 2611200341700001 由许青禾处理。{user.password}{{ 7|add:7 }}{0}"
    )
    (plain,) = client.get(f"{API}/canned-replies/").json()["data"]
    assert "{order_no}" in plain["body"]


def test_a_shop_has_its_own_greeting_word(browser_of, mei, bo, shop, team):
    shop.greeting_word = "果友"
    shop.save()
    conversation = answered(mei.member, team, bo, shop=shop)
    CannedReply.objects.create(shortcut="hi", title="问好", body="{greeting}好")
    client = browser_of(bo)
    assert (
        client.get(f"{API}/canned-replies/?conversation={conversation.pk}").json()["data"][0][
            "body"
        ]
        == "果友好"
    )
    card = client.get(f"{API}/conversations/{conversation.pk}/").json()
    assert card["shop"]["greeting_word"] == "果友"


def test_orders_are_ones_own_and_staff_name_the_member(
    browser_of, mei, chen, bo, order, shop, django_assert_max_num_queries
):
    make_order(chen, shop, "2611200341700009", order.paid_at)
    mine = browser_of(mei).get(f"{API}/orders/").json()
    assert [o["order_no"] for o in mine["data"]] == [order.order_no]
    assert mine["data"][0]["paid_amount"] == "168.00"
    assert browser_of(chen).get(f"{API}/orders/?member_no=M10000001").json()["data"] == []
    assert browser_of(bo).get(f"{API}/orders/").json()["data"] == []
    desk = browser_of(bo)
    with django_assert_max_num_queries(4):
        found = desk.get(f"{API}/orders/?member_no=M10000001").json()
    assert [o["order_no"] for o in found["data"]] == [order.order_no]


def test_a_person_the_page_made_up_cannot_be_a_target(browser_of, mei, bo, team):
    conversation = answered(mei.member, team, bo)
    sent = {"person": str(uuid.uuid4()), "note": "请看"}
    assert (
        post(browser_of(bo), f"conversations/{conversation.pk}/transfers/", sent).status_code == 404
    )


def test_a_conversation_is_handed_on_taken_over_and_taken_up_again(
    browser_of, mei, bo, lin, dora, team, other_team
):
    conversation = answered(mei.member, team, bo)
    door = f"conversations/{conversation.pk}"
    moved = post(browser_of(bo), f"{door}/transfers/", {"person": lin.public_key, "note": "请看"})
    assert moved.json()["owner"]["name"] == "陆遥"
    taken = post(browser_of(bo), f"{door}/takeover/", {"reason": "还是我来"})
    assert taken.json()["owner"]["name"] == "许青禾"
    post(browser_of(bo), f"{door}/resolution/", {"disposition": "solved"})
    again = browser_of(bo).delete(
        f"{API}/{door}/resolution/", {"reason": "客人来电"}, content_type="application/json"
    )
    assert (again.json()["state"], again.json()["reopened_count"]) == ("open", 1)
    queued = post(browser_of(bo), f"{door}/transfers/", {"team": "jewelry", "note": "珠宝的事"})
    assert (queued.json()["state"], queued.json()["team"]["name"]) == ("waiting", "珠宝组")
    assert [c["id"] for c in browser_of(dora).get(f"{API}/desk/").json()["queue"]] == [
        conversation.public_key
    ]


def test_who_hands_a_waiting_one_away_no_longer_sees_it(browser_of, mei, bo, team, other_team):
    conversation = waiting(mei.member, team)
    sent = {"team": "jewelry", "note": "珠宝的事"}
    response = post(browser_of(bo), f"conversations/{conversation.pk}/transfers/", sent)
    assert response.status_code == 204
    assert browser_of(bo).get(f"{API}/conversations/{conversation.pk}/").status_code == 404


@pytest.mark.parametrize("body", ["{", "[]", '{"medium": "pigeon"}', '{"client_id": "x"}', "null"])
def test_what_is_no_opening_is_a_bad_request(browser_of, mei, team, body):
    response = browser_of(mei).post(f"{API}/conversations/", body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert not Conversation.objects.exists()
