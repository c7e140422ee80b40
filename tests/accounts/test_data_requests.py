"""What members ask about their data: asked, warned of, corrected, refused, over page and API."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actions import (
    ask_about_data,
    begin_erasure,
    bring_back,
    cancel_request,
    correct_data,
    lift_hold,
    place_hold,
    refuse_request,
    reveal,
    try_password,
)
from accounts.models import PersonalDataRequest, RequestState
from accounts.queries import account_of_phone
from common.deadlines import sweep
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import Deadline, Event
from tests.conftest import PASSWORD

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_asking_twice_is_asking_once(mei):
    first, made = ask_about_data(mei.member, "erasure", by=mei)
    second, again = ask_about_data(mei.member, "erasure", by=mei)
    assert (made, again, first.pk) == (True, False, second.pk)


@pytest.mark.parametrize("who", ["ada", "bo", "lin", "he", "qiao", "wen"])
def test_nobody_asks_for_somebody_else(who, request, mei):
    with pytest.raises(Forbidden):
        ask_about_data(mei.member, "copy", by=request.getfixturevalue(who))


def test_operations_write_down_what_was_asked_by_phone(mei, ops):
    request, made = ask_about_data(mei.member, "erasure", by=ops)
    assert made
    assert history_of(request).last().actor == ops


def test_the_deadline_is_fifteen_working_days_and_is_warned_of(mei):
    # Friday before the week in which nothing is off: 18 September 2026; the National Day week is.
    asked = datetime(2026, 9, 18, 15, tzinfo=SHANGHAI)
    request, _made = ask_about_data(mei.member, "erasure", by=mei, now=asked)
    from common.calendars import add_workdays

    last = add_workdays(asked.date(), 15)
    assert request.due_at == datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + timedelta(
        1
    )
    assert request.due_at.date() > asked.date() + timedelta(days=21)  # holidays do not count
    warn = Deadline.objects.get(kind="personal_data.due_soon", subject_id=str(request.pk)).due_at
    sweep(warn - timedelta(seconds=1))
    assert not Event.objects.filter(action="personal_data.due_soon").exists()
    sweep(warn)
    assert Event.objects.filter(action="personal_data.due_soon").count() == 1
    sweep(request.due_at)
    assert Event.objects.filter(action="personal_data.overdue").count() == 1
    assert request.is_late(request.due_at + timedelta(seconds=1))


def test_a_request_that_ended_is_not_warned_of(mei):
    request, _made = ask_about_data(mei.member, "erasure", by=mei)
    cancel_request(request, by=mei)
    sweep(request.due_at + timedelta(days=1))
    assert not Event.objects.filter(action__in=["personal_data.due_soon", "personal_data.overdue"])


def test_a_correction_writes_what_was_wished_and_forgets_it(mei, ops):
    request, _made = ask_about_data(mei.member, "correction", by=mei, field="name", wish="周晓宁")
    correct_data(request, by=ops, reason="电话核对过身份")
    mei.refresh_from_db()
    assert (mei.member.display_name, mei.display_name) == ("周晓宁", "周晓宁")
    request.refresh_from_db()
    assert (request.state, request.wish, request.handled_by) == ("done", "", ops)
    assert "周晓宁" not in str(list(Event.objects.values()))


@pytest.mark.parametrize(
    ("field", "wish"), [("name", "周晓宁"), ("phone", "13900001111"), ("region", "浙江省杭州市")]
)
def test_the_reason_of_a_correction_names_nobody(field, wish, mei, ops):
    request, _made = ask_about_data(mei.member, "correction", by=mei, field=field, wish=wish)
    correct_data(request, by=ops, reason=f"周小宁（周晓宁）来电核对，要改成{wish}")
    for line in Event.objects.filter(action__in=["personal_data.corrected", "personal_data.done"]):
        assert "来电核对" in line.reason
        for word in ("周小宁", wish) if field != "name" else ("周小宁", "周晓宁"):
            assert word not in line.reason


def test_the_reasons_of_a_hold_name_nobody(mei, ops):
    mei.display_name = "宁宁妈妈"
    mei.save(update_fields=["display_name"])
    why = "法院查周小宁（宁宁妈妈）案，来函 2026-31"
    place_hold(mei.member, ordered_by="杭州互联网法院", by=ops, reason=why)
    assert lift_hold(mei.member, by=ops, reason=why)
    lines = history_of(mei.member)
    assert [line.action for line in lines] == ["personal_data.hold_lifted", "personal_data.held"]
    for line in lines:
        assert line.reason == "法院查周*宁（宁**妈）案，来函 2026-31"


def corrected_phone(mei, ops, wish):
    mei.phone = "13800002071"
    mei.save(update_fields=["phone"])
    request, _made = ask_about_data(mei.member, "correction", by=mei, field="phone", wish=wish)
    correct_data(request, by=ops, reason="电话核对过身份")
    mei.refresh_from_db()
    return mei


def test_a_phone_that_was_corrected_away_opens_no_account(mei, ops):
    corrected_phone(mei, ops, "13566667777")
    assert (mei.member.phone, mei.phone) == ("13566667777", "")
    assert try_password("13800002071", PASSWORD, address="10.0.0.7").refusal == "sign_in.wrong"
    assert account_of_phone("13800002071") is None
    assert account_of_phone("13566667777") == mei
    assert history_of(mei).filter(action="person.phone_removed", actor=ops).count() == 1


def test_the_same_phone_written_otherwise_still_opens_it(mei, ops):
    corrected_phone(mei, ops, "+86 138-0000-2071")
    assert try_password("13800002071", PASSWORD, address="10.0.0.7").person == mei


def test_a_refusal_names_its_ground_and_answers(mei, ops, browser_of):
    request, _made = ask_about_data(mei.member, "erasure", by=mei)
    with pytest.raises(DomainError):
        refuse_request(request, ground="running", answer=" ", by=ops)
    refuse_request(request, ground="running", answer="还有一单没签收，签收后请再提。", by=ops)
    page = browser_of(mei).get(reverse("privacy")).content.decode()
    assert "还有一单没签收" in page
    with pytest.raises(DomainError) as refused:
        cancel_request(request, by=mei)
    assert refused.value.code == "request.cannot_move"


MOVES = {
    "refuse": lambda r, by: refuse_request(r, ground="law", answer="不行", by=by),
    "correct": lambda r, by: correct_data(r, by=by, reason="x"),
    "begin": lambda r, by: begin_erasure(r, by=by, reason="x"),
    "bring back": lambda r, by: bring_back(r, by=by, reason="x"),
    "hold": lambda r, by: place_hold(r.member, ordered_by="法院", by=by, reason="x"),
    "lift": lambda r, by: lift_hold(r.member, by=by, reason="x"),
}


@pytest.mark.parametrize("who", ["mei", "bo", "lin", "sen", "he", "wen", "qiao"])
@pytest.mark.parametrize("move", MOVES)
def test_who_may_not_move_a_request(move, who, request, mei):
    asked, _made = ask_about_data(mei.member, "erasure", by=mei)
    with pytest.raises(Forbidden):
        MOVES[move](asked, request.getfixturevalue(who))
    asked.refresh_from_db()
    assert asked.state == RequestState.ASKED


# --- the page and the API -------------------------------------------------------------------------


def test_the_page_tells_what_is_known_who_looked_and_what_was_asked(browser_of, mei, mine):
    client = browser_of(mei)
    assert client.post(reverse("privacy-copy")).status_code == 302
    page = client.get(reverse("privacy")).content.decode()
    for words in (
        "13800002071",
        "周小宁",
        "生鲜组，小二",
        "处理您的诉求",
        "要一份我的信息",
        "正在办",
    ):
        assert words in page
    assert "金丝雀70001 回电" not in page  # the reason for colleagues


def test_a_page_of_looks_does_not_ask_more_with_more_rows(browser_of, mei, bo, mine):
    client = browser_of(mei)

    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("privacy")).status_code == 200
        return len(asked)

    questions()
    few = questions()
    for _time in range(25):
        reveal(mei.member, "phone", by=bo, reason="回电")
    assert questions() == few


@pytest.mark.parametrize("who", ["bo", "ops", "he", "qiao"])
def test_the_page_is_for_members(who, request, browser_of):
    assert browser_of(request.getfixturevalue(who)).get(reverse("privacy")).status_code == 404


def test_erasure_is_asked_for_with_open_eyes(browser_of, mei):
    client, url = browser_of(mei), reverse("privacy-erasure")
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 422
    assert client.post(url, {"understood": "on"}).status_code == 302
    asked = PersonalDataRequest.objects.get()
    assert asked.request_no in client.get(reverse("privacy")).content.decode()
    client.post(reverse("privacy-withdrawal", args=[asked.pk]))
    asked.refresh_from_db()
    assert asked.state == "cancelled"


def test_the_same_over_rest(browser_of, mei, ada, mine):
    client, url = browser_of(mei), "/api/v1/me/data-requests/"
    made = client.post(url, {"kind": "copy"}, content_type="application/json")
    assert made.status_code == 201
    key = made.json()["id"]
    assert key.startswith("prq_")
    assert client.post(url, {"kind": "copy"}, content_type="application/json").status_code == 200
    assert [one["id"] for one in client.get(url).json()["data"]] == [key]
    assert browser_of(ada).get(f"{url}{key}/").status_code == 404
    assert browser_of(ada).delete(f"{url}{key}/").status_code == 404
    assert client.delete(f"{url}{key}/").json()["state"] == "cancelled"
    bad = client.post(url, {"kind": "correction"}, content_type="application/json")
    assert (bad.status_code, bad.json()["code"]) == (409, "request.no_wish")
    assert client.post(url, {"kind": "all"}, content_type="application/json").status_code == 400
