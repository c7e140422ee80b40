"""The year's end: points are cleared on 12-31 at 24:00 Shanghai, once, whoever comes first."""

from datetime import UTC, datetime

import pytest
from django.db import ProgrammingError, transaction

from common.deadlines import reconcile, sweep
from common.models import Deadline
from common.recompute import derived
from merchants.actions.appeals import file_appeal, rule_appeal
from merchants.actions.points import CLEARING, clear_points, set_clearing
from merchants.models import PointsBalance, PointsClearing, PointsEntry
from merchants.queries.penalties import points_of_shop
from tests.merchants.casts_penalties import DAY, NOW, SECOND, WHY, decided

pytestmark = pytest.mark.django_db
END = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


def differences(now):
    part = next(it for it in derived() if it.name == "points of shops")
    return sum(found.rows for found in part.check(now))


def test_points_are_cleared_at_the_years_end_and_not_a_second_before(shop, bo, ops):
    decided(shop, bo, ops, points="12")
    decided(shop, bo, ops, code="order-disturbing", points="24")
    decided(shop, bo, ops, code="fake-goods", points="24")
    assert clear_points(2026, now=END - SECOND) is None
    assert points_of_shop(shop.pk) == {"A": 12, "B": 24, "C": 24}
    done = clear_points(2026, now=END)
    assert (done.shops, points_of_shop(shop.pk)) == (2, {"A": 0, "B": 0, "C": 24})
    clear_points(2026, now=END + DAY)
    assert PointsEntry.objects.filter(cause="clearing").count() == 2
    assert differences(END + DAY) == 0


def test_what_stays_and_what_carries_over(shop, stranger_shop, bo, ops):
    decided(shop, bo, ops, code="order-disturbing", points="48")
    decided(shop, bo, ops, code="fake-goods", points="48")
    for points in ("24", "12"):
        decided(stranger_shop, bo, ops, code="fake-goods", points=points)
    clear_points(2026, now=END)
    assert points_of_shop(shop.pk) == {"A": 0, "B": 48, "C": 48}
    assert points_of_shop(stranger_shop.pk)["C"] == 24
    assert differences(END) == 0


def test_the_clock_clears_on_time_and_sets_the_next_year(shop, bo, ops):
    decided(shop, bo, ops, points="12")
    set_clearing(NOW)
    sweep(END - SECOND)
    assert points_of_shop(shop.pk)["A"] == 12
    sweep(END)
    assert points_of_shop(shop.pk)["A"] == 0
    due = Deadline.objects.get(kind=CLEARING, done_at=None)
    assert (due.subject_id, due.due_at) == ("2027", datetime(2027, 12, 31, 16, 0, tzinfo=UTC))


def test_a_clock_that_was_down_at_the_years_end_makes_up_for_it(shop, bo, ops):
    decided(shop, bo, ops, points="12")
    assert reconcile(END + 40 * DAY) == 0
    assert points_of_shop(shop.pk)["A"] == 0
    assert PointsClearing.objects.get(pk=2026).at == END


def test_a_decision_after_midnight_does_not_wait_for_the_clock(shop, bo, ops):
    for _one in range(2):
        decided(shop, bo, ops, points="3")
    late = decided(shop, bo, ops, points="12", at=END)
    # Nobody has cleared yet: the old points count no more all the same.
    assert (late.points_before, late.node, points_of_shop(shop.pk)["A"]) == (0, "a12", 12)
    clear_points(2026, now=END + SECOND)
    assert points_of_shop(shop.pk)["A"] == 12
    assert differences(END + SECOND) == 0


def test_what_is_revoked_after_the_years_end_takes_back_no_more_than_was_left(
    shop, bo, ops, judge, staff
):
    penalty = decided(shop, bo, ops, code="fake-goods", points="24", now=END - 10 * DAY)
    second = decided(shop, bo, ops, code="fake-goods", points="12", now=END - 9 * DAY)
    clear_points(2026, now=END)
    assert points_of_shop(shop.pk)["C"] == 24
    appeal = file_appeal(penalty, text="不是我们", by=staff, now=END + DAY)
    rule_appeal(appeal, outcome="revoked", reason=WHY, by=judge, now=END + DAY)
    # Without it there had been 12 at the year's end, of which nothing stays.
    assert points_of_shop(shop.pk)["C"] == 0
    second.refresh_from_db()
    assert second.node == "c12"
    assert differences(END + DAY) == 0


def test_the_ledger_cannot_be_changed(shop, bo, ops):
    decided(shop, bo, ops)
    for change in (lambda rows: rows.update(points=0), lambda rows: rows.delete()):
        with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
            change(PointsEntry.objects.all())


def test_a_wrong_balance_is_found_and_mended(shop, bo, ops):
    decided(shop, bo, ops, points="12")
    part = next(it for it in derived() if it.name == "points of shops")
    PointsBalance.objects.update(points=99)
    assert differences(NOW) > 0
    part.mend(NOW)
    assert points_of_shop(shop.pk)["A"] == 12
