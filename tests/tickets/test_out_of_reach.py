"""What leaves a partner's queues leaves its people: they give it back, and hear it no more."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone, translation

from common.events import history_lines
from common.history import history_of
from tests.tickets.blocks import blocked
from tests.tickets.casts import answered, of_partner, waiting
from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.conversations import reopen_conversation
from tickets.actions.ownership import transfer_conversation
from tickets.actions.posting import post_message
from tickets.models import Conversation, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def pia(helpers, ops):
    """Pia answers beside Pat."""
    return of_partner("pia", helpers, ops)


@pytest.fixture
def talk(mei, helpers, pat) -> Conversation:
    """Another talk of Mei's, which Pat answers."""
    return answered(mei.member, helpers, pat)


@pytest.fixture
def asked_again(monkeypatch, django_capture_on_commit_callbacks):
    """Give a function that does something and returns who is asked again what they may hear."""

    def do(action) -> set[str]:
        told = []
        monkeypatch.setattr("common.push.send_now", lambda topic, it: told.append((topic, it)))
        with django_capture_on_commit_callbacks(execute=True):
            action()
        return {topic for topic, it in told if it["event"] == "rights.changed"}

    return do


def topics(*people) -> set[str]:
    return {f"user.{who.pk}" for who in people}


def test_a_partners_agent_gives_back_what_else_a_limited_member_asks(
    conversation, talk, pat, bo, lin
):
    since = talk.waiting_since
    blocked(conversation, bo, lin)
    talk.refresh_from_db()
    assert (talk.state, talk.owner, talk.team.code) == (State.WAITING, None, "written")
    assert (talk.queued_at, talk.accepted_at) == (since, None)
    assert not Conversation.objects.owned_by(pat).exists()


@pytest.mark.parametrize(
    ("language", "words", "label", "why"),
    [
        ("zh-hans", "对话退回队列", "原因", "联系受限，接待人不是我方客服"),
        ("en", "Conversation put back into its queue", "why",
         "Contact is limited, and the owner is not of our desk"),
    ],
)  # fmt: skip
def test_its_history_says_why_in_the_readers_language(
    conversation, talk, bo, lin, language, words, label, why
):
    blocked(conversation, bo, lin)
    with translation.override(language):
        (line,) = history_lines(history_of(talk).filter(action="conversation.returned"))
        (said,) = [(one.label, one.after) for one in line.changes if one.before is None]
    assert (line.words, said, line.reason) == (words, (label, why), "")


def test_our_own_desk_goes_on_with_what_a_limited_member_asks(
    conversation, mei, team, sen, bo, lin
):
    ours = answered(mei.member, team, sen)
    blocked(conversation, bo, lin)
    ours.refresh_from_db()
    assert (ours.state, ours.owner, ours.team.code) == (State.OPEN, sen, "written")


def test_who_else_asks_a_partner_is_left_with_it(conversation, ada, helpers, pat, bo, lin):
    other = answered(ada.member, helpers, pat)
    blocked(conversation, bo, lin)
    other.refresh_from_db()
    assert (other.state, other.owner, other.team) == (State.OPEN, pat, helpers)


@pytest.mark.parametrize("state", ["open", "waiting"])
def test_everybody_of_the_partners_team_is_asked_again_when_a_block_takes_a_talk(
    state, conversation, mei, helpers, pat, pia, bo, lin, asked_again
):
    if state == "open":
        answered(mei.member, helpers, pat)
    else:
        waiting(mei.member, helpers)
    assert asked_again(lambda: blocked(conversation, bo, lin)) >= topics(pat, pia)


def test_and_when_a_limited_talk_goes_on_apart(mei, helpers, pat, pia, lin, asked_again):
    lin.memberships.create(team=helpers)
    done = answered(mei.member, helpers, pat, state=State.RESOLVED, resolved_at=timezone.now())
    far = timezone.now() + timedelta(days=1)
    Conversation.objects.filter(pk=done.pk).update(limited_until=far)
    told = asked_again(lambda: reopen_conversation(done, reason="书面处理", by=lin))
    assert told >= topics(pat, pia)


def test_and_when_one_of_them_hands_it_back_to_us(talk, pat, pia, team, asked_again):
    told = asked_again(lambda: transfer_conversation(talk, team=team, note="要退款", by=pat))
    assert told == topics(pat, pia)


def test_nobody_is_asked_when_it_stays_in_the_team_or_was_ours(
    talk, conversation, pat, pia, bo, other_team, asked_again
):
    stays = asked_again(lambda: transfer_conversation(talk, person=pia, note="接一下", by=pat))
    ours = asked_again(
        lambda: transfer_conversation(conversation, team=other_team, note="x", by=bo)
    )
    assert (stays, ours) == (set(), set())


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_an_open_socket_of_theirs_hears_it_no_more(talk, mei, pia, pat, team):
    server = await sync_to_async(LiveProcess().start)()
    cookie = await sync_to_async(cookie_of)(pia)
    topic = f"conversation:{talk.public_key}"
    try:
        async with phone(server.port, cookie) as outside:
            await outside.say(op="subscribe", topic=topic)
            await outside.until("subscribed")
            await sync_to_async(transfer_conversation)(talk, team=team, note="要退款", by=pat)
            assert (await outside.until("error", topic=topic))["code"] == "not_found"
            await sync_to_async(post_message)(talk, by=mei, author_kind="member", body="在吗")
            heard = await outside.all_heard()
            # It may be told twice that there is nothing for it here, and of the talk nothing.
            assert [frame for frame in heard if frame["op"] != "error"] == []
    finally:
        await sync_to_async(server.stop)()
