"""The history can be proved: whatever is touched behind its back is named."""

import json
import threading
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse
from django.utils import timezone

from common.chain import (
    Verification,
    anchor_history,
    check_history,
    checks,
    seal,
    seal_all,
    verifying,
)
from common.chain.anchors import anchor_file
from common.chain.clock import FILL_BACK, fill_back
from common.chain.health import history as health_of_history
from common.chain.sealing import head
from common.deadlines import set_deadline
from common.health import BAD, GOOD, WARN
from common.history import record
from common.models import (
    ChainAnchor,
    ChainLink,
    Deadline,
    Event,
    HistoryCheck,
    UnsealedEvent,
)
from common.tasks import continue_history_check, verify_last_day_of_history

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Anchors of a test do not lie among those of the house."""
    settings.DATA_DIR = tmp_path


@pytest.fixture
def lines(shop) -> list[Event]:
    """Six sealed lines."""
    written = [record(shop, "shop.renamed", by=None, after={"name": f"第{n}名"}) for n in range(6)]
    seal_all()
    return sorted(written, key=lambda line: line.pk)  # ids of one millisecond are in no order


def behind_its_back(sql: str, *values) -> None:
    """Do what somebody with the database's own key could: no trigger sees it."""
    tables = ("common_event", "common_chainlink", "common_chainanchor")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def found(since=None) -> list[tuple[str, int | None, str | None]]:
    walk = Verification.begin(since).run()
    return [(one.kind, one.position, one.event) for one in walk.findings]


def test_every_line_is_noted_and_sealed_in_order(shop):
    first, second = (record(shop, "shop.renamed", by=None) for _ in range(2))
    assert set(UnsealedEvent.objects.values_list("pk", flat=True)) == {first.pk, second.pk}
    assert seal() == 2
    assert list(
        ChainLink.objects.order_by("position").values_list("event_id", flat=True)
    ) == sorted([first.pk, second.pk])
    assert not UnsealedEvent.objects.exists()
    assert seal() == 0


def test_an_untouched_history_is_sound(lines):
    walk = Verification.begin().run()
    assert (walk.is_sound, walk.links, walk.lines) == (True, 6, 6)


def test_a_line_dated_back_hangs_at_the_end(lines, shop):
    old = record(shop, "shop.opened", by=None, at=timezone.now() - timedelta(days=700))
    seal_all()
    assert ChainLink.objects.get(event_id=old.pk).position == 7
    assert found() == []


def test_one_flipped_byte_is_named(lines):
    behind_its_back(
        "UPDATE common_event SET after = jsonb_set(after, '{name}', '\"第9名\"') WHERE id = %s",
        lines[3].pk,
    )
    assert found() == [("changed", 4, str(lines[3].pk))]


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor_id = 7",
        "action = action || 'x'",
        "subject_type = 'x'",
        "subject_id = subject_id || '0'",
        "before = '{\"a\": null}'",
        "reason = ' '",
    ],
)
def test_no_column_is_left_out(lines, change):
    behind_its_back(f"UPDATE common_event SET {change} WHERE id = %s", lines[0].pk)
    assert found() == [("changed", 1, str(lines[0].pk))]


def test_a_deleted_line_is_named(lines):
    behind_its_back("DELETE FROM common_event WHERE id = %s", lines[2].pk)
    assert found() == [("deleted", 3, str(lines[2].pk))]


def test_two_swapped_lines_are_named(lines):
    a, b = lines[1].pk, lines[4].pk
    behind_its_back(
        "UPDATE common_event e SET after = o.after FROM common_event o "
        "WHERE (e.id, o.id) IN ((%s, %s), (%s, %s))",
        a, b, b, a,
    )  # fmt: skip
    assert found() == [("changed", 2, str(a)), ("changed", 5, str(b))]


def test_two_swapped_seals_are_named(lines):
    behind_its_back("UPDATE common_chainlink SET position = -position WHERE position IN (2, 3)")
    behind_its_back("UPDATE common_chainlink SET position = 5 + position WHERE position < 0")
    kinds = [one[:2] for one in found()]
    assert ("link", 2) in kinds
    assert ("link", 3) in kinds


def test_a_rewritten_seal_is_told_from_a_changed_line(lines):
    behind_its_back("UPDATE common_chainlink SET hash = sha256('x') WHERE position = 3")
    assert [one[:2] for one in found()] == [("link", 3), ("link", 4)]


def test_a_missing_seal_is_named(lines):
    behind_its_back("DELETE FROM common_chainlink WHERE position = 3")
    assert [one[:2] for one in found()] == [("gap", 3), ("slipped_in", None)]


def test_a_line_slipped_in_is_named(lines, shop):
    behind_its_back(
        "INSERT INTO common_event (id, at, action, subject_type, subject_id, before, after, reason) "
        "SELECT '01900000-0000-7000-8000-000000000001', at, 'refund.approved', subject_type, "
        "subject_id, before, after, reason FROM common_event WHERE id = %s",
        lines[0].pk,
    )
    assert found() == [("slipped_in", None, "01900000-0000-7000-8000-000000000001")]


def test_a_line_that_nobody_seals_is_named(lines, shop):
    late = record(shop, "shop.renamed", by=None)
    assert found() == []  # a second is no reason to worry
    UnsealedEvent.objects.update(noted_at=timezone.now() - timedelta(minutes=11))
    assert found() == [("unsealed", None, str(late.pk))]


def test_a_line_deleted_before_its_seal_is_named(lines, shop):
    gone = record(shop, "shop.renamed", by=None)
    behind_its_back("DELETE FROM common_event WHERE id = %s", gone.pk)
    seal_all()
    assert found() == [("vanished", None, str(gone.pk))]


def test_a_cut_tail_of_both_tables_is_told_by_the_anchor(lines):
    anchor_history(timezone.now())
    behind_its_back("DELETE FROM common_event WHERE id IN (%s, %s)", lines[4].pk, lines[5].pk)
    behind_its_back("DELETE FROM common_chainlink WHERE position > 4")
    behind_its_back("DELETE FROM common_chainanchor")  # the file outside still knows
    assert found() == [("tail", 6, None)]


def test_a_chain_forged_anew_is_told_by_the_anchor(lines):
    anchor_history(timezone.now())
    behind_its_back("UPDATE common_event SET reason = 'forged' WHERE id = %s", lines[0].pk)
    ids = [line.pk for line in lines]
    behind_its_back("DELETE FROM common_chainlink")
    UnsealedEvent.objects.bulk_create(UnsealedEvent(event_id=pk) for pk in ids)
    seal_all()
    assert {one[:2] for one in found()} == {("anchor", 6)}
    behind_its_back("DELETE FROM common_chainanchor")
    assert [one[:2] for one in found()] == [("anchor", 6)]


def test_the_anchor_lies_outside_for_the_owner_alone(lines):
    anchor = anchor_history(timezone.now())
    said = json.loads(anchor_file().read_text())
    assert (said["position"], said["hash"]) == (6, bytes(anchor.hash).hex())
    assert anchor_file().stat().st_mode & 0o777 == 0o600
    assert found() == []


def test_an_anchor_file_somebody_wrote_into_is_named(lines):
    anchor_history(timezone.now())
    anchor_file().write_text("{}\n")
    assert found() == [("anchor", None, None)]


def test_an_empty_house_has_no_anchor(db):
    assert anchor_history(timezone.now()) is None
    assert found() == []


@pytest.mark.parametrize("model", [ChainLink, ChainAnchor])
@pytest.mark.parametrize("change", [lambda q: q.update(hash=b"x"), lambda q: q.delete()])
def test_the_chain_itself_is_append_only(lines, model, change):
    anchor_history(timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        change(model.objects.all())


def test_lines_from_before_the_chain_are_sealed_in_batches(lines, shop, monkeypatch):
    monkeypatch.setattr("common.chain.clock.NOTED_AT_ONCE", 2)
    behind_its_back("DELETE FROM common_chainlink")  # as if the chain had just been made
    now = timezone.now()
    set_deadline(FILL_BACK, "chain", now)
    assert found() == []  # they wait for the back-fill
    for _ in range(9):
        timer = Deadline.objects.get(kind=FILL_BACK)
        fill_back("chain", timer.payload, now)
        seal_all()
    Deadline.objects.filter(kind=FILL_BACK).update(done_at=now)
    walk = Verification.begin().run()
    assert (walk.is_sound, walk.links) == (True, 6)


def test_since_starts_later_and_still_proves_what_follows(lines, shop):
    behind_its_back("UPDATE common_chainlink SET sealed_at = sealed_at - interval '2 days'")
    behind_its_back("UPDATE common_event SET reason = 'x' WHERE id = %s", lines[0].pk)
    new = record(shop, "shop.renamed", by=None)
    seal_all()
    since = timezone.now() - timedelta(days=1)
    walk = Verification.begin(since).run()
    assert (walk.links, walk.is_sound) == (1, True)
    behind_its_back("UPDATE common_event SET reason = 'x' WHERE id = %s", new.pk)
    assert found(since) == [("changed", 7, str(new.pk))]


def test_the_walk_may_rest_between_slices(lines, monkeypatch):
    monkeypatch.setattr(verifying, "BATCH", 2)
    behind_its_back("UPDATE common_event SET reason = 'x' WHERE id = %s", lines[3].pk)
    walk = Verification.begin()
    while not walk.is_done:
        walk.step()
        walk = Verification.resume(json.loads(json.dumps(walk.state())))
    assert [(one.kind, one.position) for one in walk.findings] == [("changed", 4)]
    assert (walk.links, walk.lines) == (6, 6)


def test_the_nightly_check_goes_on_in_the_next_task(lines, monkeypatch):
    monkeypatch.setattr(verifying, "BATCH", 2)
    monkeypatch.setattr(checks, "SLICE_SECONDS", 0.0)
    queued = []
    monkeypatch.setattr(checks, "async_task", lambda *words: queued.append(words))
    verify_last_day_of_history()
    while queued:
        path, number = queued.pop()
        assert path == "common.tasks.continue_history_check"
        monkeypatch.setattr(checks, "SLICE_SECONDS", 0.001)
        continue_history_check(number)
    check = HistoryCheck.objects.get()
    assert (check.is_sound, check.lines, check.position) == (True, 6, 6)


def test_the_self_test_says_until_when(lines, shop):
    now = timezone.now()
    sealed, verified = health_of_history(now)
    assert (sealed.state, verified.state) == (GOOD, GOOD)  # a new house
    assert health_of_history(now + timedelta(days=3))[1].state == WARN
    check_history(now)
    assert "6" in health_of_history(now)[1].words
    record(shop, "shop.renamed", by=None)
    assert health_of_history(now + timedelta(minutes=5))[0].state == WARN
    assert health_of_history(now + timedelta(minutes=15))[0].state == BAD
    behind_its_back("DELETE FROM common_event WHERE id = %s", lines[0].pk)
    check_history(now)
    assert health_of_history(now)[1].state == BAD


def test_the_command_names_the_line_and_fails(lines):
    out = StringIO()
    call_command("verify_history", stdout=out)
    assert "6 seals, 6 lines and 0 anchors verified" in out.getvalue()
    behind_its_back("DELETE FROM common_event WHERE id = %s", lines[2].pk)
    out = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("verify_history", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert refusal.value.returncode == 1
    assert said["sound"] is False
    assert said["findings"][0]["event"] == str(lines[2].pk)


def test_the_command_takes_an_anchor_from_paper(lines):
    last = head()
    call_command("verify_history", anchor=[f"{last.position}:{last.hash.hex()}"], stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("verify_history", anchor=[f"9:{last.hash.hex()}"], stdout=StringIO())


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "99999999999d", "-3d", "7 d"])
def test_the_command_says_what_a_moment_looks_like(since):
    with pytest.raises(CommandError, match="7d"):
        call_command("verify_history", since=since)


@pytest.mark.parametrize("anchor", ["x", "4", "4:zz", ":"])
def test_the_command_says_what_an_anchor_looks_like(anchor):
    with pytest.raises(CommandError, match="POSITION:SEAL"):
        call_command("verify_history", anchor=[anchor])


def test_operations_read_verifications_and_anchors(lines, browser_of, ops, bo):
    anchor = anchor_history(timezone.now())
    behind_its_back("DELETE FROM common_event WHERE id = %s", lines[2].pk)
    check = check_history(timezone.now())
    page = browser_of(ops).get(reverse("admin:common_historycheck_change", args=[check.pk]))
    assert str(lines[2].pk) in page.content.decode()
    page = browser_of(ops).get(reverse("admin:common_chainanchor_changelist"))
    assert bytes(anchor.hash).hex() in page.content.decode()
    assert browser_of(bo).get(reverse("admin:common_historycheck_changelist")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_late_commit_is_caught_and_two_sealers_make_one_chain(shop):
    opened, may_commit = threading.Event(), threading.Event()

    def slow_writer():
        with transaction.atomic():
            record(shop, "shop.opened", by=None)
            opened.set()
            may_commit.wait(10)
        connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    opened.wait(10)
    for _ in range(40):
        record(shop, "shop.renamed", by=None)
    sealers = [
        threading.Thread(target=lambda: ([seal(5) for _ in range(20)], connections.close_all()))
        for _ in range(3)
    ]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join()
    assert ChainLink.objects.count() == 40
    may_commit.set()
    writer.join()
    seal_all()
    late = Event.objects.get(action="shop.opened")
    assert ChainLink.objects.get(event_id=late.pk).position == 41
    assert late.pk < Event.objects.filter(action="shop.renamed").order_by("pk")[0].pk
    assert found() == []
    assert UUID(int=0) < late.pk
