"""The first page and the self-test."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from common import push as push_module
from common.health import BAD, GOOD, WARN, findings
from common.models import Heartbeat
from common.parameters import set_value
from tests.conftest import make_order
from tickets.actions.conversations import open_conversation

FRONT = reverse("admin:index")


@pytest.fixture
def front(browser_of, ops):
    browser = browser_of(ops)

    def open_it():
        cache.clear()
        answer = browser.get(FRONT)
        assert answer.status_code == 200
        return answer.context

    return open_it


def test_an_empty_house_says_so(front, team):
    page = front()
    assert page["cards"][0].figure == "0"
    assert page["cards"][0].tone == ""
    assert page["work"] == []
    assert page["hours"] is None
    assert page["changes"] == []


def test_who_waits_too_long_is_said_first(front, long_waiting):
    page = front()
    waiting = page["cards"][0]
    assert (waiting.figure, waiting.tone) == ("1", "bad")
    (row,) = page["work"]
    assert row.number == long_waiting.conversation_no
    assert row.state == "breached"
    assert row.customer == "周*宁"
    assert "1" in page["sentence"]
    badge = next(
        item for group in page["sidebar_navigation"] for item in group["items"] if "badge" in item
    )
    assert badge["badge"] == "1"


def test_a_short_wait_is_no_alarm(front, waiting):
    page = front()
    assert page["cards"][0].tone == ""
    assert page["work"][0].state == "calm"


def test_what_was_changed_is_told_with_its_reason(front, ops):
    set_value("chat.message_characters", 5000, by=ops, reason="双 11 高峰")
    (line,) = front()["changes"]
    assert line.reason == "双 11 高峰"
    assert ("4,000", "5,000") in {(change.before, change.after) for change in line.changes}


def test_the_day_is_drawn_by_the_hour(front, owned):
    page = front()
    assert sum(bar["came"] for bar in page["hours"]["bars"]) == 1
    answered = page["cards"][2]
    assert answered.figure == "0"


def test_the_page_asks_a_fixed_number_of_questions(browser_of, ops, mei, team, shop, front, bo):
    def ask():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(FRONT).status_code == 200
        return len(queries)

    browser = browser_of(ops)
    for number in range(2):
        order = make_order(mei, shop, f"A{number}", timezone.now())
        open_conversation(mei.member, by=mei, medium="web", order=order, body="在吗")
    ask()
    few = ask()
    for number in range(5):
        order = make_order(mei, shop, f"B{number}", timezone.now())
        open_conversation(mei.member, by=mei, medium="web", order=order, body="在吗")
    # Nothing was shared: savepoints around the health checks included.
    assert ask() == few <= 55


def test_an_account_manager_is_shown_nothing_of_the_desk(browser_of, wen, long_waiting):
    page = browser_of(wen).get(FRONT)
    assert page.status_code == 200
    assert page.context["cards"] == []
    assert not page.context["shows_work"]
    assert long_waiting.conversation_no.encode() not in page.content
    titles = {
        item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]
    }
    assert reverse("admin:tickets_conversation_changelist") not in titles
    assert reverse("admin:trade_order_changelist") in titles


def states(now):
    return {it.name: it.state for it in findings(now)}


def test_silent_processes_are_found(db):
    # Tomorrow: what a house that runs beside this test beat today is old by then.
    now = timezone.now() + timedelta(days=1)
    for process, age in (("worker", 5), ("clock", 90), ("live", 600)):
        Heartbeat.objects.create(instance=process, process=process, at=now - timedelta(seconds=age))
    assert list(states(now).values())[:3] == [GOOD, WARN, BAD]


def test_a_process_never_heard_of_is_bad_and_says_what_to_do(db):
    worker = findings(timezone.now())[0]
    assert worker.state == BAD
    assert worker.todo


def test_an_old_task_in_the_queue_is_found(db):
    now = timezone.now()
    OrmQ.objects.create(key="xiaoer", payload="x", lock=now - timedelta(minutes=10))
    assert BAD in {it.state for it in findings(now) if "10" in it.words}


def test_missing_months_are_found(db):
    year_on = timezone.now() + timedelta(days=400)
    assert [it.state for it in findings(year_on)].count(BAD) >= 4


def test_the_self_test_shows_every_finding(browser_of, ops):
    page = browser_of(ops).get(reverse("admin:selftest"))
    assert page.status_code == 200
    assert len(page.context["findings"]) >= 7
    assert page.context["live"].startswith("ws")


def test_the_self_test_is_not_for_account_managers(browser_of, wen):
    assert browser_of(wen).get(reverse("admin:selftest")).status_code == 404
    assert browser_of(wen).post(reverse("admin:selftest-echo")).status_code == 404


def test_an_echo_goes_to_the_asking_person_alone(
    browser_of, ops, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(
        push_module, "send_now", lambda topic, message: sent.append((topic, message))
    )
    browser = browser_of(ops)
    assert browser.get(reverse("admin:selftest-echo")).status_code == 405
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(reverse("admin:selftest-echo"), {"mark": "m1"}).status_code == 204
    ((topic, message),) = sent
    assert topic == f"user.{ops.pk}"
    assert message["ids"] == {"mark": "m1"}
