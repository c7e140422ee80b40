"""Rows of a score: posted once, taken back exactly, half forgiven after a year."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions import forgive_half, post_entry, reverse_entry
from accounts.models import (
    Cause,
    Member,
    MemberMonth,
    MemberStanding,
    Score,
    ScoreEntry,
    StandingRun,
    Tier,
)
from common.errors import DomainError, Forbidden
from tests.standing.casts import NOW, buy, differing, run
from trade.models import Order

pytestmark = pytest.mark.django_db


def punish(user, points=-50, key="case 1", *, by=None, now=NOW, cause=Cause.HARASSMENT):
    return post_entry(
        user.member, Score.CREDIT, points, cause, key, by=by, reason="三级骚扰", now=now
    )


def credit(user) -> int:
    return MemberStanding.objects.get(member=user.member).credit


def test_a_row_moves_the_score_at_once(mei):
    punish(mei)
    assert credit(mei) == 550


def test_the_same_case_is_posted_once(mei):
    assert punish(mei) == punish(mei)
    assert credit(mei) == 550


def test_taking_back_restores_exactly_and_keeps_both_rows(mei):
    entry = punish(mei, -700)
    assert credit(mei) == 0  # kept at the floor
    reverse_entry(entry, by=None, reason="申诉成立", now=NOW)
    reverse_entry(entry, by=None, reason="申诉成立", now=NOW)
    assert credit(mei) == 600
    assert list(ScoreEntry.objects.order_by("pk").values_list("points", flat=True)) == [-700, 700]


def test_a_row_cannot_be_changed(mei):
    entry = punish(mei)
    with pytest.raises(Exception, match="append_only"):
        ScoreEntry.objects.filter(pk=entry.pk).update(points=1)


def test_half_is_forgiven_after_a_year_and_once(mei):
    punish(mei, -150)
    assert forgive_half(NOW + timedelta(days=364)) == 0
    assert forgive_half(NOW + timedelta(days=365)) == 1
    assert forgive_half(NOW + timedelta(days=366)) == 0
    assert credit(mei) == 525


def test_what_was_taken_back_is_not_forgiven_as_well(mei):
    reverse_entry(punish(mei), by=None, reason="误判", now=NOW)
    assert forgive_half(NOW + timedelta(days=400)) == 0
    assert credit(mei) == 600


def test_what_was_forgiven_is_not_given_back_twice(mei):
    entry = punish(mei, -150)
    forgive_half(NOW + timedelta(days=365))
    reverse_entry(entry, by=None, reason="误判", now=NOW + timedelta(days=370))
    assert credit(mei) == 600


def test_a_row_that_takes_back_cannot_be_taken_back(mei):
    back = reverse_entry(punish(mei), by=None, reason="误判", now=NOW)
    with pytest.raises(DomainError) as refused:
        reverse_entry(back, by=None, reason="再来", now=NOW)
    assert refused.value.code == "score.not_reversible"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"points": 0}, "score.no_points"),
        ({"score": "luck"}, "score.unknown"),
        ({"cause": "mood"}, "score.unknown"),
        ({"reason": "  "}, "score.no_reason"),
    ],
)
def test_a_row_that_says_nothing_is_refused(mei, fields, code):
    given = {
        "score": Score.CREDIT, "points": -1, "cause": Cause.FALSE_RETURN, "reason": "x",
    } | fields  # fmt: skip
    with pytest.raises(DomainError) as refused:
        post_entry(mei.member, cause_key="k", by=None, now=NOW, **given)
    assert refused.value.code == code
    assert not ScoreEntry.objects.exists()


@pytest.mark.parametrize("who", ["bo", "lin", "mei", "wen"])
def test_nobody_but_operations_posts_by_hand(who, mei, request):
    with pytest.raises(Forbidden):
        punish(mei, by=request.getfixturevalue(who))


def test_a_bad_credit_keeps_a_rich_member_from_the_super_tier(mei, shop):
    punish(mei, -150)
    for n in range(3):
        buy(mei.member, shop, f"R{n}", NOW - timedelta(days=35 * (n + 1)), "10000.00")
    run()
    mei.member.refresh_from_db()
    assert mei.member.tier == Tier.NORMAL  # 456 after the clean orders
    entry = ScoreEntry.objects.get()
    reverse_entry(entry, by=None, reason="误判", now=NOW + timedelta(hours=1))
    mei.member.refresh_from_db()
    assert mei.member.tier == Tier.SUPER


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["post", "reverse", "forgive", "order"]),
        st.integers(-300, 300).filter(bool),
        st.integers(0, 9),
    ),
    max_size=12,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(moves=MOVES)
def test_any_sequence_of_rows_and_reversals_recomputes_equal(mei, shop, moves):
    ScoreEntry.objects.exclude(about=None).delete()
    for rows in (ScoreEntry, Order, MemberMonth, StandingRun):
        rows.objects.all().delete()
    now = NOW
    run(now)
    for n, (what, points, which) in enumerate(moves):
        now += timedelta(days=40)
        entries = list(
            ScoreEntry.objects.exclude(cause__in=[Cause.REVERSAL, Cause.DECAY]).order_by("pk")
        )
        if what == "post":
            punish(mei, points, f"{now}{n}", now=now)
        elif what == "reverse" and entries:
            reverse_entry(entries[which % len(entries)], by=None, reason="x", now=now)
        elif what == "forgive":
            forgive_half(now)
        elif what == "order":
            buy(mei.member, shop, f"H{now:%Y%m%d}-{n}-{points}", now - timedelta(days=1))
            run(now)
    run(now)
    assert differing(now) == []


@pytest.mark.django_db(transaction=True)
def test_thirty_at_once_post_one_row(mei):
    member, errors = Member.objects.get(pk=mei.member.pk), []

    def post():
        try:
            punish(mei)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=post) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert ScoreEntry.objects.filter(member=member).count() == 1
    assert credit(mei) == 550
