"""Whatever is done in whatever order, a day counted from the day before is a day counted from zero."""

import contextlib
import itertools
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import DomainError
from merchants.actions import (
    count_day,
    differences,
    edit_review,
    exclude_rating,
    restore_rating,
    withdraw_review,
)
from merchants.models import Rating
from merchants.queries.changes import explain
from merchants.ratings import rules
from merchants.ratings.rules import Rated
from tests.merchants.casts_ratings import NOW, WHY, rate

pytestmark = pytest.mark.django_db
SCORE = st.one_of(st.none(), st.integers(1, 5))
RATE = st.tuples(
    st.just("rate"), st.integers(0, 1), st.integers(0, 20), SCORE, SCORE, SCORE,
    st.sampled_from([1, 0, -1]),
)  # fmt: skip
TOUCH = st.tuples(st.sampled_from(["exclude", "restore", "edit", "withdraw"]), st.integers(0, 30))
STEPS = st.lists(st.one_of(RATE, RATE, TOUCH, st.tuples(st.just("night"))), min_size=4, max_size=25)


def act(step, who, shop, today):
    """Do one step; what the rules refuse is left undone."""
    if step[0] == "rate":
        _name, buyer, back, *scores, grade = step
        moment = today - timedelta(days=back)
        rate(who[buyer], shop, *scores, grade=grade, succeeded_at=moment, now=moment)
        return
    rows = list(Rating.objects.order_by("order_no"))
    if not rows:
        return
    it = rows[step[1] % len(rows)]
    how = {
        "exclude": lambda: exclude_rating(it, ground="suspected_fake", reason=WHY, by=None),
        "restore": lambda: restore_rating(it, reason=WHY, by=None),
        "edit": lambda: edit_review(it, grade=1, by=None, now=today),
        "withdraw": lambda: withdraw_review(it, by=None, now=today),
    }
    with contextlib.suppress(DomainError):
        how[step[0]]()


def told_by_rules(shop):
    """Return which ratings the pure rules leave out, and what each brings."""
    groups: dict = {}
    for row in Rating.objects.filter(shop=shop):
        points = 0 if row.withdrawn_at else row.grade or 0
        one = Rated(str(row.pk), row.succeeded_at, row.is_scored, row.is_excluded, points)
        groups.setdefault((row.member_id, row.month), []).append(one)
    beyond = {key for group in groups.values() for key in rules.surplus(group, 3)}
    brings = {k: v for group in groups.values() for k, v in rules.credits(group, 6).items()}
    return beyond, brings


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_rolling_is_counting_from_zero(mei, ada, shop, steps):
    from django.db import transaction

    with transaction.atomic():
        nights: list[date] = []
        today = NOW
        for step in [*steps, ("night",)]:
            if step[0] != "night":
                act(step, (mei, ada), shop, today)
                continue
            day = today.date()
            assert count_day(day, now=today) is not None
            nights.append(day)
            assert {one.rows for one in differences(today)} == {0}
            today += timedelta(days=1)
        beyond, brings = told_by_rules(shop)
        rows = list(Rating.objects.filter(shop=shop))
        assert {str(row.pk) for row in rows if row.is_surplus} == beyond
        assert {str(row.pk): row.credit for row in rows} == brings
        for since, until in itertools.pairwise(nights):
            told = explain(shop, since, until)
            for dimension, moved in told.dimensions.items():
                if moved.difference is not None:
                    assert told.sum_of_effects(dimension) == moved.difference
        transaction.set_rollback(True)
