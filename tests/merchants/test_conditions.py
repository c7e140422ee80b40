"""Conditions: checked to the last value, no code among them, and true of exactly the orders they say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merchants.actions.simulations import ask_simulation, run_simulation, run_waiting
from merchants.models import RuleSimulation, SimulationHit
from merchants.rulebook.conditions import check_condition, compile_condition, fields_of
from merchants.rulebook.rules import Spared
from merchants.rulebook.simulating import matching_numbers
from merchants.rulebook.vocabulary import facts_of, source_named
from tests.conftest import make_order, make_product
from tests.merchants.casts_rulebook import NOW, WHY, refusal
from trade.models import Order

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def leaf(field, op, value):
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], "condition.shape"),
        ({"all": []}, "condition.shape"),
        ({"all": [{}]}, "condition.shape"),
        ({"all": [leaf("paid_amount", "ge", 1)], "any": []}, "condition.shape"),
        ({"not": []}, "condition.shape"),
        ({"field": "paid_amount", "op": "ge"}, "condition.shape"),
        ({"field": "paid_amount", "op": "ge", "value": 1, "sql": "1"}, "condition.shape"),
        (leaf("moon", "eq", 1), "condition.unknown_field"),
        (leaf("paid_amount; DROP TABLE x", "eq", 1), "condition.unknown_field"),
        (leaf("paid_amount", "like", 1), "condition.unknown_op"),
        (leaf("paid_amount", "contains", 1), "condition.unknown_op"),
        (leaf("category", "lt", "a"), "condition.unknown_op"),
        (leaf("paid_amount", "ge", "many"), "condition.bad_value"),
        (leaf("paid_amount", "ge", "1.001"), "condition.bad_value"),
        (leaf("paid_amount", "ge", True), "condition.bad_value"),
        (leaf("paid_amount", "ge", "NaN"), "condition.bad_value"),
        (leaf("paid_amount", "ge", "1e13"), "condition.bad_value"),
        (leaf("paid_amount", "between", [5, 1]), "condition.bad_value"),
        (leaf("paid_amount", "between", [5]), "condition.bad_value"),
        (leaf("category", "in", []), "condition.bad_value"),
        (leaf("category", "in", "生鲜"), "condition.bad_value"),
        (leaf("category", "eq", 5), "condition.bad_value"),
        (leaf("category", "eq", ""), "condition.bad_value"),
        (leaf("is_refunded", "is", "yes"), "condition.bad_value"),
        (leaf("category", "in", [str(n) for n in range(201)]), "condition.bad_value"),
        ({"any": [leaf("quantity", "eq", n) for n in range(61)]}, "condition.too_long"),
        ({"not": {"not": {"not": {"not": {"not": {"not": leaf("quantity", "eq", 1)}}}}}},
         "condition.too_deep"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_vocabulary_is_refused_by_its_name(data, code):
    assert refusal(check_condition, data, "order") == code


def test_a_refusal_names_the_field_and_what_would_have_worked():
    from common.errors import DomainError

    with pytest.raises(DomainError) as refused:
        check_condition({"all": [leaf("quantity", "eq", 1), leaf("moon", "eq", 1)]}, "order")
    assert refused.value.details["field"] == "moon"
    assert "paid_amount" in refused.value.details["known"]


def test_no_word_of_a_condition_gets_into_the_statement():
    said = "x') OR 1=1 --"
    data = {
        "any": [
            leaf("category", op, said) for op in ("eq", "ne", "contains", "starts")
        ] + [leaf("product", "in", [said])]
    }  # fmt: skip
    compiled = compile_condition(check_condition(data, "order"), source_named("order"))
    assert said not in compiled.where
    assert compiled.values.count(said) == 4
    assert compiled.where.count("%s") == len(compiled.values)


def test_a_rule_without_a_condition_is_true_of_nothing():
    assert check_condition({}, "order") == {}
    assert compile_condition({}, source_named("order")).where == "FALSE"


def test_the_vocabulary_says_its_kinds_and_names():
    facts = facts_of("order")
    assert {"paid_amount", "category", "region", "hours_to_ship", "late_ship_days"} <= set(facts)
    assert all(str(fact.label) for fact in facts.values())
    assert fields_of({"not": {"any": [leaf("a", "eq", 1), leaf("b", "eq", 1)]}}) == {"a", "b"}


PAID = datetime(2026, 10, 20, 2, tzinfo=UTC)


@pytest.fixture
def orders(mei, shop):
    """Five orders: on time, a day late, never shipped, another region, of a month ago."""
    told = [
        ("N1", {"shipped_at": PAID + timedelta(hours=30)}),
        ("N2", {"shipped_at": PAID + timedelta(hours=72)}),
        ("N3", {"paid_amount": Decimal("15.00")}),
        ("N4", {"shipped_at": PAID + timedelta(hours=60), "region": "云南", "category": "鲜花"}),
    ]
    for number, fields in told:
        make_order(
            mei, shop, number, PAID,
            **{"region": "上海", "promised_ship_at": PAID + timedelta(hours=48)} | fields,
        )  # fmt: skip
    make_order(mei, shop, "N5", PAID - 60 * DAY, region="上海", promised_ship_at=PAID - 59 * DAY)


def hit(data) -> set[str]:
    source = source_named("order")
    return set(matching_numbers(source, check_condition(data, "order"), 100))


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        (leaf("late_ship_days", "gt", 0), {"N2", "N3", "N4", "N5"}),
        (leaf("late_ship_days", "between", ["0.5", "1"]), {"N2", "N4"}),
        (leaf("hours_to_ship", "le", 30), {"N1"}),
        # What was never shipped took no hours: it is neither within 30 nor beyond.
        ({"not": leaf("hours_to_ship", "le", 30)}, {"N2", "N4"}),
        (leaf("paid_amount", "lt", "168.00"), {"N3"}),
        (leaf("region", "eq", "云南"), {"N4"}),
        (leaf("category", "not_in", ["鲜花"]), {"N1", "N2", "N3", "N5"}),
        (leaf("product", "contains", "车厘子"), {"N1", "N2", "N3", "N4", "N5"}),
        (leaf("product", "starts", "车厘子"), set()),
        # No pattern: a per cent is a per cent.
        (leaf("product", "contains", "%"), set()),
        (leaf("shop_no", "eq", "S3001"), {"N1", "N2", "N3", "N4", "N5"}),
        (leaf("is_refunded", "is", False), {"N1", "N2", "N3", "N4", "N5"}),
        ({"all": [leaf("late_ship_days", "gt", 0), leaf("paid_amount", "ge", "20.00")]},
         {"N2", "N4", "N5"}),
    ],
)  # fmt: skip
def test_it_is_true_of_the_orders_it_says(data, numbers):
    assert hit(data) == numbers


AMOUNTS = st.decimals("0", "300", places=2)


@settings(max_examples=25, deadline=None)
@given(low=AMOUNTS, high=AMOUNTS, op=st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]))
@pytest.mark.django_db
def test_it_compares_as_python_does(low, high, op):
    import operator

    compare = getattr(operator, op)
    source = source_named("order")
    data = {"all": [leaf("paid_amount", op, str(low)), {"not": leaf("paid_amount", op, str(high))}]}
    compiled = compile_condition(check_condition(data, "order"), source)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {compiled.where} FROM (SELECT 168.00::numeric AS paid_amount) o",
            compiled.values,
        )
        (is_true,) = cursor.fetchone()
    paid = Decimal("168.00")
    assert is_true == (compare(paid, low) and not compare(paid, high))


@pytest.fixture
def simulated(orders, draft, ops) -> RuleSimulation:
    """The draft (late, at least 20 yuan) asked of the last 30 days."""
    return run_simulation(ask_simulation(draft, days=30, by=ops, reason=WHY, now=NOW))


def rows(simulation, by) -> dict:
    found = simulation.rows.filter(by=by)
    return {one.key: (one.hits, one.spared, one.money) for one in found}


def test_a_simulation_lists_hits_by_shop_region_and_category(simulated, shop, ops):
    assert (simulated.state, simulated.looked_at, simulated.hits) == ("done", 4, 2)
    assert (simulated.money, simulated.shops, simulated.spared) == (Decimal("336.00"), 1, 0)
    each = (1, 0, Decimal("168.00"))
    assert rows(simulated, "shop") == {str(shop.pk): (2, 0, Decimal("336.00"))}
    assert rows(simulated, "region") == {"上海": each, "云南": each}
    assert rows(simulated, "category") == {"生鲜": each, "鲜花": each}
    assert rows(simulated, "exception") == {}
    assert (simulated.asked_by, simulated.asked_at) == (ops, NOW)


def test_what_an_exception_spares_is_counted_apart(orders, draft, ops):
    spared = Spared(("鲜花",), ("云南",), NOW + 90 * DAY, "产地分批").stored()
    wider = Spared(("鲜花", "绿植"), (), None, "不能一刀切").stored()
    draft.exceptions = [spared, wider]
    draft.save(update_fields=["exceptions"])
    simulation = run_simulation(ask_simulation(draft, days=30, by=ops, now=NOW))
    assert (simulation.hits, simulation.spared, simulation.money) == (1, 1, Decimal("168.00"))
    assert rows(simulation, "region") == {
        "上海": (1, 0, Decimal("168.00")),
        "云南": (0, 1, Decimal("0.00")),
    }
    # The first that fits spares it.
    assert rows(simulation, "exception") == {"0": (0, 1, Decimal("0.00"))}


def test_the_clock_runs_what_was_asked_and_once(orders, draft, ops):
    asked = ask_simulation(draft, days=30, by=ops, now=NOW)
    assert refusal(ask_simulation, draft, days=30, by=ops, now=NOW) == "simulation.waiting"
    assert run_waiting() == 1
    assert run_waiting() == 0
    asked.refresh_from_db()
    assert (asked.state, asked.hits) == ("done", 2)


def test_one_that_was_cut_off_is_run_again_and_counts_once(orders, draft, ops, simulated):
    RuleSimulation.objects.update(state="running")
    before = SimulationHit.objects.count()
    assert run_waiting() == 1
    assert SimulationHit.objects.count() == before


def test_a_word_that_is_gone_fails_with_its_name(draft, ops):
    asked = ask_simulation(draft, days=30, by=ops, now=NOW)
    RuleSimulation.objects.update(condition=leaf("moon", "eq", "1"))
    failed = run_simulation(RuleSimulation.objects.get(pk=asked.pk))
    assert failed.state == "failed"
    assert "moon" in failed.trouble


@pytest.mark.parametrize("days", [0, 366])
def test_a_simulation_looks_back_within_bounds(days, draft, ops):
    assert refusal(ask_simulation, draft, days=days, by=ops) == "simulation.days"


def test_who_makes_no_rules_simulates_none(draft, qiao):
    assert refusal(ask_simulation, draft, days=30, by=qiao) == "forbidden"


def test_products_are_found_for_an_emergency(shop):
    make_product(shop, "G1", "葫芦娃玩偶")
    make_product(shop, "G2", "车厘子")
    source = source_named("product")
    data = check_condition(leaf("title", "contains", "葫芦娃"), "product")
    assert matching_numbers(source, data, 10) == ["G1"]


def test_a_window_ends_before_its_last_moment(mei, shop, draft, ops):
    late = {"promised_ship_at": NOW - 5 * DAY, "shipped_at": NOW}
    for number, at in (("A", NOW - 30 * DAY), ("B", NOW - timedelta(microseconds=1)), ("C", NOW),
                       ("D", NOW - 30 * DAY - timedelta(microseconds=1))):  # fmt: skip
        make_order(mei, shop, number, at, **late)
    simulation = run_simulation(ask_simulation(draft, days=30, by=ops, now=NOW))
    assert (simulation.looked_at, simulation.hits) == (2, 2)
    assert Order.objects.count() == 4
