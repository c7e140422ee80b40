"""Pure parts of rule making: what changed, what says the same, whom an exception spares, how votes split."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchants.rulebook import rules
from merchants.rulebook.differing import ADDED, GONE, SAME, changed_paragraphs, difference
from merchants.rulebook.likeness import clusters_of
from merchants.rulebook.rules import Spared, effect_of, gates_of, spared_by, vote_split

AT = datetime(2026, 11, 2, tzinfo=UTC)
WORDS = st.text(alphabet="一二三天发货扣分应当。;，\n ab1", max_size=40)


def shown(before: str, after: str) -> str:
    marks = {SAME: "{}", ADDED: "[+{}]", GONE: "[-{}]"}
    return "".join(marks[part.kind].format(part.text) for part in difference(before, after))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("应当发货。", "应当发货。", "应当发货。"),
        ("", "应当发货。", "[+应当发货。]"),
        ("应当发货。", "", "[-应当发货。]"),
        # A number is one piece, not its digits.
        ("应当在48小时内发货。", "应当在24小时内发货。", "应当在[-48][+24]小时内发货。"),
        # A sentence that shares nothing is gone, and another is new.
        (
            "甲乙丙丁。后面不变。",
            "金木水火土。后面不变。",
            "[-甲乙丙丁。][+金木水火土。]后面不变。",
        ),
        ("第一句。第三句。", "第一句。第二句。第三句。", "第一句。[+第二句。]第三句。"),
        # One character between two changes is no island.
        ("扣三分的罚款。", "扣六点的罚款。", "扣[-三分][+六点]的罚款。"),
    ],
)
def test_what_changed_is_read_as_words(before, after, words):
    assert shown(before, after) == words


@given(WORDS, WORDS)
def test_a_difference_holds_both_texts_whole(before, after):
    parts = difference(before, after)
    assert "".join(one.text for one in parts if one.kind != ADDED) == before
    assert "".join(one.text for one in parts if one.kind != GONE) == after
    assert all(one.text for one in parts)


def test_changed_paragraphs_name_both_sides():
    changes = changed_paragraphs(
        "第一条 甲。\n第二条 乙。", "第一条 甲。\n第二条 丙。\n第三条 丁。"
    )
    assert [(one.before, one.after) for one in changes] == [
        ("第二条 乙。", "第二条 丙。"),
        ("", "第三条 丁。"),
    ]


def test_objections_that_say_the_same_are_put_together():
    said = [
        "节假日快递停运,发货时间应当顺延",
        "扣分太重,小店承受不起",
        "春节快递停运,发货应当顺延几天",
        "扣三分太重了,小店承受不了",
        "定制商品怎么算",
        "法定节假日发货时间应当顺延",
    ]
    groups = [set(one.places) for one in clusters_of(said)]
    assert groups == [{0, 2, 5}, {1, 3}]


def test_no_comments_make_no_groups():
    assert clusters_of([]) == []
    assert clusters_of(["只有一条"]) == []
    assert clusters_of(["", "", "好"]) == []


FLOWERS = Spared(("鲜花",), ("云南",), AT + timedelta(days=60), "产地分批")


@pytest.mark.parametrize(
    ("category", "region", "at", "spared"),
    [
        ("鲜花", "云南", AT, True),
        ("鲜花", "上海", AT, False),
        ("生鲜", "云南", AT, False),
        # Phased in: from its end on the rule applies.
        ("鲜花", "云南", AT + timedelta(days=60), False),
        ("鲜花", "云南", AT + timedelta(days=60, seconds=-1), True),
    ],
)
def test_a_region_of_flowers_is_phased_in(category, region, at, spared):
    assert (spared_by([FLOWERS], category=category, region=region, at=at) is FLOWERS) == spared
    assert Spared.of(FLOWERS.stored()) == FLOWERS


@pytest.mark.parametrize(
    ("scores", "missing", "too_low"),
    [
        ({}, 3, 0),
        ({"necessity": 3, "effectiveness": 3, "reasonableness": 3}, 0, 0),
        ({"necessity": 2, "effectiveness": 5, "reasonableness": 5}, 0, 1),
        ({"necessity": 5}, 2, 0),
    ],
)
def test_a_rule_is_tested_by_three_questions(scores, missing, too_low):
    gates = gates_of(scores, 3)
    assert (len(gates.missing), len(gates.too_low)) == (missing, too_low)
    assert gates.are_passed == (not missing and not too_low)


@pytest.mark.parametrize(
    ("before", "after", "aim", "change", "moved"),
    [
        ("0.20", "0.18", "-10", "-10.0", True),  # as far as aimed at
        ("0.20", "0.1801", "-10", "-9.9", False),  # not quite
        ("0.20", "0.30", "-10", "50.0", False),  # the other way
        ("4.0", "4.4", "10", "10.0", True),  # upwards
        ("0", "0.1", "-10", None, None),  # nothing to compare with
        (None, "0.1", "-10", None, None),
    ],
)
def test_a_target_moves_or_does_not(before, after, aim, change, moved):
    effect = effect_of(
        Decimal(before) if before else None, 30, Decimal(after), 30,
        target_change=Decimal(aim), least_cases=30,
    )  # fmt: skip
    assert effect.moved is moved
    assert effect.change == (Decimal(change) if change else None)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_split_adds_up_to_a_hundred(yes, change, no):
    split = vote_split({"for": yes, "change": change, "against": no})
    assert sum(percent for _one, _n, percent in split) == (100 if yes + change + no else 0)
    assert [n for _one, n, _percent in split] == [yes, change, no]


def test_no_state_is_left_by_two_doors_at_once():
    assert set(rules.MOVES) == {to for ways in rules.MOVES.values() for to in ways} | {rules.DRAFT}
    assert rules.sources(rules.NOTICE) == ["internal_review", "result_published"]
