"""Looking at somebody's data: with business, a reason, one field at a time, and never unseen."""

import threading
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone
from django_q.models import OrmQ

from accounts import tasks
from accounts.actions import log_reading, reveal, revealed_today
from accounts.actions.access_log import forget_old_accesses
from accounts.models import AccessKind, PersonalDataAccess, Purpose, Role, User
from accounts.tasks import prune_access_log
from common import parameters
from common.errors import DomainError, Forbidden, NotFound
from common.history import history_of
from common.models import Event
from tests.problems import refusal_text
from tests.tickets.casts import answered
from tickets.actions.posting import post_message
from tickets.models import Conversation, Message, State

PHONE = "13800002071"
URL = "/api/v1/members/M10000001/reveals/"


def set_value(key, number, *, by, reason):
    parameters.set_value(key, number, by=by, reason=reason)
    parameters.forget()


@pytest.fixture
def talk(mei, bo, team) -> Conversation:
    return answered(mei.member, team, bo)


def ask(client, **sent):
    return client.post(
        URL, {"field": "phone", "reason": "回电核对地址"} | sent, content_type="application/json"
    )


def test_an_agent_looks_at_one_field_of_their_customer(browser_of, bo, talk):
    answer = ask(browser_of(bo), purpose="call_back")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["value"], body["shown_for_seconds"], body["left_today"]) == (PHONE, 60, 29)
    assert answer["Cache-Control"] == "private, no-store"
    row = PersonalDataAccess.objects.get()
    assert body["id"] == f"acc_{row.pk.hex}"
    assert (row.actor, row.actor_team, row.field, row.conversation) == (
        bo,
        "生鲜组",
        "phone",
        talk.pk,
    )
    line = history_of(row.member).get(action="personal_data.revealed")
    assert (line.actor, line.after["field"], line.reason) == (bo, "phone", "回电核对地址")
    assert PHONE not in str(list(Event.objects.values()))


@pytest.mark.parametrize("who", ["dora", "sen_of_nowhere"])
def test_without_business_there_is_no_such_member(who, browser_of, dora, sen, talk):
    sen.memberships.all().delete()
    person = dora if who == "dora" else sen
    answer = ask(browser_of(person))
    unknown = browser_of(person).post(
        "/api/v1/members/M99999999/reveals/",
        {"field": "phone", "reason": "x"},
        content_type="application/json",
    )
    assert (answer.status_code, refusal_text(answer)) == (404, refusal_text(unknown))
    assert not PersonalDataAccess.objects.exists()


def test_business_ends_some_time_after_the_talk(bo, talk, mei):
    now = timezone.now()
    Conversation.objects.filter(pk=talk.pk).update(state=State.RESOLVED, resolved_at=now)
    window = timedelta(days=30)
    assert reveal(mei.member, "phone", by=bo, reason="回访", now=now + window)[0] == PHONE
    with pytest.raises(NotFound):
        reveal(mei.member, "phone", by=bo, reason="回访", now=now + window + timedelta(seconds=1))


@pytest.mark.parametrize("who", ["mei", "chen", "he", "wen", "qiao"])
def test_who_has_no_right_sees_nothing(who, request, talk, mei):
    with pytest.raises(Forbidden):
        reveal(mei.member, "phone", by=request.getfixturevalue(who), reason="好奇")
    assert not PersonalDataAccess.objects.exists()


def test_operations_need_no_conversation(ops, mei):
    assert reveal(mei.member, "name", by=ops, reason="监管来函")[0] == "周小宁"


@pytest.mark.parametrize("sent", [{"reason": ""}, {"reason": "  "}])
def test_no_reason_no_data(browser_of, bo, talk, sent):
    assert ask(browser_of(bo), **sent).json()["code"] == "personal_data.no_reason"


@pytest.mark.parametrize(
    "sent", [{"field": "password"}, {"field": "text"}, {"purpose": "fun"}, {"all": True}]
)
def test_only_what_is_offered_can_be_asked(browser_of, bo, talk, sent):
    assert ask(browser_of(bo), **sent).status_code == 400


def test_what_we_do_not_know_is_not_logged(bo, talk, mei):
    mei.member.region = ""
    mei.member.save()
    with pytest.raises(DomainError) as refused:
        reveal(mei.member, "region", by=bo, reason="核对")
    assert refused.value.code == "personal_data.empty"
    assert not PersonalDataAccess.objects.exists()


def test_the_thirty_first_look_is_refused_and_the_lead_can_read_it(browser_of, bo, talk, mei):
    for _time in range(30):
        reveal(mei.member, "phone", by=bo, reason="回电")
    answer = ask(browser_of(bo))
    assert (answer.status_code, answer.json()["code"]) == (409, "personal_data.budget")
    assert answer.json()["limit"] == 30
    assert PersonalDataAccess.objects.count() == 30
    told = [line.action for line in history_of(bo)]
    assert told == ["personal_data.budget_refused", "personal_data.budget_spent"]


def test_tomorrow_the_budget_is_whole_again(bo, talk, mei, ops):
    set_value("personal_data.reveals_a_day", 1, by=ops, reason="试行")
    now = timezone.now()
    reveal(mei.member, "phone", by=bo, reason="回电", now=now)
    with pytest.raises(DomainError):
        reveal(mei.member, "phone", by=bo, reason="回电", now=now)
    assert revealed_today(bo, now) == 1
    reveal(mei.member, "phone", by=bo, reason="回电", now=now + timedelta(days=1))


def test_leads_have_a_budget_of_their_own(lin, bo, talk, mei, ops):
    set_value("personal_data.reveals_a_day", 1, by=ops, reason="试行")
    set_value("personal_data.reveals_a_day_lead", 2, by=ops, reason="试行")
    for _time in range(2):
        reveal(mei.member, "phone", by=lin, reason="复核")
    with pytest.raises(DomainError):
        reveal(mei.member, "phone", by=lin, reason="复核")


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_spend_no_more_than_there_is(bo, talk, mei, ops):
    set_value("personal_data.reveals_a_day", 3, by=ops, reason="试行")
    came = []

    def look():
        try:
            reveal(mei.member, "phone", by=bo, reason="回电")
            came.append("seen")
        except DomainError as refused:
            came.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["personal_data.budget"] * 5 + ["seen"] * 3
    assert PersonalDataAccess.objects.count() == 3


def test_the_reason_does_not_carry_the_data_into_the_log(bo, talk, mei):
    _plain, row = reveal(mei.member, "phone", by=bo, reason=f"周小宁 的 {PHONE} 打不通")
    assert row.reason == "周*宁 的 138****2071 打不通"


def test_the_log_cannot_be_changed_nor_forgotten_early(bo, talk, mei, db):
    now = timezone.now()
    _plain, row = reveal(mei.member, "phone", by=bo, reason="回电", now=now - timedelta(days=182))
    for sql in (
        "UPDATE accounts_personaldataaccess SET reason='x'",
        "DELETE FROM accounts_personaldataaccess",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    old = now - timedelta(days=184)
    reveal(mei.member, "phone", by=bo, reason="回电", now=old)
    assert PersonalDataAccess.objects.filter(at__lte=old).delete()[0] == 1
    assert PersonalDataAccess.objects.get() == row


def test_all_old_looks_are_forgotten_in_one_night(bo, talk, mei, monkeypatch):
    now = timezone.now()
    for days in (1200, 1201, 1202, 1):
        reveal(mei.member, "phone", by=bo, reason="回电", now=now - timedelta(days=days))
    monkeypatch.setattr(tasks, "forget_old_accesses", partial(forget_old_accesses, limit=1))
    assert prune_access_log() == 3
    assert PersonalDataAccess.objects.count() == 1


def test_what_one_task_has_no_time_for_the_next_one_forgets(bo, talk, mei, monkeypatch):
    now = timezone.now()
    for days in (1200, 1201):
        reveal(mei.member, "phone", by=bo, reason="回电", now=now - timedelta(days=days))
    monkeypatch.setattr(tasks, "forget_old_accesses", partial(forget_old_accesses, limit=1))
    monkeypatch.setattr(tasks, "SECONDS", 0.0)
    assert prune_access_log() == 1
    assert OrmQ.objects.get().func() == "accounts.tasks.prune_access_log"


# --- what is read without a reveal is written down, once a day ------------------------------------


def test_operations_opening_a_foreign_talk_are_written_down_once_a_day(
    browser_of, ops, talk, django_assert_num_queries
):
    client = browser_of(ops)
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        for _time in range(3):
            assert client.get(f"/api/v1/conversations/{talk.pk}/messages/").status_code == 200
        row = PersonalDataAccess.objects.get()
        assert (row.kind, row.actor, row.conversation) == ("conversation", ops, talk.pk)
    with time_machine.travel("2026-11-21 10:00+08:00", tick=False):
        client = browser_of(ops)
        client.get(f"/api/v1/conversations/{talk.pk}/messages/")
    assert PersonalDataAccess.objects.count() == 2


@pytest.mark.parametrize("part", ["", "panel/", "notes/", "messages/"])
def test_a_foreign_talk_is_written_down_whichever_part_of_it_is_opened(browser_of, ops, talk, part):
    client = browser_of(ops)
    for _time in range(2):
        assert client.get(f"/api/v1/conversations/{talk.pk}/{part}").status_code == 200
    row = PersonalDataAccess.objects.get()
    assert (row.kind, row.actor, row.conversation) == ("conversation", ops, talk.pk)


def test_opening_ones_own_talk_asks_the_database_nothing_more(
    browser_of, bo, talk, django_assert_num_queries
):
    client = browser_of(bo)
    client.get("/api/v1/me/")  # the parameters are read once
    with django_assert_num_queries(3):  # session, person, the conversation
        assert client.get(f"/api/v1/conversations/{talk.pk}/").status_code == 200


def test_a_member_s_card_is_written_down_but_for_the_member(browser_of, bo, mei, ops, talk):
    for who in (mei, bo, bo, ops):
        assert browser_of(who).get("/api/v1/members/M10000001/").status_code == 200
    seen = PersonalDataAccess.objects.order_by("pk").values_list("kind", "actor__username")
    assert list(seen) == [("page", "bo"), ("page", "ops")]
    assert browser_of(ops).get("/api/v1/members/M99999999/").status_code == 404
    assert PersonalDataAccess.objects.count() == 2


def test_the_second_reading_costs_one_small_statement(ops, talk, django_assert_max_num_queries):
    assert log_reading(talk.member, AccessKind.CONVERSATION, by=ops, conversation=talk.pk)
    with django_assert_max_num_queries(5):  # savepoint, team, insert, was it new
        assert not log_reading(talk.member, AccessKind.CONVERSATION, by=ops, conversation=talk.pk)


def test_ones_own_work_is_no_entry(browser_of, bo, mei, talk):
    for who in (bo, mei):
        for part in ("", "messages/"):
            browser_of(who).get(f"/api/v1/conversations/{talk.pk}/{part}")
    assert not PersonalDataAccess.objects.exists()


def test_words_are_whole_for_the_two_parties_and_masked_for_the_rest(
    browser_of, bo, mei, ops, talk
):
    post_message(talk, by=mei, author_kind="member", body=f"我叫周小宁，电话{PHONE}")
    url = f"/api/v1/conversations/{talk.pk}/messages/"

    def said(who):
        return browser_of(who).get(url).json()["data"][-1]["body"]

    assert said(bo) == said(mei) == f"我叫周小宁，电话{PHONE}"
    assert said(ops) == "我叫周*宁，电话138****2071"
    assert "周小宁" not in browser_of(ops).get("/api/v1/conversations/").content.decode()
    reveal(talk.member, "text", by=ops, reason="投诉复核", conversation=talk.pk)
    assert said(ops) == f"我叫周小宁，电话{PHONE}"
    later = timezone.now() + timedelta(minutes=11)
    with time_machine.travel(later, tick=False):
        assert said(ops) == "我叫周*宁，电话138****2071"


def test_the_name_of_a_file_is_masked_like_the_words(browser_of, bo, mei, ops, talk):
    payload = {"attachment": "x", "name": "周小宁的身份证.jpg"}
    post_message(talk, by=mei, author_kind="member", body="看附件")
    Message.objects.filter(conversation=talk).update(kind="file", body="", payload=payload)
    url = f"/api/v1/conversations/{talk.pk}/messages/"

    def file_of(who):
        return browser_of(who).get(url).json()["data"][-1]["payload"]

    assert file_of(bo)["name"] == "周小宁的身份证.jpg"
    assert file_of(ops) == payload | {"name": "周*宁的身份证.jpg"}


def test_the_name_of_the_account_is_masked_as_well(browser_of, bo, mei, ops, talk):
    User.objects.filter(pk=mei.pk).update(display_name="宁宁妈妈")
    Conversation.objects.filter(pk=talk.pk).update(subject="宁宁妈妈的车厘子")
    post_message(talk, by=mei, author_kind="member", body="宁宁妈妈说坏了")
    lists = (
        "/api/v1/conversations/?scope=team",
        "/api/v1/search/?q=车厘",
        "/api/v1/search/?q=坏了",
    )
    for url in lists:
        assert "宁宁妈妈" in str(browser_of(bo).get(url).json()), url
        found = str(browser_of(ops).get(url.partition("?scope")[0]).json())
        assert talk.conversation_no in found, url
        assert "宁宁妈妈" not in found, url


def test_who_also_sees_all_reads_the_past_of_their_own_team_whole(
    browser_of, bo, mei, dora, team, other_team, talk
):
    User.objects.filter(pk=bo.pk).update(roles=[Role.AGENT, Role.OPERATIONS])
    answered(mei.member, team, dora, subject="周小宁的杨梅")
    answered(mei.member, other_team, dora, subject="周小宁的手链")
    panel = browser_of(bo).get(f"/api/v1/conversations/{talk.pk}/panel/").json()
    # Both began in the same moment: which comes first is nobody's promise.
    assert {one["subject"] for one in panel["past"]} == {"周*宁的手链", "周小宁的杨梅"}


def test_order_numbers_of_the_house_stay_readable(browser_of, mei, ops, talk, shop):
    from tests.conftest import make_order

    number = "6222021234567890128"  # a bank card to whoever does not know it
    make_order(mei, shop, number, timezone.now())
    post_message(talk, by=mei, author_kind="member", body=f"{number} 和 6222021234567890003")
    body = (
        browser_of(ops).get(f"/api/v1/conversations/{talk.pk}/messages/").json()["data"][-1]["body"]
    )
    assert body.startswith(f"{number} 和 ")
    assert "6222021234567890003" not in body


# --- who saw my data ------------------------------------------------------------------------------


def test_a_member_reads_who_looked_in_words(browser_of, bo, mei, ada, talk):
    reveal(talk.member, "phone", by=bo, reason="内部原因", purpose=Purpose.CALL_BACK)
    lines = browser_of(mei).get("/api/v1/me/accesses/").json()["data"]
    assert [(line["who"], line["what"], line["why"]) for line in lines] == [
        ("生鲜组，小二", "手机号", "给您回电话")
    ]
    text = str(lines)
    assert "许青禾" not in text
    assert "内部原因" not in text
    assert browser_of(ada).get("/api/v1/me/accesses/").json()["data"] == []


def test_agents_are_named_only_when_the_parameter_says_so(browser_of, bo, mei, talk, ops):
    set_value("personal_data.name_agents_to_members", True, by=ops, reason="公开")
    reveal(talk.member, "phone", by=bo, reason="回电")
    (line,) = browser_of(mei).get("/api/v1/me/accesses/").json()["data"]
    assert "许青禾" in line["who"]


@pytest.mark.parametrize("who", ["bo", "he", "ops"])
def test_the_list_is_the_members_own(who, request, browser_of, talk):
    person = request.getfixturevalue(who)
    assert browser_of(person).get("/api/v1/me/accesses/").status_code == 404


def test_nobody_signed_out_asks(client, db):
    assert ask(client).status_code == 401
    assert client.get("/api/v1/me/accesses/").status_code == 401
