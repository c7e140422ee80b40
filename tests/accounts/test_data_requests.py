"""What members ask about their data: a copy, a correction, and every state on the way."""

import csv
import io
import json
import zipfile
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    ask_about_data,
    begin_erasure,
    bring_back,
    cancel_request,
    copies,
    correct_data,
    hold_totals,
    lift_hold,
    look_again,
    merge_identities,
    place_hold,
    refuse_request,
    reveal,
    try_password,
)
from accounts.models import Member, PersonalDataAccess, PersonalDataRequest, RequestState
from accounts.queries import account_of_phone
from accounts.tasks import work_on_request
from apass.actions import redeem
from apass.entitlements.defaults import make_default_packages
from apass.models import Membership, MembershipState, Origin
from common.deadlines import sweep
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import Deadline, Event
from common.personal_data import stores
from radio.actions import submit_case
from tests.conftest import PASSWORD, make_order
from tests.tickets.blocks import blocked
from tests.tickets.casts import answered
from tests.trade.test_refunds import make_refund
from tickets.actions.appeals import file_appeal
from tickets.actions.posting import post_message
from tickets.actions.recall import recall_message
from tickets.models import Attachment, ContactBlock, Conversation, HarassmentCase, Note

SHANGHAI = ZoneInfo("Asia/Shanghai")


def canary(word: str) -> str:
    """A text of one member that no text of another holds."""
    return f"金丝雀{word}"


def fill(member, team, agent, shop, word) -> Conversation:
    """Put something of ``member`` into every store."""
    mark = canary(word)
    order = make_order(member, shop, f"26112003417{word}", timezone.now(), product=mark)
    talk = answered(member.member, team, agent, subject=mark, order=order)
    post_message(
        talk, by=member, author_kind="member", body=f"{mark} 我的号码{member.member.phone}"
    )
    post_message(talk, by=agent, author_kind="agent", body=f"{mark} 收到")
    gone = post_message(talk, by=member, author_kind="member", body=f"{mark} 撤回的")
    recall_message(talk, gone.seq, by=member)
    Note.objects.create(
        conversation=talk, after_seq=1, author=agent, body=f"{mark} 备注", written_at=timezone.now()
    )
    file = Attachment(
        conversation=talk,
        uploaded_by=member,
        uploaded_at=timezone.now(),
        name=f"{mark}.txt",
        kind="file",
        content_type="text/plain",
        size=9,
        sha256="0" * 64,
    )
    file.file.save("x", ContentFile(f"{mark} 文件".encode()), save=False)
    file.save()
    post_message(
        talk, by=member, author_kind="member", kind="file", payload={"attachment": str(file.pk)}
    )
    submit_case(talk, reason=f"{mark} 值得听", by=agent, quotes=[1])
    reveal(member.member, "phone", by=agent, reason=f"{mark} 回电")
    return talk


def fill_the_rest(member, talk, lead, ops, word) -> None:
    """Put something of ``member`` into what not everybody has: standing, uses, refunds, limits, joins."""
    now, buyer, agent = timezone.now(), member.member, talk.owner
    make_default_packages(apps)
    hold_totals()
    look_again([buyer.pk], now=now, why="asked")
    make_refund(talk.order, f"R{word}", reason=f"{canary(word)} 坏了一半")
    redeem(
        buyer, "quick-refund", subject_key=canary(word), key=word, by=agent, reason="退", now=now
    )
    Membership.objects.create(
        member=buyer, state=MembershipState.LAPSED, since=now, origin=Origin.LIST, figures_at=now,
        made_at=now, invited_at=now, activated_at=now, ended_at=now, term=1,
    )  # fmt: skip
    rude = answered(buyer, talk.team, agent)
    block = blocked(rude, agent, lead, now=now)
    file_appeal(block, text=f"{canary(word)} 冤枉", by=member)
    other = Member.objects.create(
        member_no=f"M2{word}", display_name="同一个人", registered_at=buyer.registered_at
    )
    merge_identities(buyer, other, by=ops, reason="电话核对过")
    assert HarassmentCase.objects.get(member=buyer).decided_by == lead
    assert ContactBlock.objects.filter(member=buyer).count() == 1


@pytest.fixture
def mine(mei, team, bo, shop):
    return fill(mei, team, bo, shop, "70001")


@pytest.fixture
def others(ada, team, bo, shop):
    return fill(ada, team, bo, shop, "70002")


def package_of(browser_of, person) -> zipfile.ZipFile:
    request, _made = ask_about_data(person.member, "copy", by=person)
    assert work_on_request(str(request.pk)) == "ready"
    answer = browser_of(person).get(reverse("privacy-download", args=[request.pk]))
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_copy_holds_every_store_and_nobody_else(
    browser_of, mei, ada, lin, ops, mine, others, client
):
    client.force_login(mei)  # a session to tell of
    fill_the_rest(mei, mine, lin, ops, "70001")
    fill_the_rest(ada, others, lin, ops, "70002")
    package = package_of(browser_of, mei)
    told = [store for store in stores() if store.columns]
    assert len(told) >= 16
    for store in told:
        rows = json.loads(package.read(f"{store.key}.json"))
        assert rows, store.key
        assert set(rows[0]) == set(store.columns)
        table = list(csv.reader(io.StringIO(package.read(f"{store.key}.csv").decode("utf-8-sig"))))
        assert len(table) == len(rows) + 1
    everything = b"".join(package.read(name) for name in package.namelist()).decode()
    joined = json.loads(package.read("contacts.json"))
    assert [join["account"] for join in joined] == ["会员 M270001"]
    assert canary("70001") in everything
    assert "13800002071" in everything
    assert canary("70002") not in everything
    assert "13900008813" not in everything
    assert any(name.startswith("files/") and name.endswith(".txt") for name in package.namelist())
    assert f"{canary('70001')} 备注" not in everything
    page = package.read("index.html").decode()
    assert str(next(store.left_out for store in stores() if store.left_out)) in page


def test_a_formula_in_a_message_stays_words(browser_of, mei, mine):
    post_message(mine, by=mei, author_kind="member", body="=1+1")
    table = package_of(browser_of, mei).read("messages.csv").decode("utf-8-sig")
    assert "'=1+1" in table


def test_a_copy_is_gathered_in_slices_and_goes_on_after_a_crash(monkeypatch, mei, mine):
    monkeypatch.setattr("accounts.actions.copies.SLICE", 2)
    monkeypatch.setattr("accounts.tasks.SECONDS", -1.0)
    request, _made = ask_about_data(mei.member, "copy", by=mei)
    turns = 1
    while work_on_request(str(request.pk)) == "more":
        turns += 1
    request.refresh_from_db()
    assert (request.state, request.progress) == ("ready", {})
    assert turns > len(stores())
    with request.package.open() as file:
        said = json.loads(zipfile.ZipFile(file).read("messages.json"))
    assert len(said) == len({one["seq"] for one in said}) == 4


def test_who_packs_at_the_same_time_and_is_second_drops_theirs(monkeypatch, mei, mine):
    request, _made = ask_about_data(mei.member, "copy", by=mei)
    while copies.gather_slice(request):
        pass
    pack, won = copies._pack, []

    def packed_by_another_meanwhile(*args):
        monkeypatch.setattr(copies, "_pack", pack)
        won.append(copies.finish_copy(request))
        pack(*args)

    monkeypatch.setattr(copies, "_pack", packed_by_another_meanwhile)
    assert copies.finish_copy(request) is False
    assert won == [True]
    request.refresh_from_db()
    kept = default_storage.listdir(f"personal-data/{request.pk.hex}")[1]
    assert kept == [request.package.name.rpartition("/")[2]]


def test_only_the_members_own_session_opens_it_and_it_is_logged(
    browser_of, client, mei, ada, ops, bo, mine
):
    request, _made = ask_about_data(mei.member, "copy", by=mei)
    url = reverse("privacy-download", args=[request.pk])
    assert browser_of(mei).get(url).status_code == 404  # not ready yet
    work_on_request(str(request.pk))
    for stranger in (ada, ops, bo):
        assert browser_of(stranger).get(url).status_code == 404
    assert client.get(url).status_code == 302
    answer = browser_of(mei).get(url)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    (look,) = PersonalDataAccess.objects.filter(kind="copy")
    assert look.actor == mei
    assert history_of(request).first().action == "personal_data.downloaded"


def test_the_package_is_deleted_when_its_time_is_over(
    browser_of, mei, mine, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        request, _made = ask_about_data(mei.member, "copy", by=mei)
        work_on_request(str(request.pk))
    request.refresh_from_db()
    name, until = request.package.name, request.package_expires_at
    folder = default_storage.listdir(f"personal-data/{request.pk.hex}")
    assert folder == (["parts"], [f"{request.request_no}.zip"])
    assert default_storage.listdir(f"personal-data/{request.pk.hex}/parts")[1] == []
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        sweep(timezone.now())
        assert default_storage.exists(name)
    with time_machine.travel(until, tick=False):
        client = browser_of(mei)
        assert client.get(reverse("privacy-download", args=[request.pk])).status_code == 404
        sweep(timezone.now())
    assert not default_storage.exists(name)
    request.refresh_from_db()
    assert (request.state, request.package.name) == ("done", "")


def gathered(person) -> PersonalDataRequest:
    """Ask for a copy and put all parts of it aside, not packed yet."""
    request, _made = ask_about_data(person.member, "copy", by=person)
    while copies.gather_slice(request):
        pass
    assert files_of(request)
    request.refresh_from_db()
    return request


def files_of(request) -> list[str]:
    """Return every file that lies there for a copy."""
    folder = f"personal-data/{request.pk.hex}"
    return [*default_storage.listdir(folder)[1], *default_storage.listdir(f"{folder}/parts")[1]]


@pytest.mark.parametrize("end", ["withdrawn", "declined"])
def test_what_was_gathered_goes_when_a_copy_is_not_to_be(
    end, mei, ops, mine, django_capture_on_commit_callbacks
):
    request = gathered(mei)
    # What a crash has left behind: written, and noted nowhere.
    default_storage.save(
        f"personal-data/{request.pk.hex}/parts/messages-99.json", ContentFile(b"x")
    )
    with django_capture_on_commit_callbacks(execute=True):
        if end == "withdrawn":
            cancel_request(request, by=mei)
        else:
            refuse_request(request, ground="identity", answer="请带证件再来", by=ops)
    assert files_of(request) == []
    assert PersonalDataRequest.objects.get().progress == {}
    assert work_on_request(str(request.pk)) == "nothing to do"


def test_a_copy_withdrawn_while_it_is_packed_is_dropped(
    monkeypatch, mei, mine, django_capture_on_commit_callbacks
):
    request, pack = gathered(mei), copies._pack

    def withdrawn_meanwhile(*args):
        with django_capture_on_commit_callbacks(execute=True):
            cancel_request(request, by=mei)
        pack(*args)

    monkeypatch.setattr(copies, "_pack", withdrawn_meanwhile)
    assert copies.finish_copy(request) is False
    assert files_of(request) == []


def test_a_part_that_is_missing_is_no_copy(monkeypatch, mei, mine):
    request = gathered(mei)
    default_storage.delete(request.progress["parts"][0][1])
    with pytest.raises(FileNotFoundError):
        copies.finish_copy(request)


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
