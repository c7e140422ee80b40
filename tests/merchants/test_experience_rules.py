"""The arithmetic of the experience score: always between three and five, never against who does better."""

from decimal import Decimal as D
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchants.experience import rules
from merchants.experience.rules import Place, Scored

values = st.dictionaries(
    st.integers(1, 40), st.integers(0, 12).map(lambda n: D(n) / 10), min_size=1, max_size=30
)
weights = st.fixed_dictionaries({name: st.integers(0, 100) for name in rules.DIMENSIONS})
scored = st.lists(
    st.builds(
        Scored, st.sampled_from(rules.DIMENSIONS),
        st.none() | st.integers(rules.LOWEST, rules.HIGHEST),
    ),
    min_size=1,
    max_size=20,
)  # fmt: skip
A = {"product": 30, "logistics": 20, "after_sale": 15, "dispute": 15, "consult": 15, "extra": 5}


@pytest.mark.parametrize(
    ("place", "score"),
    [
        (Place(4, 0, 4), 500_000),
        (Place(0, 0, 4), 300_000),
        (Place(1, 2, 3), 433_333),  # (1 + 1) ÷ 3
        (Place(0, 4, 4), 400_000),  # all alike
        (Place(0, 0, 0), 400_000),  # nobody beside it
        (Place(1, 0, 6), 333_333),
        (Place(5, 0, 6), 466_667),  # half rounded up
    ],
)
def test_a_metric_score_by_hand(place, score):
    assert rules.metric_score(place) == score


@given(values, st.booleans())
def test_who_does_better_never_has_less_and_the_mean_share_is_a_half(found, lower):
    places = rules.places(found, lower_is_better=lower)
    scores = {shop: rules.metric_score(place) for shop, place in places.items()}
    for one, value in found.items():
        assert rules.LOWEST <= scores[one] <= rules.HIGHEST
        for other, second in found.items():
            if value == second:
                assert scores[one] == scores[other]
            elif (value > second) != lower:
                assert scores[one] > scores[other]
    assert sum((p.share for p in places.values()), F(0)) / len(places) == F(1, 2)


@given(scored, weights, st.sampled_from(["a", "b"]))
def test_a_score_lies_between_three_and_five_and_shares_make_a_whole(metrics, weighted, preset):
    given_weights = weighted if preset == "a" else {"product": 50, "logistics": 15, "service": 35}
    parts = rules.parts(metrics, given_weights, preset)
    score = rules.score_of(parts)
    counted = [one for one in parts if one.score is not None and one.weight]
    assert (score is None) == (not counted)
    if score is not None:
        assert D(3) <= score <= D(5)
        assert sum((one.share for one in parts), F(0)) == 1
        # What is left out weighs nothing.
        assert all(one.share == 0 for one in parts if one.score is None)


@given(scored, weights, st.integers(0, 19), st.integers(1, 100_000))
def test_a_better_metric_never_makes_a_worse_score(metrics, weighted, at, more):
    place = at % len(metrics)
    it = metrics[place]
    was = rules.MEAN if it.score is None else it.score
    better = Scored(it.dimension, min(was + more, rules.HIGHEST))
    after = [*metrics[:place], better, *metrics[place + 1 :]]
    before = rules.score_of(rules.parts(metrics, weighted, "a"))
    then = rules.score_of(rules.parts(after, weighted, "a"))
    assert (before is None) == (then is None)
    assert before is None or then >= before


def test_a_dimension_without_any_metric_leaves_its_weight_to_the_others():
    parts = rules.parts([Scored("product", 500_000), Scored("consult", 300_000)], A, "a")
    shares = {one.code: one.share for one in parts}
    assert (shares["product"], shares["consult"], shares["dispute"]) == (F(2, 3), F(1, 3), 0)
    assert rules.score_of(parts) == D("4.33")


@pytest.mark.parametrize(
    ("value", "lower", "touches", "colour"),
    [
        ("4.71", False, False, ""),
        ("4.70", False, False, ""),  # on the line is not below it
        ("4.69", False, False, "amber"),
        ("4.60", False, False, "amber"),
        ("4.59", False, False, "red"),
    ],
)
def test_the_colour_of_a_score(value, lower, touches, colour):
    found = rules.colour_of(D(value), D("4.7"), D("4.6"), lower_is_better=lower, touches=touches)
    assert found == colour


@pytest.mark.parametrize(
    ("points", "colour"), [("7.9", ""), ("8", "amber"), ("10.9", "amber"), ("11", "red")]
)
def test_points_warn_from_the_line_on(points, colour):
    found = rules.colour_of(D(points), D(8), D(11), lower_is_better=True, touches=True)
    assert found == colour


NUMBERS = rules.GateNumbers(
    D("4.6"), D(5), 3, 90, 365, D(48), 730, 90, D(24), 730, D(12), 365
)  # fmt: skip


def facts(**but) -> rules.GateFacts:
    known = {
        "scores": {"desc_match": D("4.8"), "service_attitude": D("4.6"), "logistics_service": D(5)},
        "dispute_rate": D("0.01"), "dispute_mean": D("0.01"), "dispute_cases": 3,
        "a_nodes": 0, "b_nodes": 0, "fake_trade_points": D(0), "fake_trade_lately": D(0),
        "counterfeit_points": D(0), "counterfeit_lately": D(0), "is_shielded": False,
    }  # fmt: skip
    return rules.GateFacts(**(known | but))


def gate(**but) -> tuple[str, list[str]]:
    conditions = rules.gate(facts(**but), NUMBERS)
    return rules.gate_state(conditions), [c.code for c in conditions if c.state != rules.HOLDS]


@pytest.mark.parametrize(
    ("but", "state", "which"),
    [
        ({}, "holds", []),
        ({"scores": {"desc_match": D("4.59999")}}, "fails", ["desc_match"]),
        ({"scores": {"desc_match": None}}, "unknown", ["desc_match"]),
        ({"dispute_rate": D("0.05")}, "holds", []),  # five times is still within
        ({"dispute_rate": D("0.0501")}, "fails", ["disputes"]),
        ({"dispute_rate": D("0.9"), "dispute_cases": 2}, "holds", []),  # few cases
        ({"dispute_rate": None, "dispute_mean": None, "dispute_cases": None}, "unknown", ["disputes"]),
        ({"a_nodes": 1}, "fails", ["a_node"]),
        ({"b_nodes": 1}, "fails", ["b_node"]),
        ({"fake_trade_points": D("47.9")}, "holds", []),
        ({"fake_trade_points": D(48)}, "fails", ["fake_trade"]),
        ({"fake_trade_lately": D("0.1")}, "fails", ["fake_trade_lately"]),
        ({"counterfeit_points": D(24)}, "fails", ["counterfeit"]),
        ({"counterfeit_lately": D(12)}, "fails", ["counterfeit_lately"]),
        ({"is_shielded": True}, "fails", ["shielded"]),
        ({"is_shielded": True, "dispute_mean": None, "dispute_cases": None}, "fails", ["disputes", "shielded"]),
    ],
)  # fmt: skip
def test_the_activity_gate(but, state, which):
    assert gate(**but) == (state, which)
