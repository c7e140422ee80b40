"""The lines are written by the clock: nothing is missed, nothing stays."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.models import SearchChange, SearchFill
from common.search import finding, indexing
from common.search.indexing import Upkeep, fill, index_changes
from common.search.kinds import kind_named
from merchants.models import Shop, ShopLine
from tests.search.conftest import hits, say, settle
from tickets.models import Message, MessageLine


def unnoted():
    """Forget what the triggers noted, as if it had been there before they were."""
    SearchChange.objects.all().delete()


def test_older_things_are_filled_in_newest_first_and_once(talk, mei, bo):
    for n in range(5):
        say(talk, f"旧事重提{n}", mei)
    unnoted()
    assert hits(bo, "旧事") == []
    kind = kind_named("message")
    assert fill(kind, 2) == 2
    assert [hit.facts["seq"] for hit in hits(bo, "旧事")] == [5, 4]
    assert (fill(kind, 2), fill(kind, 2), fill(kind, 2), fill(kind, 2)) == (2, 1, 0, 0)
    assert len(hits(bo, "旧事")) == 5
    assert MessageLine.objects.count() == 5


def test_the_clock_keeps_up_then_fills_then_rests(shop, bo):
    unnoted()
    Shop.objects.create(shop_no="S9", name="新来的店")
    upkeep, now = Upkeep(), timezone.now()
    turns = 0
    while upkeep.turn(now):
        turns += 1
        assert turns < 30
    assert {line.shop_id for line in ShopLine.objects.all()} == set(
        Shop.objects.values_list("pk", flat=True)
    )
    assert not SearchChange.objects.exists()
    assert not SearchFill.objects.filter(done_at=None).exists()


def test_trouble_is_rested_from_and_made_up_for(shop, bo, monkeypatch, caplog):
    upkeep, now = Upkeep(), timezone.now()
    with monkeypatch.context() as broken:
        broken.setattr(indexing, "index_changes", lambda: 1 / 0)
        assert upkeep.turn(now) is False
    assert "could not be kept up" in caplog.text
    assert upkeep.turn(now + timedelta(seconds=59)) is False
    assert SearchChange.objects.exists()
    assert upkeep.turn(now + timedelta(seconds=61)) is True
    assert ShopLine.objects.filter(shop=shop).exists()


def test_one_thing_that_cannot_be_written_does_not_hide_the_others(db, bo, monkeypatch, caplog):
    kind = type(kind_named("shop"))
    rows = [Shop.objects.create(shop_no=f"S{n}", name=f"小店铺{n}") for n in range(4)]
    plain = kind.lines

    def lines(self, keys):
        if (rows[2].pk,) in keys:
            raise ValueError("broken")
        return plain(self, keys)

    with monkeypatch.context() as broken:
        broken.setattr(kind, "lines", lines)
        settle()
    assert f"shop {rows[2].pk} could not be indexed" in caplog.text
    assert {hit.id for hit in hits(bo, "小店铺")} == {"S0", "S1", "S3"}


def test_what_is_deleted_is_forgotten(shop, bo):
    settle()
    assert ShopLine.objects.filter(shop=shop).exists()
    shop.delete()
    assert hits(bo, "鲜果") == []
    settle()
    assert not ShopLine.objects.exists()


def test_erased_words_leave_the_index(talk, mei, bo):
    say(talk, "身份证号是保密的", mei)
    settle()
    Message.objects.filter(conversation=talk).update(body="")
    settle()
    assert not MessageLine.objects.filter(words__contains="保密").exists()


def test_a_rolled_back_change_is_not_noted(shop, bo):
    from django.db import transaction

    settle()
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        Shop.objects.filter(pk=shop.pk).update(name="没有发生")
        raise ZeroDivisionError
    assert not SearchChange.objects.exists()


def test_posting_notes_a_batch_once(talk, mei):
    unnoted()
    Message.objects.bulk_create(
        Message(conversation=talk, seq=n, author_kind="member", body=f"第{n}句", sent_at=timezone.now())
        for n in range(1, 1201)
    )  # fmt: skip
    assert [len(change.keys) for change in SearchChange.objects.order_by("id")][:3] == [
        500,
        500,
        200,
    ]
    settle()
    assert MessageLine.objects.count() == 1200


def test_counters_are_no_change(talk, mei):
    settle()
    type(talk).objects.filter(pk=talk.pk).update(staff_unread=7, last_preview="x", state="open")
    assert not SearchChange.objects.exists()


def test_a_backlog_is_found_as_far_as_it_is_read(talk, mei, bo, monkeypatch):
    monkeypatch.setattr(finding, "FRESH", 2)
    for n in range(4):
        say(talk, f"还没有写好{n}", mei)
    assert [hit.facts["seq"] for hit in hits(bo, "没有写好")] == [4, 3]
    settle()
    assert len(hits(bo, "没有写好")) == 4


def test_the_command_writes_everything_and_can_begin_again(talk, mei, bo, shop, capsys):
    say(talk, "旧事重提", mei)
    unnoted()
    call_command("index_search")
    assert hits(bo, "旧事")
    ShopLine.objects.all().delete()
    call_command("index_search")
    assert not hits(bo, "鲜果", "shop")
    call_command("index_search", "--again", "shop")
    assert hits(bo, "鲜果", "shop")
    assert "shop: 1 looked at" in capsys.readouterr().out


def test_index_changes_answers_zero_when_nothing_waits(db):
    settle()
    assert index_changes() == 0
