"""Every resource: whose it is, that it fits its shape, and that lists cost the same at any length."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern

from accounts import shapes as people
from common import shapes as common
from common.rest import Endpoint
from merchants import shapes as merchants
from radio import shapes as radio
from radio.actions import open_channel, submit_case, subscribe
from tests.conftest import make_order, make_product
from tests.rest.fitting import misfits
from tests.tickets.casts import answered, waiting
from tickets import shapes as tickets
from tickets.actions.conversations import add_note, open_conversation
from tickets.models import CannedReply, Disposition, Message
from trade import shapes as trade

pytestmark = pytest.mark.django_db
API = "/api/v1"


def post(client, path, data=None, **headers):
    return client.post(
        f"{API}/{path}", data or {}, content_type="application/json", headers=headers
    )


@pytest.fixture
def world(mei, ada, bo, lin, sen, ops, he, order, product, shop, team, other_team):
    """One of everything."""
    Disposition.objects.get_or_create(code="solved", defaults={"name": "已解决"})
    CannedReply.objects.create(shortcut="hi", title="问好", body="{greeting}好")
    talk = open_conversation(
        mei.member, medium="app", body="坏了一半", order=order, shop=shop, by=mei
    ).conversation
    taken = answered(mei.member, team, bo)
    add_note(taken, body="催过", by=lin)
    channel = open_channel(code="fresh", name="生鲜", by=ops)
    subscribe(channel, by=he)
    case, _new = submit_case(taken, reason="该听听", by=bo)
    return {"talk": talk, "taken": taken, "channel": channel, "case": case}


READS = [
    ("mei", "me/", people.Me),
    ("bo", "me/", people.Me),
    ("mei", "members/", people.MemberPage),
    ("bo", "members/M10000001/", people.MemberWithOthers),
    ("mei", "conversations/", tickets.ConversationPage),
    ("bo", "conversations/?scope=queue", tickets.ConversationPage),
    ("mei", "conversations/{talk}/", tickets.Conversation),
    ("bo", "conversations/{taken}/", tickets.Conversation),
    ("mei", "conversations/{talk}/messages/", tickets.MessagePage),
    ("mei", "conversations/{talk}/queue-position/", tickets.QueuePosition),
    ("bo", "conversations/{taken}/notes/", tickets.NotePage),
    ("bo", "conversations/{talk}/panel/", tickets.Panel),
    ("bo", "desk/", tickets.Desk),
    ("bo", "canned-replies/", tickets.CannedReplyPage),
    ("bo", "teams/", tickets.TeamPage),
    ("bo", "teams/fresh/", tickets.TeamWithPeople),
    ("mei", "orders/", trade.OrderPage),
    ("mei", "orders/2611200341700001/", trade.Order),
    ("bo", "orders/?member_no=M10000001", trade.OrderPage),
    ("mei", "products/", trade.ProductPage),
    ("mei", "products/G300101/", trade.Product),
    ("mei", "shops/", merchants.ShopPage),
    ("mei", "shops/S3001/", merchants.Shop),
    ("bo", "cases/", radio.CasePage),
    ("sen", "cases/?scope=kitchen", radio.CasePage),
    ("sen", "cases/{case}/", radio.Case),
    ("he", "channels/", radio.ChannelPage),
    ("he", "channels/fresh/", radio.Channel),
    ("he", "subscriptions/", radio.SubscriptionPage),
    ("he", "editions/", radio.EditionPage),
    ("ops", "parameters/", common.ParameterPage),
    ("ops", "parameters/api.page_rows/", common.Parameter),
    ("mei", "changes/", common.Changes),
]


@pytest.mark.parametrize(("who", "path", "shape"), READS, ids=[f"{w} {p}" for w, p, _s in READS])
def test_it_fits_its_shape(world, browser_of, request, who, path, shape):
    keys = {name: thing.public_key for name, thing in world.items() if name != "channel"}
    response = browser_of(request.getfixturevalue(who)).get(f"{API}/{path.format(**keys)}")
    assert response.status_code == 200, response.content
    assert misfits(shape, response.json()) == []
    assert response["ETag"]


FORBIDDEN = [
    ("chen", "members/M10000001/"),
    ("he", "members/M10000001/"),
    ("chen", "conversations/{talk}/"),
    ("dora", "conversations/{taken}/"),
    ("chen", "conversations/{talk}/messages/"),
    ("mei", "conversations/{taken}/notes/"),
    ("mei", "conversations/{talk}/panel/"),
    ("chen", "orders/2611200341700001/"),
    ("he", "orders/2611200341700001/"),
    ("mei", "desk/"),
    ("mei", "teams/"),
    ("mei", "teams/fresh/"),
    ("mei", "canned-replies/"),
    ("chen", "cases/{case}/"),
    ("dora", "cases/?scope=kitchen"),
    ("mei", "channels/"),
    ("mei", "channels/fresh/"),
    ("mei", "subscriptions/"),
    ("mei", "editions/"),
    ("mei", "parameters/"),
    ("bo", "parameters/"),
    ("lin", "parameters/api.page_rows/"),
]


@pytest.mark.parametrize(("who", "path"), FORBIDDEN, ids=[f"{w} {p}" for w, p in FORBIDDEN])
def test_it_is_not_there_for_others(world, browser_of, dora, chen, request, who, path):
    keys = {name: thing.public_key for name, thing in world.items() if name != "channel"}
    response = browser_of(request.getfixturevalue(who)).get(f"{API}/{path.format(**keys)}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["orders/nothing/", "products/nothing/", "shops/nothing/", "members/nothing/"]
)
def test_what_is_not_there(browser_of, bo, path):
    assert browser_of(bo).get(f"{API}/{path}").status_code == 404


def endpoints(patterns=None, prefix=""):
    """Yield every address under /api/v1/ with its view class."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = f"{prefix}{one.pattern}"
        if isinstance(one, URLPattern):
            if path.startswith("api/v1/"):
                yield path, one.callback
        else:
            yield from endpoints(one.url_patterns, path)


def test_every_address_has_the_one_base_and_says_what_it_does():
    bare = []
    for path, callback in endpoints():
        view = getattr(callback, "cls", None)
        if view is None or not issubclass(view, Endpoint):
            bare.append(path)
            continue
        for name in ("get", "post", "put", "patch", "delete"):
            method = getattr(view, name, None)
            if method is not None and not (method.__doc__ and hasattr(method, "kwargs")):
                bare.append(f"{name.upper()} {path}")
    assert bare == []


def test_a_client_chooses_its_fields(world, browser_of, mei):
    client = browser_of(mei)
    page = client.get(f"{API}/conversations/?fields=id,last_seq").json()
    assert [set(row) for row in page["data"]] == [{"id", "last_seq"}] * 2
    assert "next_cursor" in page
    one = client.get(f"{API}/conversations/{world['talk'].public_key}/?fields=state").json()
    assert one == {"state": "waiting"}
    unknown = client.get(f"{API}/conversations/?fields=id,password")
    assert unknown.status_code == 400
    (mistake,) = unknown.json()["errors"]
    assert (mistake["pointer"], mistake["code"], mistake["in"]) == ("#/fields", "unknown", "query")
    assert client.get(f"{API}/conversations/?colour=red").status_code == 400


def test_pages_name_the_next_one(browser_of, mei, team):
    made = [waiting(mei.member, team).public_key for _ in range(5)]
    client, seen, url = browser_of(mei), [], f"{API}/conversations/?limit=2&fields=id"
    while url:
        response = client.get(url)
        seen += [row["id"] for row in response.json()["data"]]
        url = response["Link"].split(">")[0].lstrip("<") if "Link" in response else ""
    assert sorted(seen) == sorted(made)


def test_a_page_is_never_longer_than_the_parameter(browser_of, mei, shop):
    from common import parameters

    parameters.set_value("api.page_rows", 10, by=None, reason="测试")
    parameters.forget()
    for n in range(12):
        make_order(mei, shop, f"26112003417001{n:02}", datetime(2026, 11, n + 1, tzinfo=UTC))
    assert len(browser_of(mei).get(f"{API}/orders/?limit=5000").json()["data"]) == 10
    assert browser_of(mei).get(f"{API}/orders/?limit=0").status_code == 400


LISTS = ["conversations/", "orders/", "products/", "members/", "shops/"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_the_same_whatever_its_length(
    browser_of, mei, bo, shop, team, path, django_assert_max_num_queries
):
    def grow(count):
        for n in range(count):
            stem = uuid.uuid4().hex[:8]
            make_order(mei, shop, f"26{stem}{n}", datetime(2026, 11, 1, tzinfo=UTC) + timedelta(n))
            make_product(shop, f"G{stem}{n}", f"{stem} 车厘子")
            waiting(mei.member, team)

    client = browser_of(bo if path == "members/" else mei)
    grow(2)
    client.get(f"{API}/{path}")
    with django_assert_max_num_queries(8) as few:
        client.get(f"{API}/{path}")
    grow(8)
    with django_assert_max_num_queries(len(few.captured_queries)) as many:
        client.get(f"{API}/{path}")
    assert not any("COUNT(" in q["sql"] for q in many.captured_queries)


def test_an_app_says_and_reads_without_a_socket(world, browser_of, mei, bo):
    talk, said = world["taken"], str(uuid.uuid4())
    client = browser_of(mei)
    first = post(
        client, f"conversations/{talk.public_key}/messages/", {"client_id": said, "body": "在吗"}
    )
    again = post(
        client, f"conversations/{talk.public_key}/messages/", {"client_id": said, "body": "在吗"}
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert misfits(tickets.Message, first.json()) == []
    assert first.json()["seq"] == again.json()["seq"]
    assert first.json()["author"]["kind"] == "member"
    answer = post(
        browser_of(bo), f"conversations/{talk.public_key}/messages/",
        {"client_id": str(uuid.uuid4()), "body": "在的"},
    )  # fmt: skip
    assert answer.json()["author"]["kind"] == "agent"
    after = client.get(
        f"{API}/conversations/{talk.public_key}/messages/?after={first.json()['seq']}"
    )
    assert [m["body"] for m in after.json()["data"]] == ["在的"]
    mark = client.put(
        f"{API}/conversations/{talk.public_key}/read-mark/",
        {"seq": answer.json()["seq"]}, content_type="application/json",
    )  # fmt: skip
    assert misfits(tickets.ReadMark, mark.json()) == []
    assert mark.json()["member_read_seq"] == answer.json()["seq"]
    gone = client.delete(f"{API}/conversations/{talk.public_key}/messages/{first.json()['seq']}/")
    assert (gone.json()["recalled"], gone.json()["body"]) == (True, "")
    assert (
        client.delete(f"{API}/conversations/{talk.public_key}/messages/99999999999/").status_code
        == 404
    )


def test_who_is_no_side_of_a_conversation_says_nothing_in_it(world, browser_of, ops, chen):
    sent = {"client_id": str(uuid.uuid4()), "body": "x"}
    path = f"conversations/{world['taken'].public_key}/messages/"
    assert post(browser_of(ops), path, sent).status_code == 403
    assert post(browser_of(chen), path, sent).status_code == 404
    assert not Message.objects.filter(conversation=world["taken"], body="x").exists()


def test_a_change_made_for_what_was_seen_does_not_go_over_anothers(world, browser_of, bo, lin):
    talk = world["taken"].public_key
    mine, theirs = browser_of(bo), browser_of(lin)
    seen = mine.get(f"{API}/conversations/{talk}/")["ETag"]
    also = theirs.get(f"{API}/conversations/{talk}/")["ETag"]
    taken = post(
        theirs, f"conversations/{talk}/takeover/", {"reason": "我来"}, **{"If-Match": also}
    )
    assert taken.status_code == 200
    late = post(
        mine, f"conversations/{talk}/resolution/", {"disposition": "solved"}, **{"If-Match": seen}
    )
    assert (late.status_code, late.json()["code"]) == (412, "precondition.changed")
    done = post(
        theirs, f"conversations/{talk}/resolution/", {"disposition": "solved"},
        **{"If-Match": taken["ETag"]},
    )  # fmt: skip
    assert done.status_code == 200


def test_what_the_requester_said_last_belongs_to_what_was_seen(world, browser_of, bo, mei):
    talk = world["taken"].public_key
    seen = browser_of(bo).get(f"{API}/conversations/{talk}/")["ETag"]
    post(
        browser_of(mei),
        f"conversations/{talk}/messages/",
        {"client_id": str(uuid.uuid4()), "body": "等等"},
    )
    late = post(
        browser_of(bo),
        f"conversations/{talk}/resolution/",
        {"disposition": "solved"},
        **{"If-Match": seen},
    )
    assert late.status_code == 412


def test_hearing_a_channel_is_put_and_taken_away(world, browser_of, he):
    client, path = browser_of(he), f"{API}/channels/fresh/subscription/"
    muted = client.put(path, {"is_muted": True}, content_type="application/json")
    assert muted.json() == {"channel": "fresh", "is_muted": True}
    aloud = client.put(path, {}, content_type="application/json")
    assert aloud.json() == {"channel": "fresh", "is_muted": False}
    for _twice in range(2):
        assert client.delete(path).status_code == 204
    assert client.get(f"{API}/subscriptions/").json()["data"] == []


def test_one_chooses_ones_own_language(browser_of, mei):
    client = browser_of(mei)
    answer = client.patch(f"{API}/me/", {"language": "en"}, content_type="application/json")
    assert (answer.status_code, answer.json()["language"]) == (200, "en")
    wrong = client.patch(f"{API}/me/", {"roles": ["operations"]}, content_type="application/json")
    assert wrong.status_code == 400
    mei.refresh_from_db()
    assert mei.roles == ["member"]


def test_parameters_are_only_read(browser_of, ops):
    url = f"{API}/parameters/api.page_rows/"
    for method in ("post", "put", "patch", "delete"):
        assert getattr(browser_of(ops), method)(url).status_code == 405


def test_every_key_that_goes_out_has_its_prefix(world, browser_of, mei, bo, sen):
    bare = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    import re

    for who, path in (
        (mei, "conversations/"),
        (bo, "desk/"),
        (sen, "cases/?scope=kitchen"),
        (bo, "me/"),
    ):
        body = browser_of(who).get(f"{API}/{path}").content.decode()
        assert not re.search(bare, body)


def test_addresses_are_written_with_prefixes(world):
    key = world["talk"].pk
    assert reverse("api-conversation", args=[key]) == f"{API}/conversations/cnv_{key.hex}/"
