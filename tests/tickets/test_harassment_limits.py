"""What a contact block limits at every door: posting, opening, handing on, the member's page."""

import io
import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from common.errors import DomainError
from common.masking import mask_name
from tests.tickets.blocks import blocked, said
from tests.tickets.casts import answered, waiting
from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.attachments import upload_attachment
from tickets.actions.conversations import open_conversation
from tickets.actions.ownership import accept_next, transfer_conversation
from tickets.actions.posting import POST_SQL, columns, draft, post_message
from tickets.models import Conversation, State

pytestmark = pytest.mark.django_db
API = "/api/v1"


def refused(code):
    return pytest.raises(DomainError, match=f"^{code}:")


def ask(client, method, path, data=None):
    send = getattr(client, method)
    return send(f"{API}/{path}", data or {}, content_type="application/json")


@pytest.fixture
def block(conversation, bo, lin):
    """Mei is blocked; her talk goes on in writing with Lin."""
    made = blocked(conversation, bo, lin, has_request=True)
    conversation.refresh_from_db()
    return made


def test_words_go_slowly_and_nothing_else_goes(block, conversation, mei):
    now = timezone.now() + timedelta(minutes=1)
    say = {"by": mei, "author_kind": "member"}
    key = uuid.uuid4()
    first = post_message(conversation, body="退款呢", now=now, client_id=key, **say)
    with refused("contact.too_soon") as refusal:
        post_message(conversation, body="人呢", now=now + timedelta(seconds=10), **say)
    assert refusal.value.details == {"wait_seconds": 20}
    again = post_message(
        conversation, body="退款呢", now=now + timedelta(seconds=10), client_id=key, **say
    )
    assert (again.seq, again.duplicate) == (first.seq, True)
    with refused("contact.text_only"):
        post_message(conversation, body="😡", kind="sticker", now=now + timedelta(hours=1), **say)
    with refused("contact.text_only"):
        upload_attachment(conversation, source=io.BytesIO(b"hello"), name="a.txt", by=mei)
    post_message(conversation, body="好", now=now + timedelta(seconds=30), **say)


def test_the_agent_and_others_are_not_slowed(block, conversation, lin, ada, team):
    for _ in range(3):
        post_message(conversation, by=lin, author_kind="agent", body="在处理")
    other = answered(ada.member, team, lin)
    for _ in range(3):
        said(other, ada)


def test_slow_is_slow_in_all_talks_together(mei, team, bo, lin, conversation):
    second = answered(mei.member, team, lin)
    blocked(conversation, bo, lin, has_request=True)
    now = timezone.now() + timedelta(minutes=1)
    said(conversation, mei, now=now)
    with refused("contact.too_soon"):
        said(second, mei, now=now + timedelta(seconds=5))


def outcomes(by, *said, now):
    """Store ``said``, (talk, body, more) each, in one batch; return what became of each."""
    drafts = [
        draft(talk.pk, by=by, author_kind="member", body=body, **more) for talk, body, more in said
    ]
    with connection.cursor() as cursor:
        cursor.execute(POST_SQL, columns(drafts, now=now, origin=None))
        return [outcome for _ord, outcome, *_rest in cursor.fetchall()]


def test_of_a_batch_the_first_word_that_may_be_stored_is(block, conversation, mei, team, bo):
    now = timezone.now() + timedelta(minutes=1)
    key, other = uuid.uuid4(), uuid.uuid4()
    said(conversation, mei, now=now, client_id=key)
    closed = answered(mei.member, team, bo, state=State.CLOSED, closed_at=now, resolved_at=now)
    batch = [
        (conversation, "退款呢", {"client_id": key}),  # a retry
        (conversation, "😡", {"kind": "sticker"}),  # refused anyway
        (closed, "喂", {}),
        (conversation, "货没到", {"client_id": other}),
        (conversation, "人呢", {}),
        (conversation, "货没到", {"client_id": other}),  # sent twice at once
    ]
    assert outcomes(mei, *batch, now=now + timedelta(seconds=30)) == [
        "duplicate", "text_only", "closed", "stored", "too_soon", "duplicate",
    ]  # fmt: skip


def test_of_a_batch_over_all_talks_one_word_is_stored(block, conversation, mei, team, lin):
    limits = {
        name: getattr(conversation, name)
        for name in ("limited_until", "limited_to_text", "limited_slow_seconds")
    }
    second = answered(mei.member, team, lin, **limits)
    now, key = timezone.now() + timedelta(minutes=1), uuid.uuid4()
    batch = [(conversation, "一", {"client_id": key}), (second, "二", {"client_id": key})]
    assert outcomes(mei, *batch, now=now) == ["stored", "too_soon"]


def test_limits_end_by_the_clock_even_before_the_sweep(block, conversation, mei):
    for seconds in (0, 1):
        said(conversation, mei, now=block.until + timedelta(seconds=seconds))


def test_a_done_talk_does_not_come_back_into_an_ordinary_queue(conversation, mei, team, bo, lin):
    done = answered(mei.member, team, bo, state=State.RESOLVED, resolved_at=timezone.now())
    blocked(conversation, bo, lin)
    with refused("contact.blocked"):
        said(done, mei, now=timezone.now() + timedelta(minutes=1))


def test_only_a_written_complaint_opens_and_it_reaches_no_ordinary_queue(
    conversation, mei, team, shop, bo, lin, sen
):
    blocked(conversation, bo, lin)
    Conversation.objects.filter(pk=conversation.pk).update(last_member_seq=0)  # spoke long ago
    with refused("contact.blocked"):
        open_conversation(mei.member, medium="web", body="在吗", by=mei)
    opened = open_conversation(
        mei.member, medium="web", body="货没到，要退款", by=mei, team=team, written=True
    ).conversation
    assert (opened.team.code, opened.state) == ("written", "waiting")
    assert opened.is_limited(timezone.now())
    assert accept_next(by=sen) is None  # of the ordinary team
    assert accept_next(by=lin) == opened  # who leads it
    with refused("contact.one_written"):
        open_conversation(mei.member, medium="web", body="还有", by=mei, written=True, shop=shop)


def test_who_is_not_limited_opens_as_always(block, ada, team):
    assert (
        open_conversation(ada.member, medium="web", body="在吗", by=ada).conversation.team == team
    )


def test_what_waits_leaves_the_ordinary_queue_when_confirmed(conversation, mei, team, bo, lin):
    queued = waiting(mei.member, team)
    blocked(conversation, bo, lin)
    queued.refresh_from_db()
    assert (queued.team.code, queued.state) == ("written", "waiting")


def test_it_is_handed_to_people_not_into_ordinary_queues(block, conversation, lin, sen, other_team):
    with refused("transfer.set_apart"):
        transfer_conversation(conversation, note="请接", by=lin, team=other_team)
    handed = transfer_conversation(conversation, note="请接", by=lin, person=sen)
    assert (handed.owner, handed.team.code) == (sen, "written")


def test_the_desk_marks_and_a_second_person_confirms_over_rest(conversation, browser_of, bo, lin):
    seq = said(conversation, conversation.member.user, "你等着")
    path = f"conversations/{conversation.public_key}/harassment/"
    sent = {"grade": 3, "ground": "threat", "reason": "威胁", "quotes": [seq]}
    made = ask(browser_of(bo), "post", path, sent)
    assert made.status_code == 201
    assert (made.json()["may_decide"], made.json()["quotes"]) == (False, ["你等着"])
    assert ask(browser_of(bo), "post", path, sent).status_code == 200
    key = made.json()["id"]
    yes = {"has_request": True, "reason": "属实"}
    assert (
        ask(browser_of(bo), "post", f"harassment-cases/{key}/confirmation/", yes).status_code == 404
    )
    listed = browser_of(lin).get(f"{API}/harassment-cases/?state=waiting").json()["data"]
    assert [(one["id"], one["may_decide"]) for one in listed] == [(key, True)]
    done = ask(browser_of(lin), "post", f"harassment-cases/{key}/confirmation/", yes)
    assert (done.status_code, done.json()["state"]) == (200, "confirmed")
    card = browser_of(lin).get(f"{API}/conversations/{conversation.public_key}/").json()
    assert card["limited_until"]
    panel = browser_of(lin).get(f"{API}/conversations/{conversation.public_key}/panel/").json()
    assert panel["harassment"][0]["member"] == mask_name("周小宁")
    assert browser_of(bo).get(f"{API}/desk/").json()["rest_offer"]["case"] == key
    assert ask(browser_of(bo), "post", f"harassment-cases/{key}/rest/").status_code == 200
    assert browser_of(bo).get(f"{API}/desk/").json()["rest_offer"] is None


def test_rest_refuses_with_stable_codes(block, conversation, browser_of, mei):
    client = browser_of(mei)
    said(conversation, mei, now=timezone.now() + timedelta(seconds=31))
    path = f"conversations/{conversation.public_key}/messages/"
    soon = ask(client, "post", path, {"client_id": str(uuid.uuid4()), "body": "喂"})
    assert (soon.status_code, soon.json()["code"]) == (409, "contact.too_soon")
    new = ask(client, "post", "conversations/", {"body": "在吗", "subject": "x", "medium": "web"})
    assert new.json()["code"] in {"contact.too_soon", "contact.blocked", "contact.one_written"}


def test_the_member_reads_why_until_when_and_appeals_once(block, browser_of, mei, chen):
    client = browser_of(mei)
    page = client.get("/me/").content.decode()
    for words in ("您目前可以怎样联系我们", "威胁", "书面投诉照常受理", "只能发文字", "可申诉一次"):
        assert words in page
    assert "您目前可以怎样联系我们" not in browser_of(chen).get("/me/").content.decode()
    (card,) = client.get(f"{API}/me/limits/").json()["data"]
    assert (card["id"], card["is_running"], card["may_appeal"]) == (block.public_key, True, True)
    assert browser_of(chen).get(f"{API}/me/limits/").json()["data"] == []
    url = f"/me/limits/{block.public_key}/appeal/"
    assert browser_of(chen).post(url, {"text": "不是我"}).status_code == 404
    assert client.post(url, {"text": "  "}).status_code == 422
    assert client.post(url, {"text": "不是我说的"}).status_code == 302
    assert "等待答复" in client.get("/me/").content.decode()
    again = ask(client, "post", f"limits/{block.public_key}/appeal/", {"text": "再说"})
    assert (again.status_code, again.json()["code"]) == (409, "appeal.already")


def test_the_page_of_a_new_chat_takes_a_written_complaint(conversation, browser_of, mei, bo, lin):
    blocked(conversation, bo, lin)
    page = browser_of(mei).get("/me/chat/").content.decode()
    assert 'data-written="1"' in page
    assert "会作为书面投诉受理" in page


class TestOnTheSocket:
    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

    async def test_it_refuses_with_codes_and_how_long_to_wait(self, conversation, mei, bo, lin):
        await sync_to_async(blocked)(conversation, bo, lin, has_request=True)
        await sync_to_async(Conversation.objects.filter(pk=conversation.pk).update)(
            last_member_seq=0
        )
        server = await sync_to_async(LiveProcess().start)()
        try:
            cookie = await sync_to_async(cookie_of)(mei)
            async with phone(server.port, cookie) as client:
                say = {"op": "send", "conversation": conversation.public_key}
                await client.say(**say, client_id=str(uuid.uuid4()), body="😡", kind="sticker")
                assert (await client.until("error"))["code"] == "contact.text_only"
                await client.say(**say, client_id=str(uuid.uuid4()), body="退款呢")
                await client.until("ack")
                await client.say(**say, client_id=str(uuid.uuid4()), body="人呢")
                error = await client.until("error")
                assert error["code"] == "contact.too_soon"
                assert 0 < error["wait_seconds"] <= 30
        finally:
            await sync_to_async(server.stop)()
