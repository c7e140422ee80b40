"""Exposures in batches, comparisons with their intervals, and the pages of the back office."""

from datetime import timedelta
from statistics import fmean, stdev

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from scipy import stats

from apass.models import Cohort, Exposure, Rollout
from apass.rollouts import exposures
from apass.rollouts.comparing import compare
from apass.rollouts.deciding import meet, member_subject
from apass.rollouts.exposures import Notebook, Noted, notebook
from apass.rollouts.metrics import Sample
from tests.admin.test_acts import act
from tests.apass.conftest import NOW, pilot, widen


def noted(rollout, number, arm="treated"):
    return Noted(rollout.pk, f"member:{number}", arm, 1, NOW)


@pytest.mark.django_db
def test_exposures_are_noted_once_and_written_in_one_statement(rollout):
    book = Notebook()
    book.starts_thread = False
    for number in [*range(1000), *range(1000)]:
        book.note(noted(rollout, number))
    assert book.waiting == 1000
    with CaptureQueriesContext(connection) as asked:
        assert book.flush() == 1000
    assert len(asked) == 1
    assert Exposure.objects.count() == 1000


@pytest.mark.django_db
def test_who_is_let_in_later_moves_to_the_treated_once_and_never_back(rollout):
    exposures.write([noted(rollout, 1, "control"), noted(rollout, 2, "holdout")])
    exposures.write([noted(rollout, 1, "control"), noted(rollout, 1, "treated")])
    exposures.write([noted(rollout, 1, "control")])
    assert dict(Exposure.objects.values_list("subject", "arm")) == {
        "member:1": "treated",
        "member:2": "holdout",
    }


@pytest.mark.django_db
def test_a_full_notebook_drops_counts_and_notes_the_next_time(rollout, monkeypatch):
    monkeypatch.setattr(exposures, "MOST_WAITING", 2)
    book = Notebook()
    book.starts_thread = False
    assert [book.note(noted(rollout, n)) for n in (1, 2, 3)] == [True, True, False]
    assert book.dropped == 1
    book.flush()
    assert book.note(noted(rollout, 3))


@pytest.mark.django_db
def test_trouble_with_the_database_loses_nothing(rollout, monkeypatch):
    book = Notebook()
    book.starts_thread = False
    book.note(noted(rollout, 1))

    def away(batch):
        raise OperationalError("gone")

    with monkeypatch.context() as trouble:
        trouble.setattr(exposures, "write", away)
        with pytest.raises(OperationalError):
            book.flush()
    assert book.flush() == 1


SMALL = {"smallest": 30, "widest": 1.0}


def sample(arm, values):
    return Sample(
        arm,
        len(values),
        fmean(values) if values else None,
        stdev(values) if len(values) > 1 else None,
    )


def test_a_comparison_is_welchs():
    treated, other = [float(n % 3) for n in range(60)], [float(n % 4) for n in range(80)]
    found = compare(sample("treated", treated), sample("holdout", other), **SMALL)
    assert found.difference == pytest.approx(-0.5)
    # Worked out by hand: variances 0.677966 and 1.265823, Welch's 137.92 degrees of freedom.
    assert (found.low, found.high) == pytest.approx((-0.8255, -0.1745), abs=0.002)
    assert found.p == pytest.approx(0.0029, abs=0.0005)
    assert not found.too_small
    whole = stats.ttest_ind(treated, other, equal_var=False)
    ends = whole.confidence_interval(confidence_level=0.95)
    assert (found.low, found.high, found.p) == pytest.approx((ends.low, ends.high, whole.pvalue))


@pytest.mark.parametrize(
    ("treated", "other", "too_small"),
    [
        ((), (), True),
        ((1.0,), (0.0, 1.0), True),
        ((0.0, 1.0) * 14 + (1.0,), (0.0, 1.0) * 15, True),  # 29
        ((0.0, 1.0, 1.0) * 10, (0.0, 1.0, 1.0) * 10, False),  # 30
        ((0.0,) * 40, (0.0,) * 40, False),
        ((1.0,) * 40, (0.0,) * 40, True),  # everybody alike: no interval
        ((0.0,) * 29 + (9.0,), (0.0,) * 29 + (8.0,), True),  # wider than the mean is high
    ],
)
def test_a_small_sample_is_called_one(treated, other, too_small):
    found = compare(sample("treated", treated), sample("holdout", other), **SMALL)
    assert found.too_small is too_small


@pytest.mark.django_db
def test_the_whole_way_in_the_back_office(ops, zhao, mei, ada, browser_of):
    office, colleague = browser_of(ops), browser_of(zhao)
    made = {"code": "products", "name": "商品卡", "kind": "feature", "subject_kind": "member",
            "holdout_share": "500"}  # fmt: skip
    assert office.post(reverse("admin:apass_rollout_add"), made).status_code == 302
    trial = Rollout.objects.get()
    assert (trial.code, trial.holdout_share, trial.owner) == ("products", 500, ops)
    Rollout.objects.update(holdout_share=0)
    act(office, trial, "add_stage", called="试点", kind="named", numbers="M10000001", percent="")
    act(office, trial, "add_guardrail", metric="contacts_per_member", direction="at_most",
        threshold="1.5", hours="24", smallest="30")  # fmt: skip
    act(office, trial, "propose")
    act(office, trial, "approve")
    trial.refresh_from_db()
    assert trial.reached == 0
    act(colleague, trial, "approve")
    trial.refresh_from_db()
    assert (trial.state, trial.reached) == ("running", 1)
    page = office.get(reverse("admin:apass_rollout_change", args=[trial.pk])).content.decode()
    for words in ("样本太少", "试点", "没有数据", "1.5", "还没测", "ordered_again"):
        assert (words in page) is (words != "ordered_again")


@pytest.mark.django_db
def test_the_report_compares_the_two_sides(rollout, ops, zhao, mei, ada, browser_of):
    pilot(rollout, "M10000001", ops)
    widen(rollout, ops, zhao)
    meet("products", member_subject(mei.member), now=NOW + timedelta(minutes=1))
    notebook.flush()
    page = browser_of(ops).get(reverse("admin:apass_rollout_change", args=[rollout.pk]))
    report = page.context["report"]
    assert report.met == {"treated": 1, "holdout": 0, "control": 0}
    assert {line.metric.code for line in report.lines} == {
        "contacts_per_member", "ordered_again", "csat", "cost_per_subject",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_cohort_is_made_and_filled_in_the_back_office(ops, mei, ada, browser_of):
    office = browser_of(ops)
    made = {"code": "bees", "name": "尝鲜", "subject_kind": "member", "is_list": "on"}
    assert office.post(reverse("admin:apass_cohort_add"), made).status_code == 302
    cohort = Cohort.objects.get()
    act(office, cohort, "add_members", numbers="M10000001\nM10000002")
    act(office, cohort, "remove_members", numbers="M10000002")
    page = office.get(reverse("admin:apass_cohort_change", args=[cohort.pk])).content.decode()
    assert "M10000001" in page
    assert "M10000002" not in page
