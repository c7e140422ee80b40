"""The copy of what is known about a member: whole, of nobody else, and gone in its time."""

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    ask_about_data,
    cancel_request,
    copies,
    refuse_request,
)
from accounts.models import PersonalDataAccess, PersonalDataRequest
from accounts.tasks import work_on_request
from common.deadlines import sweep
from common.history import history_of
from common.personal_data import stores
from tests.accounts.casts import canary, files_of, fill_the_rest, gathered, package_of
from tickets.actions.posting import post_message


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
