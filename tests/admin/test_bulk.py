"""An action on all that match: tried out, done in the background row by row, stopped, gone on with."""

import csv
import io

import pytest
from django.db import connection
from django.urls import reverse
from django_q.models import OrmQ

from accounts.actions import set_roles
from accounts.models import Role
from common import errands, parameters
from common.admin import base, bulk, jobs, lane
from common.admin.acts import ReasonForm
from common.admin.asking import page_of
from common.admin.bulk import goes_in_bulk, sample_of
from common.errands import start_job, stop_errand
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import ErrandState, Event, Job, JobRow
from common.parameters import set_value
from tests.admin.lane import work
from trade.models import Product

LIST = reverse("admin:trade_product_changelist")
MANY = 65


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    """Thirty are many here: the tests stay quick."""
    monkeypatch.setattr(base, "MOST_AT_ONCE", 30)


def number(key, new, ops):
    set_value(key, new, by=ops, reason="试试")
    parameters.forget()


@pytest.fixture
def shelf(shop):
    """More products than an action answers for at once; every third is taken down already."""
    Product.objects.bulk_create(
        Product(
            product_no=f"P{number:04}",
            shop=shop,
            title=f"白桃 {number}" if number % 2 else f"车厘子 {number}",
            price="9.90",
            taken_down_at="2026-11-01T00:00:00+08:00" if number % 3 == 0 else None,
        )
        for number in range(MANY)
    )


def asked(browser, step=None, url=LIST, **more):
    key = str(Product.objects.first().pk)
    chosen = {"action": "take_down", "index": "0", "select_across": "1", "_selected_action": [key]}
    return browser.post(url, chosen | ({"step": step, "reason": "产地通报"} if step else {}) | more)


def begin(ops, rows=None, act="take_down"):
    return start_job(
        Product.objects.all() if rows is None else rows,
        listing="trade.product",
        act=act,
        answers={"reason": ["产地通报"]},
        filters="",
        by=ops,
        reason="产地通报",
    )


def test_all_that_match_are_asked_for(office, shelf):
    page = asked(office)
    assert page.context["rows_count"] == MANY
    assert page.context["in_background"]


def test_the_trial_is_on_a_sample_and_says_so(office, shelf, ops):
    number("backoffice.trial_rows", 20, ops)
    before = Event.objects.count()
    page = asked(office, "try")
    assert page.context["tried"] == 20
    ((_sentence, refused),) = page.context["refused"]
    assert len(page.context["outcome"].done) + refused == 20
    assert Event.objects.count() == before
    assert not Job.objects.exists()


def test_the_filter_is_the_set(office, shelf):
    # Few enough to be answered for at once, as ever.
    Product.objects.filter(title__startswith="白桃").exclude(product_no="P0001").delete()
    url = f"{LIST}?shelf=on"
    page = asked(office, "try", url=url)
    assert page.context["rows_count"] == Product.objects.filter(taken_down_at=None).count()
    assert not page.context.get("in_background")


def test_a_job_does_them_all_and_says_what_it_left(office, shelf, ops):
    answer = asked(office, "do")
    job = Job.objects.get()
    assert answer.url == reverse("admin:common_job_change", args=[job.pk])
    assert (job.total, job.state) == (MANY, ErrandState.WAITING)
    work()
    job.refresh_from_db()
    assert (job.state, job.changed, job.refused, job.done) == (ErrandState.DONE, 43, 22, MANY)
    assert not Product.objects.filter(taken_down_at=None).exists()
    # Each row went by the same action: a line of history each, with the reason.
    assert Event.objects.filter(action="product.taken_down", reason="产地通报").count() == 43
    assert [it.action for it in history_of(job)] == ["job.ended", "job.started"]
    page = office.get(answer.url)
    assert page.context["groups"][0][1] == 22


def test_what_was_left_comes_as_a_file(office, shelf, ops):
    job = begin(ops)
    work()
    answer = office.get(reverse("admin:common_job_file", args=[job.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert len(rows) == 23
    assert "no-store" in answer["Cache-Control"]


def test_rows_that_come_later_are_not_in_the_job(shelf, ops, shop):
    job = begin(ops)
    late = Product.objects.create(product_no="LATE", shop=shop, title="新货", price="1.00")
    work()
    late.refresh_from_db()
    assert late.taken_down_at is None
    assert job.rows.count() == MANY


def test_a_killed_slice_is_gone_on_with_and_nothing_is_done_twice(shelf, ops, monkeypatch):
    job = begin(ops)
    real, calls = jobs._note, []

    def dies(*given):
        calls.append(1)
        real(*given)
        if len(calls) == 31:
            raise KeyboardInterrupt  # the row's transaction is lost with the worker

    monkeypatch.setattr(jobs, "_note", dies)
    with pytest.raises(KeyboardInterrupt):
        lane.work_on()
    monkeypatch.setattr(jobs, "_note", real)
    job.refresh_from_db()
    assert job.done == 30
    work()
    job.refresh_from_db()
    assert (job.state, job.done) == (ErrandState.DONE, MANY)
    assert Event.objects.filter(action="product.taken_down").count() == 43


def test_a_job_hands_on_after_its_slice(shelf, ops, monkeypatch):
    job = begin(ops)
    turns = iter(range(3))
    monkeypatch.setattr(lane, "until", lambda _seconds: lambda: next(turns, None) is not None)
    OrmQ.objects.all().delete()
    lane.work_on()
    job.refresh_from_db()
    assert (job.done, job.state) == (60, ErrandState.RUNNING)
    assert OrmQ.objects.count() == 1


def test_a_person_who_lost_the_right_stops_the_job(shelf, ops, root, monkeypatch):
    job = begin(ops)
    turns = iter(range(1))
    monkeypatch.setattr(lane, "until", lambda _seconds: lambda: next(turns, None) is not None)
    lane.work_on()
    set_roles(ops, [Role.AUDITOR], by=root, reason="换岗")
    monkeypatch.undo()
    work()
    job.refresh_from_db()
    assert (job.state, job.done) == (ErrandState.STOPPED, 20)
    assert job.trouble


def test_a_closed_account_stops_its_job_too(shelf, ops):
    job = begin(ops)
    type(ops).objects.filter(pk=ops.pk).update(is_active=False)
    work()
    job.refresh_from_db()
    assert (job.state, job.done) == (ErrandState.STOPPED, 0)


def test_a_job_is_stopped_by_whoever_began_it(office, browser_of, shelf, ops, auditor):
    job = begin(ops)
    url = reverse("admin:common_job_stop", args=[job.pk])
    browser_of(auditor).post(url)
    job.refresh_from_db()
    assert job.stop_asked_at is None
    office.post(url)
    work()
    job.refresh_from_db()
    assert (job.state, job.done) == (ErrandState.STOPPED, 0)
    Job.objects.update(stop_asked_at=None)
    with pytest.raises(DomainError, match=r"errand\.over"):
        stop_errand(job, by=ops)


def test_progress_is_told(office, shelf, ops):
    job = begin(ops)
    answer = office.get(reverse("admin:common_job_progress", args=[job.pk])).json()
    assert (answer["open"], answer["percent"]) == (True, 0)
    work()
    answer = office.get(reverse("admin:common_job_progress", args=[job.pk])).json()
    assert (answer["open"], answer["percent"]) == (False, 100)


def test_a_job_is_seen_by_its_person_and_by_auditors(browser_of, shelf, ops, auditor, root):
    from tests.conftest import person

    job = begin(ops)
    other = person("ops2", "青黛", Role.OPERATIONS)
    for user, status in ((ops, 200), (auditor, 200), (root, 200), (other, 404)):
        for name in ("change", "progress"):
            url = reverse(f"admin:common_job_{name}", args=[job.pk])
            assert browser_of(user).get(url).status_code == status, (user, name)


def test_too_many_are_refused(office, shelf, ops, monkeypatch):
    monkeypatch.setattr(errands, "value", lambda _key: 60)
    monkeypatch.setattr(bulk, "value", lambda _key: 60)
    with pytest.raises(DomainError, match=r"job\.too_many"):
        begin(ops)
    assert not JobRow.objects.exists()
    assert asked(office, "do").status_code == 302
    assert not Job.objects.exists()
    with pytest.raises(DomainError, match=r"job\.nothing"):
        begin(ops, Product.objects.none())


@pytest.mark.parametrize("who", ["chen", "mei", "qiao", "he", "bo", "lin", "wen"])
def test_who_may_not_begins_no_job(who, request, shelf):
    with pytest.raises(Forbidden):
        begin(request.getfixturevalue(who))
    assert not Job.objects.exists()


def test_an_answer_that_no_longer_holds_stops_the_job(shelf, ops):
    job = begin(ops)
    Job.objects.filter(pk=job.pk).update(answers={})
    work()
    job.refresh_from_db()
    assert job.state == ErrandState.STOPPED


def test_an_error_of_ours_is_a_refused_row_and_twenty_end_the_job(shelf, ops, monkeypatch):
    job = begin(ops)

    def broken(*_given, **_more):
        raise ValueError("boom")

    page = page_of("trade.product")
    act = jobs.act_of(page, job)
    monkeypatch.setattr(
        jobs, "act_of", lambda *_given: act.__class__(**{**vars(act), "run": broken})
    )
    work()
    job.refresh_from_db()
    assert (job.state, job.refused) == (ErrandState.FAILED, 20)


def test_what_shows_or_asks_secrets_is_never_done_in_bulk():
    people, members = page_of("accounts.user"), page_of("accounts.member")
    names = {act.name: goes_in_bulk(act) for act in [*people.acts, *members.acts]}
    assert not names["set_password"]
    assert not names["reveal"]
    assert names["hold"]
    assert ReasonForm.base_fields


def test_a_sample_is_spread_over_all():
    assert sample_of(list(range(1_000)), 4) == [0, 250, 500, 750]
    assert sample_of([1, 2], 4) == [1, 2]


def test_a_free_lane_is_woken_by_the_minute(shelf, ops):
    begin(ops)
    OrmQ.objects.all().delete()
    assert lane.go_on()
    assert OrmQ.objects.count() == 1
    work()
    assert not lane.go_on()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_walk_the_lane_together(shelf, ops):
    other = connection.copy()
    begin(ops)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [lane.LOCK])
        assert not lane.work_on()
        assert not lane.go_on()
        cursor.execute("SELECT pg_advisory_unlock_all()")
    other.close()
    assert lane.work_on()
