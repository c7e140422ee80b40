import pytest
import time_machine

from radio.actions import reject_case, select_case
from radio.models import Case
from tests.radio.conftest import at

CASES = "/api/v1/cases/"
pytestmark = pytest.mark.django_db


def send(client, url, **body):
    return client.post(url, body, content_type="application/json")


@pytest.fixture
def pushed(talk, bo, browser_of):
    return send(browser_of(bo), CASES, conversation=talk.public_key, reason="值得一听", quotes=[3])


def test_an_agent_pushes_and_pushes_again(talk, bo, lin, browser_of, pushed):
    assert pushed.status_code == 201
    made = pushed.json()
    assert (made["state"], made["headline"], made["pushed_by"]["name"]) == (
        "pending",
        "坏果赔付",
        "许青禾",
    )
    assert [quote["seq"] for quote in made["quotes"]] == [3]
    again = send(
        browser_of(lin), CASES, conversation=talk.public_key, reason="我也觉得", quotes=[1]
    )
    assert (again.status_code, again.json()["id"]) == (200, made["id"])


def test_the_answer_is_masked(pushed):
    for secret in ("周小宁", "13800002071", "2611200341700001"):
        assert secret not in pushed.content.decode()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reason": ""}, 400, "invalid"),
        ({"reason": "好", "quotes": [99]}, 409, "case.no_such_message"),
        ({"reason": "好", "quotes": ["x"]}, 400, "invalid"),
        ({"reason": "字" * 1001}, 400, "text.too_long"),
        ({"reason": "好", "headline": "\ud83d"}, 400, None),
    ],
)
def test_what_cannot_be_pushed_is_refused(talk, bo, browser_of, body, status, code):
    answer = send(browser_of(bo), CASES, conversation=talk.public_key, **body)
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code
    assert not Case.objects.exists()


@pytest.mark.parametrize("who", ["dora", "he", "mei", "chen", "qiao", "wen"])
def test_who_must_not_push_finds_nothing(talk, who, browser_of, request):
    client = browser_of(request.getfixturevalue(who))
    assert send(client, CASES, conversation=talk.public_key, reason="好").status_code == 404


def test_strangers_are_asked_to_sign_in(client, talk):
    assert send(client, CASES, conversation=talk.public_key, reason="好").status_code == 401


def test_the_pusher_sees_the_fate(case, fresh, bo, sen, browser_of, thursday, talk_with, ada):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    with time_machine.travel(at("2026-11-20 09:00:00"), tick=False):
        (mine,) = browser_of(bo).get(CASES, {"scope": "pushed_by_me"}).json()["data"]
    assert (mine["state"], mine["screened_by"], mine["headline"]) == (
        "selected",
        "姜半夏",
        "坏了六成",
    )
    assert (mine["editions"][0]["channel"]["name"], mine["editions"][0]["is_out"]) == ("生鲜", True)


def test_the_pusher_reads_why_it_was_returned(case, bo, sen, browser_of):
    reject_case(case, reason="上周播过了", by=sen)
    (mine,) = browser_of(bo).get(CASES).json()["data"]
    assert (mine["state"], mine["reject_reason"]) == ("rejected", "上周播过了")


def test_a_private_channel_has_no_name_for_the_pusher(case, secret, bo, sen, browser_of, thursday):
    secret.people.add(sen)
    select_case(case, channels=[secret], headline="坏了六成", by=sen, now=thursday)
    (mine,) = browser_of(bo).get(CASES).json()["data"]
    assert (mine["editions"][0]["channel"], mine["editions"][0]["id"]) == (None, None)


def test_the_desk_asks_whether_a_conversation_was_pushed(case, talk, lin, dora, browser_of):
    asked = {"conversation": talk.public_key}
    assert [row["id"] for row in browser_of(lin).get(CASES, asked).json()["data"]] == [
        case.public_key
    ]
    assert browser_of(dora).get(CASES, asked).json()["data"] == []


def test_a_screener_decides_by_rest(case, fresh, sen, lin, browser_of):
    url = f"{CASES}{case.pk}/"
    client = browser_of(sen)
    refused = send(client, f"{url}selection/", channels=["fresh"], headline="一" * 17)
    assert (refused.status_code, refused.json()["code"]) == (409, "case.headline_too_long")
    assert (
        send(client, f"{url}selection/", channels=["fresh"], headline="坏了六成").status_code == 200
    )
    late = send(browser_of(lin), f"{url}rejection/", reason="不听")
    assert (late.status_code, late.json()["code"], late.json()["by"]) == (
        409,
        "case.already_screened",
        "姜半夏",
    )


def test_the_pusher_may_look_but_not_decide(case, bo, browser_of):
    answer = send(browser_of(bo), f"{CASES}{case.pk}/rejection/", reason="不听")
    assert (answer.status_code, answer.json()["code"]) == (403, "radio.not_screener")


@pytest.mark.parametrize("who", ["mei", "chen", "qiao", "he", "dora"])
def test_a_case_in_the_kitchen_does_not_exist_for_others(case, who, browser_of, request):
    client = browser_of(request.getfixturevalue(who))
    assert client.get(f"{CASES}{case.pk}/").status_code == 404
    assert send(client, f"{CASES}{case.pk}/rejection/", reason="不听").status_code == 404


def test_a_reader_sees_the_case_from_nine_on(case, fresh, he, sen, browser_of, thursday):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    client, url = browser_of(he), f"{CASES}{case.pk}/"
    for moment, status in (("08:59:59", 404), ("09:00:00", 200)):
        with time_machine.travel(at(f"2026-11-20 {moment}"), tick=False):
            answer = client.get(url)
        assert answer.status_code == status
    assert answer.json()["conversation"] is None


def test_reading_is_noted(case, fresh, he, sen, browser_of, thursday):
    (item,) = select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    url = f"/api/v1/editions/{item.edition_id}/readings/"
    with time_machine.travel(at("2026-11-20 08:59:59"), tick=False):
        assert send(browser_of(he), url).status_code == 404
    with time_machine.travel(at("2026-11-20 09:05:00"), tick=False):
        assert send(browser_of(he), url, cases=[case.public_key]).json() == {"read": 1}
        assert send(browser_of(he), url).json() == {"read": 0}


def test_the_list_asks_the_database_the_same_whatever_its_length(
    bo, ada, chen, mei, talk_with, browser_of, django_assert_max_num_queries
):
    from radio.actions import submit_case

    client = browser_of(bo)
    for member in (ada, chen, mei):
        submit_case(talk_with(member), reason="值得一听", quotes=[1], by=bo)
    with django_assert_max_num_queries(9):
        assert len(client.get(CASES).json()["data"]) == 3
