"""Telling people: once, merged, in their language, masked, by the media they chose."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from django.utils.translation import gettext_lazy as _
from django_q.models import OrmQ

from accounts.actions import mark_read, notify, notify_many, set_language
from accounts.actions.deliveries import claim_deliveries
from accounts.actions.notice_choices import choose_media, set_quiet_hours
from accounts.models import Notification, NotificationDelivery, Role, User
from accounts.notifications import all_kinds
from common.deadlines import sweep
from common.models import Deadline
from tests.conftest import person
from tests.notifications.conftest import NOW

ROOT = Path(__file__).resolve().parents[2]
URL = "/notifications/"


def tell(who, kind="test.plain", **more):
    return notify(who, kind, **({"title": "有事", "url": URL, "now": NOW} | more))


def states(who):
    rows = NotificationDelivery.objects.filter(person=who).only("medium", "state", "why")
    # Rows of one millisecond have no order of their own.
    return sorted((row.medium, row.state, row.why) for row in rows)


def test_it_is_told_once_for_each_subject_and_key(mei, order):
    first = tell(mei, subject=order, dedupe="1")
    assert first is not None
    assert tell(mei, subject=order, dedupe="1") is None
    assert tell(mei, subject=order, dedupe="2") is not None
    assert tell(mei) is not None
    assert tell(mei) is not None
    assert Notification.objects.filter(person=mei).count() == 4


def test_a_burst_is_one_row_that_comes_up_again(mei, order, letters_to):
    letters_to(mei)
    for number in range(1, 11):
        tell(
            mei,
            "test.merged",
            subject=order,
            dedupe=str(number),
            title_many="{count} 条新回复",
            now=NOW + timedelta(seconds=number),
        )
    row = Notification.objects.get(person=mei)
    assert (row.count, row.title, row.at) == (10, "10 条新回复", NOW + timedelta(seconds=10))
    assert states(mei) == [("email", "queued", "")]


def test_what_comes_after_a_burst_waits_and_goes(mei, order, letters_to):
    """Two more things happen a minute after the letter went out: they are one letter, four minutes later."""
    letters_to(mei)
    tell(mei, "test.merged", subject=order, dedupe="1")
    NotificationDelivery.objects.update(state="sent")
    for number in (2, 3):
        moment = NOW + timedelta(seconds=30 * number)
        tell(
            mei,
            "test.merged",
            subject=order,
            dedupe=str(number),
            title_many="{count} 条",
            now=moment,
        )
    waiting = NotificationDelivery.objects.get(state="queued")
    assert waiting.due_at == NOW + timedelta(minutes=5)
    assert claim_deliveries(now=NOW + timedelta(minutes=4), limit=9).errands == []
    (errand,) = claim_deliveries(now=NOW + timedelta(minutes=5), limit=9).errands
    assert errand.message.title == "3 条"


def test_what_was_read_begins_anew(mei, order):
    tell(mei, "test.merged", subject=order, dedupe="1")
    tell(mei, "test.merged", subject=order, dedupe="2", title_many="{count} 条")
    mark_read(mei)
    tell(mei, "test.merged", subject=order, dedupe="3", title_many="{count} 条")
    row = Notification.objects.get(person=mei)
    assert (row.count, row.title, row.read_at) == (1, "有事", None)


def test_words_are_in_the_language_of_each(mei, bo):
    set_language(bo, "en", by=bo)
    bo.refresh_from_db()
    for who in (mei, bo):
        tell(who, title=_("A new device signed in to your account"))
    assert Notification.objects.get(person=mei).title == "有新设备登录了您的账号"
    assert Notification.objects.get(person=bo).title.startswith("A new device")


def test_personal_data_is_masked_before_it_is_stored(bo):
    row = tell(bo, title="客人 13800002071 来了", body="地址:上海市徐汇区漕溪北路 88 号 302 室")
    assert "13800002071" not in row.title
    assert "漕溪北路" not in row.body


def test_only_addresses_of_ours(mei):
    for url in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        with pytest.raises(ValueError, match="no path of ours"):
            tell(mei, url=url)


def test_every_kind_of_the_house_is_told_by_somebody():
    code = "".join(
        file.read_text("utf-8")
        for app in ("accounts", "apass", "merchants", "radio", "tickets", "trade", "workforce")
        for file in (ROOT / app).rglob("*.py")
        # Where kinds are declared.
        if file.name != "notifications.py" or file.parent.name == "actions"
        if file.parent.name != "notifications" or file.name != "__init__.py"
    )
    kinds = {kind.key for kind in all_kinds() if not kind.key.startswith("test.")}
    assert {key for key in kinds if f'"{key}"' not in code} == set()


def test_a_kind_nobody_declared_is_a_mistake(mei):
    with pytest.raises(KeyError):
        tell(mei, "no.such")


def test_a_closed_account_is_told_nothing(mei):
    mei.is_active = False
    assert tell(mei) is None


def test_it_goes_where_one_can_be_reached(mei, letters_to, phone_of, browser_sub_of):
    letters_to(mei)
    phone_of(mei)
    browser_sub_of(mei)
    browser_sub_of(mei, "https://fcm.googleapis.com/second")
    tell(mei)
    assert [medium for medium, _state, _why in states(mei)] == ["email", "mobile", "web", "web"]
    assert OrmQ.objects.count() == 1


def test_who_never_chose_misses_nothing_and_who_chose_is_told_why(mei, ada):
    tell(mei)
    assert states(mei) == []
    choose_media(ada, {"test.plain": ["email"]}, by=ada)
    tell(ada)
    assert states(ada) == [("email", "skipped", "no_target")]


def test_a_refused_address_is_not_written_to(mei, letters_to):
    address = letters_to(mei)
    address.bounced_at = NOW
    address.save()
    choose_media(mei, {"test.plain": ["email"]}, by=mei)
    tell(mei)
    assert states(mei) == [("email", "skipped", "bounced")]


def test_quiet_hours_hold_and_urgent_passes(mei, letters_to):
    letters_to(mei)
    set_quiet_hours(mei, start=time(9), until=time(12), by=mei, now=NOW)
    tell(mei)
    tell(mei, "test.urgent")
    assert states(mei) == [("email", "held", ""), ("email", "queued", "")]
    assert Deadline.objects.get(kind="notification.quiet_over").due_at == NOW + timedelta(hours=2)


def test_what_was_held_goes_as_one_summary(mei, letters_to):
    letters_to(mei)
    set_quiet_hours(mei, start=time(9), until=time(12), by=mei, now=NOW)
    for number in range(3):
        tell(mei, title=f"第 {number} 件")
    sweep(NOW + timedelta(hours=1, minutes=59))
    assert {state for _m, state, _w in states(mei)} == {"held"}
    sweep(NOW + timedelta(hours=2))
    assert states(mei) == [
        ("email", "queued", ""),
        ("email", "skipped", "in_summary"),
        ("email", "skipped", "in_summary"),
    ]
    assert NotificationDelivery.objects.get(state="queued").summary == 3


def test_ending_quiet_early_lets_it_go_at_once(mei, letters_to):
    letters_to(mei)
    set_quiet_hours(mei, start=time(9), until=time(12), by=mei, now=NOW)
    tell(mei)
    set_quiet_hours(mei, start=None, until=None, by=mei, now=NOW)
    assert states(mei) == [("email", "queued", "")]


def test_what_was_rolled_back_was_never_told(mei, letters_to):
    from django.db import transaction

    letters_to(mei)
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        tell(mei)
        raise RuntimeError
    assert not Notification.objects.exists()
    assert not OrmQ.objects.exists()


def test_reading_is_for_oneself(mei, chen):
    hers, his = tell(mei), tell(chen)
    assert mark_read(mei, [hers.pk, his.pk]) == 1
    assert mark_read(mei, [hers.pk]) == 0
    his.refresh_from_db()
    assert his.read_at is None


@pytest.fixture
def many(db, letters_to):
    def make(count):
        start = User.objects.count()
        people = [person(f"he{start + n}", "贺兰", Role.BUSINESS) for n in range(count)]
        for one in people:
            letters_to(one)
        return User.objects.filter(pk__in=[one.pk for one in people])

    return make


def test_five_hundred_cost_no_more_statements_than_five(many, django_assert_max_num_queries):
    few, lots = many(5), many(200)
    with django_assert_max_num_queries(30) as asked:
        assert notify_many(few, "test.plain", title="有事", url=URL, dedupe="a", now=NOW) == 5
    with django_assert_max_num_queries(len(asked.captured_queries)):
        assert notify_many(lots, "test.plain", title="有事", url=URL, dedupe="a", now=NOW) == 200
    assert notify_many(lots, "test.plain", title="有事", url=URL, dedupe="a", now=NOW) == 0
    assert NotificationDelivery.objects.filter(state="queued").count() == 205
    assert OrmQ.objects.count() == 2
