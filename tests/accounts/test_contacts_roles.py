"""Somebody who answers members and is one: at work they see nothing of themselves, under either hat's account."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    ask_about_data,
    begin_erasure,
    grant_title,
    merge_identities,
    place_hold,
    reveal,
)
from accounts.actions.score_cases import post_case
from accounts.models import LegalHold, Member, PersonalDataAccess, RequestKind, Role
from common.errors import DomainError
from common.search.indexing import index_changes
from common.topics import resolve
from radio.actions import reject_case, submit_case
from tests.conftest import make_order, person
from tests.search.conftest import hits
from tests.tickets.casts import answered, waiting
from tickets.actions import ownership
from tickets.actions.conversations import add_note, resolve_conversation
from tickets.actions.ownership import (
    accept_conversation,
    accept_next,
    take_over_conversation,
    transfer_conversation,
)
from tickets.consumers.identity import identity_of
from tickets.consumers.operations import is_own
from tickets.models import AuthorKind, Conversation, State
from tickets.queries.conversations import conversation_page
from tickets.queries.desk import desk, panel

pytestmark = pytest.mark.django_db
WORDS = "金丝雀车厘子"
ACCOUNTS = ["this account", "another account"]


def test_a_talk_accepted_while_one_turns_out_to_be_who_asks_is_not_taken(
    mei, bo, team, monkeypatch
):
    talk = waiting(mei.member, team)
    room = ownership._require_room

    def joined_while_they_wait_for_their_status(by):
        room(by)
        joined(mei.member, by)

    monkeypatch.setattr(ownership, "_require_room", joined_while_they_wait_for_their_status)
    with pytest.raises(DomainError, match=r"conflict\.own_case"):
        accept_conversation(talk, by=bo)
    talk.refresh_from_db()
    assert (talk.state, talk.owner) == (State.WAITING, None)


@pytest.mark.django_db(transaction=True)
def test_an_acceptance_and_a_merge_at_once_leave_no_talk_with_who_asks(mei, bo, team):
    talk, gate = waiting(mei.member, team), Barrier(2)

    def run(move):
        try:
            gate.wait(10)
            move()
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        moves = (lambda: accept_conversation(talk, by=bo), lambda: joined(mei.member, bo))
        said = list(both.map(run, moves))
    assert said[0] in (None, "conflict.own_case")
    assert said[1] is None
    talk.refresh_from_db()
    assert (talk.state, talk.owner) == (State.WAITING, None)


def joined(first, second):
    other = person(f"ops-{first.pk}-{second.pk}", "霜降", Role.OPERATIONS)
    merge_identities(first, second, by=other, reason="工号与会员是同一个人")


def hat(account, user, number="M10000077", phone="13866660077"):
    """Make ``user`` a member as well: under the same account, or under another one that is joined."""
    buyer = user if account == ACCOUNTS[0] else person(f"buyer-{number}", "许小禾", Role.MEMBER)
    if account == ACCOUNTS[0]:
        user.roles = [*user.roles, Role.MEMBER]
        user.save()
        user.__dict__.pop("rights", None)
    made = Member.objects.create(
        member_no=number, user=buyer, display_name="许小禾", phone=phone, region="杭州",
        registered_at=datetime(2024, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    if buyer != user:
        joined(user, made)
    return made


@pytest.fixture(params=ACCOUNTS)
def account(request):
    return request.param


@pytest.fixture
def own(account, bo):
    return hat(account, bo)


@pytest.fixture
def queued(own, team):
    return waiting(own, team, minutes=9, subject=WORDS)


@pytest.fixture
def order_of_own(own, shop):
    return make_order(own.user, shop, "2611200341700777", timezone.now(), product=WORDS)


def refused(code, action, *args, **kwargs):
    with pytest.raises(DomainError) as error:
        action(*args, **kwargs)
    assert error.value.code == code


# --- What the agent may not do ----------------------------------------------------------------------


def test_it_is_not_accepted_and_not_taken_over(queued, own, bo, lin, team):
    refused("conflict.own_case", accept_conversation, queued, by=bo)
    theirs = answered(own, team, lin)
    refused("conflict.own_case", take_over_conversation, theirs, by=bo)
    refused("conflict.own_case", add_note, theirs, body="我自己说", by=bo)
    refused("conflict.own_case", resolve_conversation, theirs, disposition="solved", by=bo)


def test_the_next_one_is_the_next_of_somebody_else(queued, mei, bo, team):
    other = waiting(mei.member, team, minutes=1)
    assert accept_next(by=bo) == other
    assert accept_next(by=bo) is None
    queued.refresh_from_db()
    assert queued.state == State.WAITING


def test_nobody_hands_it_to_them_and_nobody_learns_why(own, bo, lin, sen, team):
    talk = answered(own, team, sen)
    with pytest.raises(DomainError) as error:
        transfer_conversation(talk, note="请接", person=bo, by=lin)
    assert error.value.code == "transfer.not_free"
    assert own.member_no not in str(error.value)


def test_joining_gives_back_what_they_were_answering(bo, mei, team):
    talk = answered(mei.member, team, bo)
    joined(bo, mei.member)
    talk.refresh_from_db()
    assert (talk.state, talk.owner) == (State.WAITING, None)
    assert not Conversation.objects.visible_to(bo).filter(pk=talk.pk).exists()


def test_they_look_at_nothing_of_their_own_record(own, bo, queued):
    refused("conflict.own_case", reveal, own, "phone", by=bo, reason="看一眼")
    assert not PersonalDataAccess.objects.exists()


def test_they_neither_push_nor_screen_their_own_story(own, sen, bo, team, account):
    mine = hat(account, sen, "M10000078", "13866660078")
    talk = answered(mine, team, bo)
    refused("conversation.not_found", submit_case, talk, reason="该听听", by=sen)
    case, _made = submit_case(talk, reason="该听听", by=bo)
    refused("conflict.own_case", reject_case, case, reason="说不清", by=sen)


def test_operations_decide_nothing_about_themselves(account, ops):
    mine = hat(account, ops)
    asked, _made = ask_about_data(mine, RequestKind.ERASURE, by=mine.user)
    now = timezone.now()
    day = {"since": now, "until": now + timedelta(days=1), "source_key": "S1", "now": now}
    refused("conflict.own_case", grant_title, mine, "apass", by=ops, reason="我值得", **day)
    case = {"by": ops, "reason": "我真好", "now": now}
    refused("conflict.own_case", post_case, mine, "good_deed", "D1", **case)
    refused("conflict.own_case", place_hold, mine, ordered_by="我", by=ops, reason="留着")
    refused("conflict.own_case", begin_erasure, asked, by=ops, reason="核对过")


# --- What they do not see: desk, API, search, socket, back office, export ---------------------------


def test_the_desk_and_its_lists_are_without_it(queued, own, bo, mei, team):
    other = waiting(mei.member, team)
    seen = desk(bo, timezone.now())
    assert [card["id"] for card in seen["queue"]] == [other.public_key]
    assert seen["counts"]["queue"] == 1
    for scope in ("queue", "team"):
        page = conversation_page(bo, scope=scope)
        assert [card["id"] for card in page.data] == [other.public_key]


def test_the_api_answers_as_if_there_were_none(queued, own, bo, account, browser_of, order_of_own):
    client, key = browser_of(bo), queued.public_key
    for part in ("panel/", "notes/"):
        assert client.get(f"/api/v1/conversations/{key}/{part}").status_code == 404
    answer = client.post(
        f"/api/v1/conversations/{key}/acceptance/", content_type="application/json"
    )
    assert answer.status_code in (404, 405)
    orders = client.get(f"/api/v1/orders/?member_no={own.member_no}").json()
    assert orders["data"] == []
    whole = [
        client.get(f"/api/v1/conversations/{key}/").status_code,
        client.get(f"/api/v1/conversations/{key}/messages/").status_code,
        client.get(f"/api/v1/members/{own.member_no}/").status_code,
        client.get(f"/api/v1/orders/{order_of_own.order_no}/").status_code,
    ]
    # Under one account the member's hat is on as well: their own words and orders, and no more.
    assert whole == ([200] * 4 if account == ACCOUNTS[0] else [404] * 4)
    asked = client.post(
        f"/api/v1/members/{own.member_no}/reveals/",
        {"field": "phone", "reason": "看一眼"},
        content_type="application/json",
    )
    assert asked.status_code == (403 if account == ACCOUNTS[0] else 404)


def test_the_members_pages_are_the_members(queued, own, bo, browser_of, order_of_own, account):
    member = browser_of(own.user)
    assert WORDS in member.get("/me/orders/").content.decode()
    assert member.get(reverse("chat", args=[queued.pk])).status_code == 200
    if account == ACCOUNTS[1]:
        assert browser_of(bo).get("/me/orders/").status_code == 404
        assert browser_of(bo).get(reverse("chat", args=[queued.pk])).status_code == 404
        assert browser_of(own.user).get("/desk/").status_code == 404


@pytest.mark.parametrize("moment", ["just said", "indexed"])
def test_the_search_does_not_find_it(queued, own, bo, lin, moment, order_of_own):
    while moment == "indexed" and index_changes():
        pass
    words = (WORDS, own.member_no, "许小禾", own.phone, queued.conversation_no, "2611200341700777")
    assert [hit for text in words for hit in hits(bo, text)] == []
    assert all(hits(lin, text) for text in (WORDS, own.member_no, "2611200341700777"))


def test_the_socket_lets_in_the_member_alone(queued, own, bo, account):
    key = queued.public_key
    assert resolve(bo, f"notes:{key}") is None
    heard = resolve(bo, f"conversation:{key}")
    assert (heard is not None) == (account == ACCOUNTS[0])
    assert resolve(own.user, f"conversation:{key}") == queued.topic
    # On the socket too, who asked is the member, whatever they are besides.
    who = identity_of(bo)
    assert who.is_both == (account == ACCOUNTS[0])
    assert is_own(queued.pk, who) == (account == ACCOUNTS[0])


def test_what_changed_is_told_of_work_alone(queued, bo, browser_of):
    client = browser_of(bo)
    cursor = client.get("/api/v1/changes/").json()["cursor"]
    told = client.get(f"/api/v1/changes/?cursor={cursor}").content.decode()
    assert queued.public_key not in told


BACK_OFFICE = ["accounts_member", "tickets_conversation", "trade_order", "accounts_contact",
               "accounts_personaldatarequest", "accounts_legalhold", "accounts_likeness"]  # fmt: skip


@pytest.fixture
def office(account, ops, team, shop, chen):
    """Operations who buy here: one of everything the back office keeps of a member."""
    mine = hat(account, ops)
    waiting(mine, team, subject=WORDS)
    make_order(mine.user, shop, "2611200341700777", timezone.now(), product=WORDS)
    ask_about_data(mine, RequestKind.CORRECTION, by=mine.user, field="name", wish="禾")
    LegalHold.objects.create(member=mine, ordered_by=WORDS)
    return mine


def test_the_back_office_shows_operations_nothing_of_themselves(office, ops, browser_of, aud):
    client, auditor = browser_of(ops), browser_of(aud)
    for name in BACK_OFFICE:
        page = client.get(reverse(f"admin:{name}_changelist")).content.decode()
        for told in (WORDS, "M10000077", "2611200341700777", "许**"):
            assert told not in page, (name, told)
    row = reverse("admin:accounts_member_change", args=[office.pk])
    assert client.get(row).status_code in (302, 404)
    assert auditor.get(row).status_code == 200
    assert WORDS in auditor.get(reverse("admin:trade_order_changelist")).content.decode()


@pytest.fixture
def aud(db):
    return person("aud", "严查", Role.AUDITOR)


def test_an_export_leaves_oneself_out(office, ops, aud, browser_of, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    given = {"columns": ["order_no", "product"], "file_format": "csv", "reason": "对账"}
    found = {}
    for who in (ops, aud):
        answer = browser_of(who).post(reverse("admin:trade_order_export"), given)
        body = b"".join(answer) if answer.streaming else answer.content
        found[who.username] = WORDS in body.decode("utf-8", "replace")
    assert found == {"ops": False, "aud": True}


# --- Beside a talk: the same person's other member accounts, never their work -----------------------


@pytest.fixture
def twofold(mei, ada, qiao, shop, team, bo):
    joined(mei.member, ada.member)
    joined(mei.member, qiao)
    make_order(ada, shop, "2611200341700888", timezone.now())
    past = answered(ada.member, team, bo, subject="上次的事")
    return answered(mei.member, team, bo), past


def test_the_panel_has_the_other_accounts_talks_and_orders(
    twofold, bo, django_assert_max_num_queries
):
    talk, past = twofold
    with django_assert_max_num_queries(18):
        beside = panel(talk, bo, timezone.now())
    assert beside["member"]["also"] == ["M10000002"]
    assert [(one["id"], one["account"]) for one in beside["past"]] == [
        (past.public_key, "M10000002")
    ]
    assert [(one["order_no"], one["account"]) for one in beside["orders"]] == [
        ("2611200341700888", "M10000002")
    ]
    assert not {word for word in ("qiao", "乔木", "con_") if word in str(beside)}


def test_one_account_is_not_marked(mei, team, bo, order):
    beside = panel(answered(mei.member, team, bo), bo, timezone.now())
    assert beside["member"]["also"] == []
    assert [one["account"] for one in beside["orders"]] == [None]


def test_the_api_says_also_and_never_the_work(twofold, bo, mei, browser_of):
    told = browser_of(bo).get("/api/v1/members/M10000001/").json()
    assert told["also"] == ["M10000002"]
    assert "乔" not in str(told)
    listed = browser_of(bo).get("/api/v1/members/").json()["data"]
    assert all("also" not in one for one in listed)


def test_the_other_accounts_order_is_no_card_of_this_talk(twofold, bo):
    from tickets.actions.posting import post_message

    talk, _past = twofold
    refused(
        "order.unknown", post_message, talk, by=bo, author_kind=AuthorKind.AGENT,
        kind="order_card", payload={"order_no": "2611200341700888"},
    )  # fmt: skip


def test_merchant_staff_see_nothing_of_their_member(twofold, qiao, browser_of):
    client = browser_of(qiao)
    for url in ("/api/v1/conversations/", "/api/v1/orders/", "/api/v1/members/"):
        assert client.get(url).json()["data"] == []
    assert client.get("/api/v1/members/M10000001/").status_code == 404
