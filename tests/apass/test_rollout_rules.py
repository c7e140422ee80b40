from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apass.rollouts.rules import (
    AT_LEAST,
    AT_MOST,
    CohortRule,
    Plan,
    StageRule,
    Subject,
    bucket,
    decide,
    shrinks,
    trips,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
IDS = [f"member:{number}" for number in range(1, 100_001)]


@pytest.mark.parametrize(
    ("salt", "subject", "place"),
    [
        # Worked out once with sha256sum: whoever changes the hash moves everybody.
        ("products", "member:1", 1736),
        ("products", "member:2", 404),
        ("products:holdout", "member:1", 5342),
        ("products", "shop:S3001", 4238),
        ("商品", "member:1", 2104),
    ],
)
def test_a_subject_has_the_same_place_on_every_machine(salt, subject, place):
    assert bucket(salt, subject) == place


def test_ten_percent_are_ten_percent_and_stay_when_it_widens_to_thirty():
    places = {key: bucket("products", key) for key in IDS}
    ten = {key for key, place in places.items() if place < 1000}
    thirty = {key for key, place in places.items() if place < 3000}
    assert abs(len(ten) - 10_000) <= 300
    assert abs(len(thirty) - 30_000) <= 500
    assert ten < thirty


def test_the_holdout_is_drawn_apart_from_the_share():
    held = {key for key in IDS if bucket("products:holdout", key) < 500}
    ten = {key for key in IDS if bucket("products", key) < 1000}
    assert abs(len(held) - 5_000) <= 220
    assert abs(len(held & ten) - 500) <= 80


def plan(*stages, reached=None, state="running", **more):
    given_stages = tuple(stages)
    return Plan(
        "products", "products", "member", state,
        len(given_stages) if reached is None else reached, given_stages, **more,
    )  # fmt: skip


PILOTS = StageRule("named", keys=frozenset({"member:1"}))
HALF = StageRule("share", share=5000)
NONE_YET = StageRule("share", share=1)
APASS = StageRule("tiers", tiers=frozenset({"apass"}))
ALL = StageRule("all")
THIS_YEAR = CohortRule(registered_from=NOW - timedelta(days=324), registered_until=NOW)


@pytest.mark.parametrize(
    ("it", "subject", "is_in", "why"),
    [
        (plan(PILOTS), Subject("member:1"), True, "stage"),
        (plan(PILOTS), Subject("member:2"), False, "cohort"),
        (plan(PILOTS, reached=0), Subject("member:1"), False, "closed"),
        (plan(PILOTS, state="draft"), Subject("member:1"), False, "closed"),
        (plan(PILOTS, state="held"), Subject("member:1"), True, "stage"),
        (plan(PILOTS, state="back", reached=0), Subject("member:1"), False, "closed"),
        (plan(ALL, state="finished"), Subject("member:9"), True, "stage"),
        # A shop is nobody a rollout for members is about.
        (plan(ALL), Subject("shop:S3001"), False, "kind"),
        (plan(PILOTS, NONE_YET), Subject("member:2"), False, "share"),
        (plan(APASS), Subject("member:2", tier="apass"), True, "stage"),
        (plan(APASS), Subject("member:2", tier="super"), False, "cohort"),
        # Who was a pilot stays in when the next stage means others.
        (plan(PILOTS, APASS), Subject("member:1", tier="new"), True, "stage"),
        (plan(ALL, declined=frozenset({"member:1"})), Subject("member:1"), False, "declined"),
        (plan(ALL, holdout_share=10_000), Subject("member:1"), False, "holdout"),
        (
            plan(ALL, state="finished", holdout_share=10_000),
            Subject("member:1"), False, "holdout",
        ),
        (
            plan(ALL, state="finished", holdout_share=10_000, holdout_released=True),
            Subject("member:1"), True, "stage",
        ),
        (plan(ALL, state="back", promised={"member:1": None}), Subject("member:1"), True, "promised"),
        (plan(ALL, state="back", promised={"member:1": NOW}), Subject("member:1"), False, "closed"),
        (
            plan(ALL, state="back", promised={"member:1": NOW + timedelta(seconds=1)}),
            Subject("member:1"), True, "promised",
        ),
    ],
)  # fmt: skip
def test_who_is_in_and_why(it, subject, is_in, why):
    decision = decide(it, subject, NOW)
    assert (decision.is_in, decision.why) == (is_in, why)


@pytest.mark.parametrize(
    ("registered_at", "has"),
    [
        (THIS_YEAR.registered_from, True),  # the first moment counts
        (THIS_YEAR.registered_from - timedelta(microseconds=1), False),
        (THIS_YEAR.registered_until, False),  # the last one does not
        (None, False),
    ],
)
def test_a_cohort_of_days_begins_with_its_first_moment(registered_at, has):
    assert THIS_YEAR.has(Subject("member:1", registered_at=registered_at)) is has


NEW_THIS_YEAR = CohortRule(
    tiers=frozenset({"new"}), registered_from=NOW - timedelta(days=90), registered_until=NOW
)
BEES = CohortRule(keys=frozenset({"member:7", "member:8"}))


def of(cohort, share):
    return StageRule("share", share=share, cohort=cohort)


@pytest.mark.parametrize(
    ("earlier", "later", "is_smaller"),
    [
        ([], HALF, False),
        ([HALF], StageRule("share", share=5001), False),
        ([HALF], StageRule("share", share=5000), True),
        ([HALF], StageRule("share", share=1000), True),
        # A smaller share of some of them lets nobody in; a larger one does.
        ([HALF], StageRule("share", share=1000, cohort=THIS_YEAR, cohort_code="2026"), True),
        ([HALF], StageRule("share", share=6000, cohort=THIS_YEAR, cohort_code="2026"), False),
        # Of the year first, then of all: half of the year's must not become a tenth.
        ([StageRule("share", share=5000, cohort=THIS_YEAR)], StageRule("share", share=1000), True),
        ([StageRule("share", share=5000, cohort=THIS_YEAR)], HALF, False),
        ([StageRule("share", share=5000, cohort=THIS_YEAR)], of(NEW_THIS_YEAR, 4000), True),
        ([of(NEW_THIS_YEAR, 5000)], StageRule("share", share=5000, cohort=THIS_YEAR), False),
        ([of(BEES, 5000)], of(CohortRule(keys=frozenset({"member:7"})), 5000), True),
        ([of(BEES, 5000)], of(THIS_YEAR, 100), False),  # who knows whether they are the same
        ([PILOTS], PILOTS, True),
        ([PILOTS], StageRule("named", keys=frozenset({"member:1", "member:2"})), False),
        ([StageRule("named", keys=frozenset({"member:1", "member:2"}))], PILOTS, True),
        ([StageRule("named", keys=frozenset({"member:1", "member:2"}))],
         StageRule("named", keys=frozenset({"member:2", "member:3"})), True),
        # Others are added to those before.
        ([PILOTS], StageRule("named", keys=frozenset({"member:3"})), False),
        ([PILOTS], StageRule("named", cohort=BEES), False),
        ([StageRule("named", cohort=BEES)], StageRule("named", cohort=BEES), True),
        ([APASS], StageRule("tiers", tiers=frozenset({"vip88", "apass"})), False),
        ([APASS], StageRule("tiers", tiers=frozenset({"vip88"})), True),
        ([APASS], APASS, True),
        ([ALL], PILOTS, True),
        ([PILOTS, HALF, APASS], ALL, False),
    ],
)  # fmt: skip
def test_stages_only_widen(earlier, later, is_smaller):
    assert shrinks(earlier, later) is is_smaller


@pytest.mark.parametrize(
    ("direction", "measured", "does"),
    [
        (AT_MOST, 0.2, False),  # at the threshold it holds
        (AT_MOST, 0.2000001, True),
        (AT_LEAST, 0.2, False),
        (AT_LEAST, 0.1999999, True),
        (AT_MOST, None, False),
    ],
)
def test_a_guardrail_holds_at_its_threshold(direction, measured, does):
    assert trips(direction, 0.2, measured) is does


@given(
    shares=st.lists(st.integers(1, 10_000), min_size=2, max_size=5, unique=True).map(sorted),
    number=st.integers(1, 10**9),
    holdout=st.integers(0, 5_000),
)
def test_whoever_is_in_stays_in_as_it_widens(shares, number, holdout):
    stages = [StageRule("share", share=share) for share in shares] + [ALL]
    subject = Subject(f"member:{number}")
    was_in = False
    for reached in range(len(stages) + 1):
        now_in = decide(plan(*stages, reached=reached, holdout_share=holdout), subject, NOW).is_in
        assert now_in or not was_in
        was_in = now_in
