"""Conversations from files."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from common.ids import uuid7_of
from common.loading import Fates, FileRefused, load_file
from common.partitions import rows_in_default
from tests.loading.conftest import make_buyers
from tickets.loading import ConversationLoader
from tickets.models import Conversation, Message, State
from workforce.models import Team

OPENED = "2026-11-01T10:00:00+08:00"


@pytest.fixture
def desk(buyers) -> None:
    Team.objects.update_or_create(is_default=True, defaults={"code": "first", "name": "一组"})


def talk(conversation_no="K1", **fields) -> dict:
    return {
        "conversation_no": conversation_no,
        "member_no": "M1",
        "opened_at": OPENED,
        "messages": [
            {"author": "member", "body": "快递到哪了？"},
            {"author": "bot", "body": "请稍等。", "sent_at": "2026-11-01T02:00:08Z"},
            {"author": "agent", "body": "今天送到，请放心。", "author_name": "青禾"},
        ],
    } | fields


@pytest.fixture
def talks(write):
    def talks(*records, name="talks.jsonl"):
        return write(name, "\n".join(json.dumps(r, ensure_ascii=False) for r in records) + "\n")

    return talks


def load(path, **how) -> Fates:
    return load_file(ConversationLoader(), path, **how).fates


def test_a_conversation_comes_in_closed_and_read_to_the_end(desk, talks):
    assert load(talks(talk(shop_no="S2", medium="web", subject="物流"))) == Fates(inserted=1)
    it = Conversation.objects.get()
    opened = datetime.fromisoformat(OPENED)
    assert (it.id, it.state, it.owner, it.queued_at) == (
        uuid7_of(opened, "K1"), State.CLOSED, None, None,
    )  # fmt: skip
    assert (it.member.member_no, it.shop.shop_no, it.medium, it.subject) == (
        "M1", "S2", "web", "物流",
    )  # fmt: skip
    assert (it.last_seq, it.last_member_seq, it.member_read_seq, it.staff_unread) == (3, 1, 3, 0)
    assert (it.last_author_kind, it.last_preview) == ("agent", "今天送到，请放心。")
    said = list(Message.objects.order_by("seq").values_list("seq", "author_kind", "author_name"))
    assert [seq for seq, _kind, _name in said] == [1, 2, 3]
    assert said[2] == (3, "agent", "青禾")
    assert it.resolved_at == it.closed_at == it.last_message_at == it.messages.get(seq=3).sent_at


def test_missing_times_are_filled_as_if_read_and_typed(desk, talks):
    load(talks(talk()))
    first, second, third = Message.objects.order_by("seq").values_list("sent_at", flat=True)
    assert first == datetime(2026, 11, 1, 2, tzinfo=UTC)
    assert second == datetime(2026, 11, 1, 2, 0, 8, tzinfo=UTC)
    assert third - second == timedelta(seconds=4 + 0.25 * len("今天送到，请放心。"))
    assert Conversation.objects.get().first_responded_at == third


def test_the_same_file_again_changes_nothing_and_a_changed_one_corrects(desk, talks):
    load(talks(talk(), talk("K2")))
    assert load(talks(talk(), talk("K2"))) == Fates(unchanged=2)
    longer = talk("K2")
    longer["messages"] = [*longer["messages"], {"author": "member", "body": "谢谢"}]
    assert load(talks(talk(), longer)) == Fates(updated=1, unchanged=1)
    it = Conversation.objects.get(conversation_no="K2")
    assert (it.last_seq, it.last_preview, it.messages.count()) == (4, "谢谢", 4)


@pytest.mark.parametrize(
    "bad",
    [
        {"messages": []},
        {"messages": "hello"},
        {"messages": [{"author": "nobody", "body": "x"}]},
        {"messages": [{"author": "member", "body": ""}]},
        {"messages": [{"author": "member", "body": "a\x00b"}]},
        {"messages": [{"author": "member", "body": 7}]},
        {"messages": [{"author": "member", "body": "x", "sent_at": "soon"}]},
        {"messages": ["hello"]},
        {"opened_at": None},
        {"opened_at": "soon"},
        {"member_no": "M9"},
        {"shop_no": "S9"},
        {"medium": "pigeon"},
        {"conversation_no": ""},
        {"conversation_no": ["K1"]},
    ],
)
def test_a_bad_conversation_is_rejected_alone(desk, talks, bad):
    record = talk("BAD") | bad
    assert load(talks(record, talk("GOOD"))) == Fates(inserted=1, rejected=1)
    assert Conversation.objects.get().conversation_no == "GOOD"


def test_a_conversation_held_here_is_never_overwritten(desk, talks, bo):
    load(talks(talk()))
    Conversation.objects.update(first_owner=bo)
    assert load(talks(talk(subject="other"))) == Fates(rejected=1)
    assert load(talks(talk(opened_at="2026-11-02"))) == Fates(rejected=1)


def test_csv_is_refused(desk, write):
    with pytest.raises(FileRefused) as refused:
        load(write("talks.csv", "conversation_no\nK1\n"))
    assert refused.value.code == "import.not_jsonl"


def test_old_months_get_their_partition(transactional_db, talks, monkeypatch):
    monkeypatch.setattr("tickets.loading.WORTH_MESSAGES", 100)
    Team.objects.update_or_create(is_default=True, defaults={"code": "first", "name": "一组"})
    make_buyers()
    old = [talk(f"K{n}", opened_at=f"2019-03-{n % 28 + 1:02d} 10:00:00") for n in range(400)]
    assert load(talks(*old), chunk_lines=150) == Fates(inserted=400)
    assert Message.objects.count() == 1200
    assert rows_in_default()["tickets_message"] is False
    assert load(talks(*old)) == Fates(unchanged=400)
