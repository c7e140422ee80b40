"""A partner's people work with what members say and read no personal data in it, at whichever door."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import Member, Notification, Role
from common.search import search
from tests.search.conftest import settle
from tests.tickets.casts import answered, of_partner
from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.conversations import add_note
from tickets.actions.harassment import mark_harassment
from tickets.actions.ownership import transfer_conversation
from tickets.actions.posting import post_message
from tickets.models import Conversation, Message
from tickets.queries.parties import opens_files, reads_whole

pytestmark = pytest.mark.django_db
API = "/api/v1"

SAID = "我是周小宁，电话13800002071，身份证110101199003078515，邮箱mei@example.com，车厘子坏了"
CANARIES = ("周小宁", "13800002071", "110101199003078515", "mei@example.com")
WORDS = "车厘子坏了"


def assert_masked(text: object) -> None:
    """Assert that the words are there and who says them is not."""
    said = str(text)
    assert WORDS in said
    assert [canary for canary in CANARIES if canary in said] == []


def assert_whole(text: object) -> None:
    assert [canary for canary in CANARIES if canary not in str(text)] == []


@pytest.fixture
def talk(mei, helpers, pat, bo) -> Conversation:
    """Mei's talk, which Pat answers; Bo had it before and left a note."""
    made = answered(mei.member, helpers, pat, subject=SAID[:100], first_owner=bo)
    helpers.memberships.create(user=bo)
    post_message(made, by=mei, author_kind="member", body=SAID)
    add_note(made, body=SAID, by=bo)
    made.refresh_from_db()
    return made


def test_our_own_desk_and_the_member_read_it_whole(talk, mei, bo, browser_of):
    for who in (mei, bo):
        assert_whole(browser_of(who).get(f"{API}/conversations/{talk.public_key}/messages/").json())


@pytest.mark.parametrize("where", ["messages", "notes"])
def test_what_was_said_is_masked(talk, pat, browser_of, where):
    assert_masked(browser_of(pat).get(f"{API}/conversations/{talk.public_key}/{where}/").json())


def test_cards_desk_and_panel_are_masked(talk, mei, pat, helpers, browser_of):
    earlier = answered(mei.member, helpers, pat, subject=SAID[:100])
    browser = browser_of(pat)
    card = browser.get(f"{API}/conversations/{talk.public_key}/").json()
    assert_masked([card["subject"], card["last_preview"]])
    for path in ("desk/", "conversations/", f"conversations/{earlier.public_key}/panel/"):
        assert_masked(browser.get(f"{API}/{path}").json())


def test_what_is_quoted_of_harassment_is_masked(talk, pat, browser_of):
    mark_harassment(talk, grade=1, ground="insult", reason=SAID, quotes=[1], by=pat)
    panel = browser_of(pat).get(f"{API}/conversations/{talk.public_key}/panel/").json()
    assert_masked(panel["harassment"])


def test_a_repeated_number_answers_with_nothing_more(talk, pat, browser_of):
    """Whoever sends the member's own number again is answered with what stands there already."""
    sent = {"client_id": str(Message.objects.get(conversation=talk, seq=1).client_id), "body": "x"}
    answer = browser_of(pat).post(
        f"{API}/conversations/{talk.public_key}/messages/", sent, content_type="application/json"
    )
    assert answer.json()["seq"] == 1
    assert_masked(answer.json())


def test_a_search_finds_the_words_and_not_the_person(talk, pat):
    settle()
    found = [hit for group in search(pat, WORDS) for hit in group.hits]
    assert {hit.kind for hit in found} == {"conversation", "message", "note"}
    for hit in found:
        assert_masked([hit.title.text, hit.snippet.text if hit.snippet else ""])
    for canary in CANARIES:
        assert [hit for group in search(pat, canary) for hit in group.hits] == []


def test_the_note_of_a_colleague_is_masked_in_the_notice(talk, pat, helpers, ops, browser_of):
    second = of_partner("pia", helpers, ops)
    transfer_conversation(talk, note=SAID, person=second, by=pat)
    told = Notification.objects.get(person=second, kind="conversation.assigned")
    assert_masked(told.body)


def test_pages_of_a_partner_hold_no_words_of_members(talk, pat, browser_of):
    page = browser_of(pat).get(f"/desk/?c={talk.public_key}")
    assert page.status_code == 200
    assert [canary for canary in CANARIES if canary in page.content.decode()] == []


def test_files_open_to_who_answers_all_the_same(talk, pat):
    assert opens_files(pat, talk, timezone.now())
    assert not reads_whole(pat, talk, timezone.now())


def test_what_they_ask_themselves_they_read_whole(pat, team, bo, browser_of):
    pat.roles = [Role.MEMBER, Role.PARTNER_AGENT]
    pat.save()
    own = Member.objects.create(member_no="M77", user=pat, display_name="派特")
    talk = answered(own, team, bo)
    post_message(talk, by=pat, author_kind="member", body=SAID)
    assert_whole(browser_of(pat).get(f"{API}/conversations/{talk.public_key}/messages/").json())


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_the_socket_brings_it_masked_live_missed_and_in_sync(talk, mei, bo, pat):
    server = await sync_to_async(LiveProcess().start)()
    cookie = {who.username: await sync_to_async(cookie_of)(who) for who in (mei, bo, pat)}
    key = talk.public_key
    try:
        async with (
            phone(server.port, cookie["mei"]) as member,
            phone(server.port, cookie["pat"]) as outside,
            phone(server.port, cookie["bo"]) as ours,
        ):
            await outside.say(op="subscribe", topic=f"conversation:{key}", after=0)
            await outside.until("subscribed")
            assert_masked(await outside.until("message", seq=1))
            await ours.say(op="subscribe", topic=f"conversation:{key}")
            await ours.until("subscribed")
            for seq in (2, 3, 4):
                await member.say(
                    op="send", conversation=key, client_id=str(uuid.uuid4()), kind="text", body=SAID
                )
                await member.until("ack", seq=seq)
            for seq in (2, 3, 4):
                heard = await outside.until("message")
                assert heard["seq"] == seq
                assert_masked(heard)
                assert_whole(await ours.until("message", seq=seq))
            await outside.say(op="sync", conversations={key: 2})
            for seq in (3, 4):
                assert_masked(await outside.until("message", seq=seq))
            await outside.until("synced")
            # Told between messages as to everybody: who types, who has read.
            await member.say(op="subscribe", topic=f"conversation:{key}")
            await member.until("subscribed")
            await member.say(op="typing", conversation=key)
            assert (await outside.until("typing"))["author"]["name"] == ""
    finally:
        await sync_to_async(server.stop)()
