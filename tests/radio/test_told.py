"""Who is told what by notification: hearers of editions, and who pushed a case."""

import pytest
from django.core import mail

from accounts.models import EmailAddress, Notification
from accounts.tasks import deliver_notifications
from radio.actions import (
    air_edition,
    deliver_edition,
    merge_case,
    reject_case,
    select_case,
    submit_case,
    subscribe,
)
from radio.models import Edition
from tests.radio.conftest import at

NINE = at("2026-11-20 09:00:00")


@pytest.fixture
def aired(case, fresh, logistics, sen, he, wen, thursday):
    """An edition of each of two channels with one case; He hears both, Wen one."""
    select_case(case, channels=[fresh, logistics], headline="车厘子坏果", by=sen, now=thursday)
    for channel in (fresh, logistics):
        subscribe(channel, by=he)
    subscribe(fresh, by=wen)
    editions = [channel.editions.get() for channel in (fresh, logistics)]
    for edition in editions:
        air_edition(edition, now=NINE)
    return editions


def deliver(editions):
    for edition in editions:
        deliver_edition(Edition.objects.get(pk=edition.pk), now=NINE)


def told(who, kind="edition.aired"):
    return Notification.objects.filter(person=who, kind=kind)


def test_hearers_are_told_once(aired, he, wen, chen, bo):
    deliver(aired)
    deliver(aired)
    assert told(wen).get().title == "「生鲜」开播了"
    assert told(wen).get().body == "车厘子坏果"
    for nobody in (chen, bo):
        assert not told(nobody).exists()


def test_the_editions_of_one_morning_are_one_notification(
    case, talk_with, ada, sen, bo, he, fresh, logistics, thursday
):
    other, _made = submit_case(talk_with(ada), reason="物流慢", by=bo, now=thursday)
    select_case(case, channels=[fresh], headline="车厘子坏果", by=sen, now=thursday)
    select_case(other, channels=[logistics], headline="送得太慢", by=sen, now=thursday)
    for channel in (fresh, logistics):
        subscribe(channel, by=he)
    deliver([channel.editions.get() for channel in (fresh, logistics)])
    row = told(he).get()
    assert (row.count, row.title, row.url) == (2, "有2个频道开播了", "/radio/")


def test_the_letter_waits_for_the_others(aired, wen):
    EmailAddress.objects.create(person=wen, address="wen@example.com", confirmed_at=NINE)
    deliver(aired)
    import time_machine

    with time_machine.travel(NINE, tick=False):
        deliver_notifications()
        assert mail.outbox == []
    with time_machine.travel(at("2026-11-20 09:00:11"), tick=False):
        deliver_notifications()
    assert [letter.to for letter in mail.outbox] == [["wen@example.com"]]


def test_who_pushed_a_case_learns_what_became_of_it(case, bo, sen, fresh, thursday):
    select_case(case, channels=[fresh], headline="车厘子坏果", by=sen, now=thursday)
    row = told(bo, "case.fate").get()
    assert (row.title, row.url) == ("您推送的「车厘子坏果」入选了", "/radio/mine/")


def test_a_returned_case_comes_with_its_reason(case, bo, sen, thursday):
    reject_case(case, reason="100% 是误会", by=sen, now=thursday)
    assert told(bo, "case.fate").get().body == "100% 是误会"


def test_a_merged_case_is_told_to_its_pusher_alone(case, talk_with, ada, bo, sen, thursday):
    other, _made = submit_case(talk_with(ada), reason="也是坏果", by=bo, now=thursday)
    merge_case(case, into=other, by=sen, now=thursday)
    assert told(bo, "case.fate").count() == 1
    assert not told(sen, "case.fate").exists()
