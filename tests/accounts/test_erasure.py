"""Erasure in stages: hidden, nameless, gone; what the law keeps is kept to the day, and no longer."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.actions import (
    ask_about_data,
    begin_erasure,
    bring_back,
    close_account,
    copies,
    lift_hold,
    make_nameless,
    place_hold,
)
from accounts.models import (
    ErasureCertificate,
    Member,
    PersonalDataAccess,
    Role,
    Stage,
    User,
)
from accounts.personal_data import subject_of
from accounts.tasks import erase_kept, work_on_request
from common.deadlines import sweep
from common.errors import DomainError
from common.history import history_of
from common.masking import mask_name
from common.models import Deadline
from common.personal_data import stores
from common.search.indexing import index_changes
from radio.models import Case, CaseQuote
from tests.accounts.casts import files_of, fill, gathered
from tests.conftest import PASSWORD, make_order
from tickets.models import (
    Attachment,
    Conversation,
    ConversationLine,
    Message,
    Note,
    RecalledMessage,
    State,
)
from trade.models import Order

CANARIES = ("周小宁", "13800002071", "M10000001", "xiaoning@example.com", "文一西路969号")


# All that Mei said: three times words, once taken back, and a file. Bo's line holds nothing of hers.
NAMED_MESSAGES = 4


def settle_index():
    """Write the lines of everything that changed."""
    while index_changes():
        pass


def settle(talk):
    """End the talk and its order: nothing is running any more."""
    now = timezone.now()
    Conversation.objects.filter(pk=talk.pk).update(
        state=State.RESOLVED, resolved_at=now, queued_at=None
    )
    Order.objects.filter(pk=talk.order_id).update(closed_at=now)


@pytest.fixture
def talk(mei, team, bo, shop):
    talk = fill(mei, team, bo, shop, "70001")
    from tickets.actions.posting import post_message

    post_message(
        talk,
        by=mei,
        author_kind="member",
        body="我叫周小宁，电话13800002071，邮箱xiaoning@example.com，"
        "住浙江省杭州市余杭区文一西路969号，会员号M10000001",
    )
    settle(talk)
    return talk


@pytest.fixture
def asked(mei, talk):
    return ask_about_data(mei.member, "erasure", by=mei)[0]


def nameless(asked, ops):
    begin_erasure(asked, by=ops, reason="电话核对过身份")
    assert work_on_request(str(asked.pk)) == "done"
    asked.refresh_from_db()
    return asked


def everything_stored() -> str:
    """Return every text of every table, history and queue included."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r' "
            "AND c.relnamespace = current_schema()::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_first_the_member_is_hidden_and_signed_out(asked, ops, mei, bo, ada, talk, browser_of):
    signed_in = browser_of(mei)
    begin_erasure(asked, by=ops, reason="核对过")
    asked.refresh_from_db()
    assert (asked.state, asked.stage) == ("in_progress", Stage.HIDDEN)
    mei.refresh_from_db()
    assert not mei.is_active
    assert signed_in.get(reverse("me")).status_code == 302
    for who in (bo, ada):
        assert not Member.objects.visible_to(who).filter(pk=mei.member.pk).exists()
        assert not Conversation.objects.visible_to(who).filter(pk=talk.pk).exists()
    assert not Order.objects.visible_to(bo).filter(pk=talk.order_id).exists()
    assert Member.objects.visible_to(ops).filter(pk=mei.member.pk).exists()


def test_for_some_days_it_can_be_taken_back(asked, ops, mei, bo, talk, browser_of):
    begin_erasure(asked, by=ops, reason="核对过")
    with time_machine.travel(timezone.now() + timedelta(days=6), tick=False):
        bring_back(asked, by=ops, reason="本人来电")
    mei.refresh_from_db()
    assert mei.is_active
    assert Member.objects.visible_to(bo).filter(pk=mei.member.pk).exists()
    assert Conversation.objects.visible_to(bo).filter(pk=talk.pk).exists()
    assert not Deadline.objects.filter(kind="personal_data.nameless", done_at=None).exists()
    asked.refresh_from_db()
    assert (asked.state, asked.stage) == ("cancelled", "")
    assert work_on_request(str(asked.pk)) == "done"
    assert Message.objects.filter(body__contains="周小宁").exists()


def test_what_is_being_made_nameless_cannot_be_taken_back(asked, ops, mei):
    begin_erasure(asked, by=ops, reason="核对过")
    assert make_nameless(asked)
    with pytest.raises(DomainError) as refused:
        bring_back(asked, by=ops, reason="本人来电")
    assert refused.value.code == "request.cannot_move"
    mei.refresh_from_db()
    assert not mei.is_active


def test_taking_it_back_opens_no_account_that_operations_had_closed(asked, ops, mei, talk):
    close_account(mei, by=ops, reason="盗用")
    begin_erasure(asked, by=ops, reason="核对过")
    bring_back(asked, by=ops, reason="本人来电")
    mei.refresh_from_db()
    assert not mei.is_active
    mei.member.refresh_from_db()
    assert mei.member.hidden_at is None


def test_the_clock_begins_the_second_stage_after_those_days(asked, ops):
    now = timezone.now()
    begin_erasure(asked, by=ops, reason="核对过", now=now)
    timer = Deadline.objects.get(kind="personal_data.nameless")
    assert timer.due_at == now + timedelta(days=7)


def test_the_second_stage_is_never_later_than_the_law_wants(asked, ops):
    late = asked.due_at - timedelta(days=2)
    begin_erasure(asked, by=ops, reason="核对过", now=late)
    assert Deadline.objects.get(kind="personal_data.nameless").due_at < asked.due_at


def test_then_nothing_points_at_them_any_more(asked, ops, mei, talk, browser_of, client):
    name = mask_name("周小宁")
    found_by = ("zhouxiaoning", "m10000001")
    settle_index()
    assert all(word in everything_stored() for word in (*CANARIES, *found_by))
    files = [row.file.name for row in Attachment.objects.all()]
    assert all(default_storage.exists(one) for one in files)
    nameless(asked, ops)
    settle_index()
    assert (asked.state, asked.stage) == ("done", Stage.PSEUDONYMISED)
    stored = everything_stored()
    for word in (*CANARIES, *found_by):
        assert word not in stored, word
    assert name not in stored
    assert "〔姓名〕" in Message.objects.get(body__contains="会员号").body
    assert not any(default_storage.exists(one) for one in files)
    assert not client.login(username="mei", password=PASSWORD)
    # Whoever looks through every door of the house finds nobody.
    office = browser_of(ops)
    for url in (
        reverse("admin:accounts_member_changelist") + "?q=M10000001",
        reverse("admin:accounts_member_changelist") + "?q=13800002071",
        reverse("admin:tickets_conversation_change", args=[talk.pk]),
        reverse("admin:accounts_user_changelist") + "?q=mei",
        f"/api/v1/conversations/{talk.pk}/messages/",
        f"/api/v1/conversations/{talk.pk}/panel/",
    ):
        answer = office.get(url)
        assert answer.status_code == 200, url
        found = answer.content.decode()
        for word in ("周小宁", "138****2071", "xiaoning@", "文一西路", name):
            assert word not in found, (url, word)
    attachment = Attachment.objects.first()
    assert office.get(f"/api/v1/attachments/{attachment.pk}/").status_code == 404


def test_what_the_radio_said_of_them_is_nameless_and_keeps_order_numbers(
    asked, ops, mei, sen, talk, shop
):
    number = "6222021234567890128"  # a bank card to whoever does not know it
    make_order(mei, shop, number, timezone.now(), closed_at=timezone.now())
    said = f"周小宁 a@b.cn 转{number}"
    Case.objects.update(
        state="rejected", screened_by=sen, screened_at=timezone.now(),
        headline=said, reason=said, reject_reason=said,
    )  # fmt: skip
    CaseQuote.objects.update(body=said)
    nameless(asked, ops)
    case = Case.objects.get()
    told = [case.headline, case.reason, case.reject_reason, case.quotes.get().body]
    assert told == [f"〔姓名〕 〔邮箱〕 转{number}"] * 4


def test_the_search_forgets_their_number_though_it_writes_in_between(asked, ops, talk):
    Conversation.objects.filter(pk=talk.pk).update(subject="周小宁的车厘子")
    begin_erasure(asked, by=ops, reason="核对过")
    while make_nameless(asked):
        index_changes()
    settle_index()
    words = ConversationLine.objects.get(conversation=talk).words
    assert "〔姓名〕的车厘子" in words
    assert "m10000001" not in words


def test_what_else_they_asked_ends_and_leaves_no_file(
    asked, ops, mei, talk, django_capture_on_commit_callbacks
):
    copy = gathered(mei)
    wish, _made = ask_about_data(mei.member, "correction", by=mei, field="name", wish="周晓宁")
    begin_erasure(asked, by=ops, reason="核对过")
    with django_capture_on_commit_callbacks(execute=True):
        make_nameless(asked)
    for other in (copy, wish):
        other.refresh_from_db()
        assert (other.state, other.wish, other.progress) == ("cancelled", "", {})
        assert history_of(other).first().action == "personal_data.cancelled"
    assert files_of(copy) == []
    assert not Deadline.objects.filter(subject_id=str(wish.pk), done_at=None).exists()


def test_a_copy_that_lies_ready_goes_with_its_files(asked, ops, mei, talk):
    copy = gathered(mei)
    assert copies.finish_copy(copy)
    assert files_of(copy)
    nameless(asked, ops)
    copy.refresh_from_db()
    assert (copy.state, copy.package.name) == ("done", "")
    assert files_of(copy) == []


def test_statistics_stay(asked, ops, talk):
    counted = "state", "opened_at", "accepted_at", "last_seq", "reopened_count", "team", "owner"
    bought = "paid_amount", "freight", "quantity", "product", "shop", "paid_at", "closed_at"
    said = "seq", "author_kind", "kind", "sent_at"

    def figures():
        messages = Message.objects.filter(conversation=talk).order_by("seq")
        return [
            Conversation.objects.values(*counted).get(pk=talk.pk),
            Order.objects.values(*bought).get(pk=talk.order_id),
            *messages.values(*said),
        ]

    before = figures()
    assert len(before) > 3
    nameless(asked, ops)
    assert figures() == before


def test_others_keep_every_word(asked, ops, ada, team, bo, shop):
    theirs = fill(ada, team, bo, shop, "70002")

    def everything():
        rows = (
            Member.objects.filter(pk=ada.member.pk),
            User.objects.filter(pk=ada.pk),
            Conversation.objects.filter(pk=theirs.pk),
            Order.objects.filter(pk=theirs.order_id),
            Message.objects.filter(conversation=theirs).order_by("seq"),
            Note.objects.filter(conversation=theirs),
            RecalledMessage.objects.filter(conversation=theirs),
            Attachment.objects.filter(conversation=theirs),
            Case.objects.filter(conversation=theirs),
            CaseQuote.objects.filter(case__conversation=theirs),
        )
        return [list(some.values()) for some in rows]

    before = everything()
    assert all(before)
    nameless(asked, ops)
    assert everything() == before
    assert Attachment.objects.get(conversation=theirs).file.open().read()


def test_it_goes_on_after_a_crash_and_repeats_nothing(monkeypatch, asked, ops, talk):
    monkeypatch.setattr("accounts.actions.erasure.SLICE", 1)
    monkeypatch.setattr("accounts.tasks.SECONDS", -1.0)
    begin_erasure(asked, by=ops, reason="核对过")
    real = make_nameless
    crashed = []

    def crash_once(request, **given):
        going_on = real(request, **given)
        asked.refresh_from_db()
        if not crashed and asked.progress.get("store") == "messages":
            crashed.append(True)
            raise RuntimeError("power cut")
        return going_on

    monkeypatch.setattr("accounts.tasks.make_nameless", crash_once)
    turns = 0
    while turns < 1000:
        try:
            if work_on_request(str(asked.pk)) != "more":
                break
        except RuntimeError:
            assert crashed
        turns += 1
    asked.refresh_from_db()
    assert crashed
    assert asked.stage == Stage.PSEUDONYMISED
    assert turns > len(stores())
    assert ErasureCertificate.objects.get().counts["messages"] == NAMED_MESSAGES
    assert "周小宁" not in everything_stored()
    assert work_on_request(str(asked.pk)) == "done"  # a second delivery changes nothing
    assert ErasureCertificate.objects.count() == 1


def test_a_certificate_says_what_was_done_and_what_is_kept_until_when(asked, ops, talk):
    nameless(asked, ops)
    row = ErasureCertificate.objects.get()
    ended = Conversation.objects.get(pk=talk.pk).resolved_at
    assert row.number.startswith("D-")
    assert (row.counts["messages"], row.counts["attachments"]) == (NAMED_MESSAGES, 1)
    last_day = timezone.localdate(ended + timedelta(days=1096)).isoformat()
    assert row.kept == {"orders": last_day, "conversations": last_day}
    assert history_of(row).get().action == "personal_data.certified"


@pytest.mark.parametrize(
    ("running", "store"), [("talk", "conversations"), ("order", "orders"), ("hold", "profile")]
)
def test_what_is_running_comes_first(running, store, asked, ops, talk, mei):
    if running == "talk":
        Conversation.objects.filter(pk=talk.pk).update(state=State.OPEN, resolved_at=None)
    elif running == "order":
        Order.objects.filter(pk=talk.order_id).update(status="shipped")
    else:
        place_hold(mei.member, ordered_by="杭州互联网法院", by=ops, reason="来函 2026-31")
    with pytest.raises(DomainError) as refused:
        begin_erasure(asked, by=ops, reason="核对过")
    assert refused.value.code == "erasure.running"
    (said,) = [one.running(subject_of(mei.member)) for one in stores() if one.key == store]
    assert refused.value.details["running"] == [str(said)]
    mei.refresh_from_db()
    assert mei.is_active


def test_people_of_the_house_are_not_erased_as_members(asked, ops, mei):
    User.objects.filter(pk=mei.pk).update(roles=[Role.MEMBER, Role.AGENT])
    with pytest.raises(DomainError) as refused:
        begin_erasure(asked, by=ops, reason="核对过")
    assert refused.value.code == "erasure.staff"


def test_a_hold_stops_it_and_it_goes_on_when_lifted(asked, ops, mei):
    begin_erasure(asked, by=ops, reason="核对过")
    place_hold(mei.member, ordered_by="杭州互联网法院", by=ops, reason="来函")
    assert work_on_request(str(asked.pk)) == "done"
    assert Message.objects.filter(body__contains="周小宁").exists()
    again = Deadline.objects.get(kind="personal_data.nameless")
    assert again.due_at > timezone.now() + timedelta(hours=23)
    assert lift_hold(mei.member, by=ops, reason="撤销")
    work_on_request(str(asked.pk))
    asked.refresh_from_db()
    assert asked.stage == Stage.PSEUDONYMISED


# --- the third stage: to the day -------------------------------------------------------------------


def test_what_the_law_keeps_is_kept_to_the_last_day_and_then_gone(asked, ops, talk, mei):
    ended = Conversation.objects.get(pk=talk.pk).resolved_at
    nameless(asked, ops)
    end = max(ended, Order.objects.get().closed_at) + timedelta(days=1096)
    for day, kept in ((end - timedelta(days=1), True), (end + timedelta(days=1), False)):
        with time_machine.travel(day, tick=False):
            said = erase_kept(str(asked.pk))
        assert Order.objects.exists() is kept
        assert Message.objects.filter(conversation=talk).exists() is kept
        assert Attachment.objects.exists() is kept
        assert said == ("some is kept" if kept else "all gone")
    asked.refresh_from_db()
    assert asked.stage == Stage.ERASED
    assert not Member.objects.exists()
    assert not User.objects.filter(pk=mei.pk).exists()
    left = Conversation.objects.get(pk=talk.pk)
    assert (left.member, left.order, left.subject) == (None, None, "")
    first, last = ErasureCertificate.objects.order_by("issued_at")
    assert (first.number, last.stage, last.kept) == (last.number, Stage.ERASED, {})
    assert PersonalDataAccess.objects.exists()  # who looked stays as long as the log is kept


def test_an_order_goes_no_sooner_than_the_last_talk_about_it(asked, ops, talk):
    closed = Conversation.objects.get(pk=talk.pk).resolved_at - timedelta(days=30)
    Order.objects.filter(pk=talk.order_id).update(closed_at=closed)
    nameless(asked, ops)
    end = Conversation.objects.get(pk=talk.pk).resolved_at + timedelta(days=1096)
    kept = ErasureCertificate.objects.get().kept
    assert kept["orders"] == kept["conversations"] == timezone.localdate(end).isoformat()
    timer = Deadline.objects.get(kind="personal_data.erase")
    assert timer.due_at == end
    # Woken on the day that was the order's own end, it leaves everything and sleeps to the last.
    with time_machine.travel(closed + timedelta(days=1097), tick=False):
        assert erase_kept(str(asked.pk)) == "some is kept"
    timer.refresh_from_db()
    assert (Order.objects.count(), timer.due_at) == (1, end)
    with time_machine.travel(end, tick=False):
        assert erase_kept(str(asked.pk)) == "all gone"
    assert not Order.objects.exists()


def test_an_order_without_talks_goes_on_its_own_day(asked, ops, mei, shop, talk):
    closed = timezone.now() - timedelta(days=30)
    other = make_order(mei, shop, "2611200341790009", closed, closed_at=closed)
    nameless(asked, ops)
    day = closed + timedelta(days=1096)
    assert Deadline.objects.get(kind="personal_data.erase").due_at == day
    for moment, kept in ((day - timedelta(seconds=1), True), (day, False)):
        with time_machine.travel(moment, tick=False):
            assert erase_kept(str(asked.pk)) == "some is kept"
        assert Order.objects.filter(pk=other.pk).exists() is kept
    assert Order.objects.filter(pk=talk.order_id).exists()


def test_what_may_go_and_cannot_is_tried_again_the_next_day(asked, ops, talk, ada):
    nameless(asked, ops)
    # Somebody else's talk about the order: it stays, and so the order has to.
    Conversation.objects.filter(pk=talk.pk).update(member=ada.member)
    late = Conversation.objects.get(pk=talk.pk).resolved_at + timedelta(days=1100)
    with time_machine.travel(late, tick=False):
        assert erase_kept(str(asked.pk)) == "some is kept"
    timer = Deadline.objects.get(kind="personal_data.erase")
    assert timer.due_at == late + timedelta(days=1)


def test_a_talk_about_no_order_goes_after_half_a_year(asked, ops, talk):
    Conversation.objects.filter(pk=talk.pk).update(order=None)
    ended = Conversation.objects.get(pk=talk.pk).resolved_at
    nameless(asked, ops)
    for days, kept in ((179, True), (181, False)):
        with time_machine.travel(ended + timedelta(days=days), tick=False):
            erase_kept(str(asked.pk))
        assert Message.objects.filter(conversation=talk).exists() is kept
    assert Order.objects.exists()


def test_the_clock_wakes_it_when_the_first_may_go(asked, ops, talk):
    nameless(asked, ops)
    kept = Conversation.objects.get(pk=talk.pk)
    timer = Deadline.objects.get(kind="personal_data.erase")
    assert timer.due_at == kept.resolved_at + timedelta(days=1096)

    def woken(now):
        sweep(now)
        tasks = [row.task for row in OrmQ.objects.all()]
        return [task["args"] for task in tasks if task["func"] == "accounts.tasks.erase_kept"]

    assert woken(timer.due_at - timedelta(seconds=1)) == []
    assert woken(timer.due_at) == [(str(asked.pk),)]


def test_a_hold_keeps_it_longer_than_the_law(asked, ops, mei, talk):
    nameless(asked, ops)
    place_hold(Member.objects.get(), ordered_by="法院", by=ops, reason="来函")
    with time_machine.travel(timezone.now() + timedelta(days=2000), tick=False):
        assert erase_kept(str(asked.pk)) == "some is kept"
    assert Order.objects.exists()


def test_no_parameter_goes_under_the_law(ops):
    from common.parameters import declaration, set_value

    for key in ("trade.orders_kept", "chat.about_order_kept", "personal_data.access_log_kept"):
        assert declaration(key).legal
        low = declaration(key).minimum
        with pytest.raises(DomainError) as refused:
            set_value(key, low - timedelta(days=1), by=ops, reason="省空间")
        assert refused.value.code == "parameter.out_of_bounds"
