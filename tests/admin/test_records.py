"""Parameters, calendar, history."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apass.models import Entitlement
from common import parameters
from common.calendars import is_workday
from common.events import history_lines, name_events
from common.history import history_of, record
from common.models import CalendarDay, Event, Parameter
from common.parameters import set_value
from tickets.actions.conversations import add_note
from tickets.actions.posting import post_message
from tickets.actions.recall import recall_message

KEY = "chat.recall_window"


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


def url_of(key=KEY):
    return reverse("admin:common_parameter_value", args=[key])


def test_the_list_shows_what_is_declared_with_its_value_in_force(office):
    page = office.get(reverse("admin:common_parameter_changelist"))
    shown = {it.declared.key: it for _name, group in page.context["groups"] for it in group}
    assert set(shown) == {declared.key for declared in parameters.declarations()}
    assert shown[KEY].now == "2分钟"
    assert shown[KEY].is_usual


def test_a_parameter_is_changed_with_a_reason(office, ops):
    answer = office.post(url_of(), {"value": "180", "reason": "老人打字慢", "step": "do"})
    assert answer.status_code == 302
    parameters.forget()
    assert parameters.value(KEY) == timedelta(minutes=3)
    row = Parameter.objects.get()
    assert (row.changed_by, row.reason) == (ops, "老人打字慢")
    assert history_of(row).first().action == "parameter.changed"
    page = office.get(url_of())
    assert page.context["rows"][0][1] == "3分钟"


def test_a_change_can_be_planned(office):
    later = timezone.localtime() + timedelta(days=2)
    fields = {"effective_from_0": f"{later:%Y-%m-%d}", "effective_from_1": "00:00"}
    office.post(url_of(), {"value": "60", "reason": "试两天", "step": "do"} | fields)
    parameters.forget()
    assert parameters.value(KEY) == timedelta(minutes=2)
    assert office.get(url_of()).context["standing"].planned is not None


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"value": "180", "reason": ""}, "reason"),
        ({"value": "", "reason": "x"}, "value"),
        ({"value": "999999", "reason": "x"}, "__all__"),
        (
            {
                "value": "60",
                "reason": "x",
                "effective_from_0": "2020-01-01",
                "effective_from_1": "00:00",
            },
            "__all__",
        ),
    ],
)
def test_a_bad_change_keeps_what_was_typed(fields, wrong, office):
    answer = office.post(url_of(), fields | {"step": "do"})
    assert wrong in answer.context["form"].errors
    assert answer.context["form"]["value"].value() == fields["value"]
    assert not Parameter.objects.exists()


def test_the_trial_says_what_would_change(office):
    answer = office.post(url_of(), {"value": "180", "reason": "x", "step": "try"})
    assert "2分钟 → 3分钟" in answer.context["preview"]
    assert not Parameter.objects.exists()


def test_an_auditor_reads_but_has_no_form(browser_of, auditor):
    browser = browser_of(auditor)
    assert browser.get(url_of()).context["form"] is None
    assert browser.post(url_of(), {"value": "1", "reason": "x", "step": "do"}).status_code == 404


def test_an_unknown_parameter_is_not_found(office):
    assert office.get(url_of("chat.nothing")).status_code == 404


def test_a_row_of_the_table_leads_to_its_parameter(office):
    row = parameters.set_value(KEY, 60, by=None, reason="x")
    answer = office.get(reverse("admin:common_parameter_change", args=[row.pk]))
    assert answer.url == url_of()


def test_a_day_is_corrected_with_a_reason(office):
    day = date(2026, 11, 23)
    url = reverse("admin:common_calendarday_add")
    without = office.post(url, {"day": day, "name": "停电", "is_off": "on"})
    assert "reason" in without.context["adminform"].form.errors
    office.post(url, {"day": day, "name": "停电", "is_off": "on", "reason": "园区检修"})
    assert not is_workday(day)
    row = CalendarDay.objects.get()
    assert history_of(row).first().reason == "园区检修"
    change = reverse("admin:common_calendarday_change", args=[row.pk])
    office.post(change, {"name": "停电", "reason": "改期了"})
    assert is_workday(day)


def test_history_reads_in_words(ops, bo, team, db):
    name_events({"team.tested": "组试过了"})
    record(
        team, "team.tested", by=ops, before={"name": "旧名"}, after={"name": "新名"}, reason="试"
    )
    (line,) = history_lines(history_of(team))
    assert (line.actor, line.words, line.reason) == ("白露", "组试过了", "试")
    (change,) = line.changes
    assert (change.before, change.after) == ("旧名", "新名")


def test_numbers_that_are_kept_together_read_in_words(ops):
    entitlement = Entitlement(code="tea", kind="quick_refund", pk=1)
    after = {
        "parameters": {"amount": "200.00", "categories": ["生鲜", "茶"]},
        "kind": "quick_refund",
    }
    record(entitlement, "entitlement.published", by=ops, after=after)
    (line,) = history_lines(history_of(entitlement))
    assert "amount: 200.00、categories: 生鲜、茶" in [change.after for change in line.changes]


def test_history_names_people_and_hides_buyers(owned, browser_of, ops):
    lines = history_lines(history_of(owned))
    accepted = next(line for line in lines if line.actor == "许青禾")
    assert "许青禾" in {change.after for change in accepted.changes}
    assert "周小宁" not in str(lines)


def test_history_cannot_be_touched(office):
    event = Event.objects.first() or record(Parameter(pk=1), "parameter.changed", by=None)
    url = reverse("admin:common_event_change", args=[event.pk])
    assert office.get(url).status_code == 200
    assert office.post(url, {"reason": "anders"}).status_code == 404
    assert office.post(reverse("admin:common_event_delete", args=[event.pk])).status_code == 404


def test_a_transcript_shows_notes_and_hides_what_was_taken_back(
    browser_of, ops, auditor, owned, mei, bo
):
    add_note(owned, body="先给运费险", by=bo)
    post_message(owned, by=mei, author_kind="member", kind="text", body="我的卡号不该发")
    owned.refresh_from_db()
    recall_message(owned, owned.last_seq, by=mei)
    url = reverse("admin:tickets_conversation_change", args=[owned.pk])
    seen = browser_of(ops).get(url).content.decode()
    assert "先给运费险" in seen
    assert "我的卡号不该发" not in seen
    assert "我的卡号不该发" in browser_of(auditor).get(url).content.decode()


def test_history_is_narrowed_by_person_and_period(browser_of, ops, root, mei):
    with time_machine.travel("2026-11-10T12:00:00+08:00", tick=False):
        set_value("chat.message_characters", 5000, by=ops, reason="旧事")
    with time_machine.travel("2026-11-12T12:00:00+08:00", tick=False):
        set_value("chat.message_characters", 6000, by=ops, reason="新事")
        set_value("chat.socket_rate", 9, by=root, reason="别人的事")
    browser, url = browser_of(ops), reverse("admin:common_event_changelist")

    def reasons(**params):
        return {it.reason for it in browser.get(url, params).context["cl"].result_list}

    assert {"旧事", "新事", "别人的事"} <= reasons(since="2026-11-10", until="2026-11-12")
    assert reasons(since="2026-11-11", until="2026-11-12", who="ops") == {"新事"}
    assert reasons(until="2026-11-10", who=ops.display_name) == {"旧事"}
    assert reasons(who="nobody") == set()
    assert browser.get(url, {"since": "gestern"}).status_code == 302
