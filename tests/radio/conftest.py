"""The radio's props: three channels, a talk between Mei and Bo, a case from it, and a calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common.calendars import DayRow, forget, update_days
from common.rules import SHANGHAI
from radio.actions import open_channel, submit_case
from tickets.models import AuthorKind, Conversation, Message, MessageKind, State

WORDS = (
    (AuthorKind.MEMBER, "车厘子坏了六成，我是周小宁，电话13800002071"),
    (AuthorKind.AGENT, "您好，麻烦发一下照片。"),
    (AuthorKind.MEMBER, "你们规则写得好好的，到他那儿就不算数。单号2611200341700001"),
)


def at(text: str) -> datetime:
    """Return the moment a clock in Shanghai shows ``text``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def fresh_calendar():
    """No test inherits the days another one wrote."""
    forget()
    yield
    forget()


@pytest.fixture
def thursday(db):
    """An ordinary working day, in the afternoon: the next edition is Friday's, November 20."""
    return at("2026-11-19 17:10:00")


@pytest.fixture
def holidays(db):
    """The week of October 1, its make-up Saturday October 10, and New Year's Day."""
    off = [date(2026, 10, 1) + timedelta(days=n) for n in range(7)] + [date(2027, 1, 1)]
    rows = [DayRow(day, "放假", True) for day in off]
    update_days([*rows, DayRow(date(2026, 10, 10), "国庆节调休", False)], source="test")


@pytest.fixture
def fresh(thursday):
    return open_channel(code="fresh", name="生鲜", by=None, position=1, now=thursday)


@pytest.fixture
def logistics(thursday):
    return open_channel(code="logistics", name="物流", by=None, position=2, now=thursday)


@pytest.fixture
def secret(thursday, he):
    """A private channel that only He is listed for."""
    return open_channel(
        code="risk", name="风控", by=None, position=3, is_private=True, people=[he], now=thursday
    )


@pytest.fixture
def talk_with(bo, team, shop):
    """Give a function that makes a conversation of a member with Bo, messages included."""

    def make(user, order=None, words=WORDS) -> Conversation:
        begun = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)
        conversation = Conversation.objects.create(
            member=user.member,
            team=team,
            shop=shop,
            order=order,
            owner=bo,
            first_owner=bo,
            subject="坏果赔付",
            state=State.OPEN,
            opened_at=begun,
            accepted_at=begun,
            last_seq=len(words),
        )
        Message.objects.bulk_create(
            Message(
                conversation=conversation,
                seq=seq,
                author_kind=kind,
                author=user if kind == AuthorKind.MEMBER else bo,
                author_name=user.display_name if kind == AuthorKind.MEMBER else bo.display_name,
                kind=MessageKind.TEXT,
                body=body,
                sent_at=begun + timedelta(seconds=seq),
            )
            for seq, (kind, body) in enumerate(words, start=1)
        )
        return conversation

    return make


@pytest.fixture
def talk(talk_with, mei, order):
    return talk_with(mei, order)


@pytest.fixture
def case(talk, bo, thursday):
    made, _is_new = submit_case(
        talk,
        reason="一周七单都这样，客人只能转人工。",
        headline="坏果过半只赔一成",
        quotes=[1, 3],
        by=bo,
        now=thursday,
    )
    return made


@pytest.fixture
def heard(monkeypatch):
    """What was pushed, as (topic, event), once the test's transaction is said to have committed."""
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "common.push.send_now", lambda topic, message: said.append((topic, message["event"]))
    )
    return said
