"""Conditions as data: JSON of names and values, checked against the vocabulary, turned into SQL with parameters.

``{"all": […]}``, ``{"any": […]}``, ``{"not": …}``, and ``{"field": "paid_amount", "op": "ge",
"value": "500.00"}``. The empty object is a rule without a condition that a machine could judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.text import TextRefused, clean, clean_json
from merchants.rulebook.vocabulary import (
    MONEY,
    NUMBER,
    OPS,
    TEXT,
    TRUTH,
    Fact,
    Source,
    facts_of,
    joins_of,
)

DEEPEST = 6
MOST_PARTS = 60
MOST_VALUES = 200
LONGEST_WORD = 120
MOST_PLACES = 12
"""Decimals a number may have; a share of the smallest things needs fewer."""
_LARGEST, _CENT = Decimal(10) ** 12, Decimal("0.01")

_COMPARED = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True)
class Compiled:
    """A condition as SQL: ``where`` with its values, and the joins it needs, in the order declared."""

    where: str
    values: list[Any]
    joins: list[str]


def check_condition(data: Any, source: str) -> dict[str, Any]:
    """Return ``data`` as it is stored: checked to the last value against the vocabulary of ``source``.

    Raises ``condition.shape``, ``condition.too_deep``, ``condition.too_long``,
    ``condition.unknown_field``, ``condition.unknown_op``, ``condition.bad_value`` (each names the
    field and the operation) and the codes of ``common.text``.
    """
    if data == {}:
        return {}
    given = clean_json(data, max_depth=2 * DEEPEST + 2)
    return _Checker(facts_of(source)).node(given, 1)


def compile_condition(condition: Mapping[str, Any], source: Source) -> Compiled:
    """Turn a checked condition into SQL over ``source``; the empty one holds of nothing."""
    if not condition:
        return Compiled("FALSE", [], [])
    return _Compiler(source).compiled(condition)


def fields_of(condition: Mapping[str, Any]) -> set[str]:
    """Return the names of the facts a condition speaks of."""
    if "field" in condition:
        return {str(condition["field"])}
    parts = condition.get("all") or condition.get("any") or []
    inner = [condition["not"]] if "not" in condition else parts
    return {name for part in inner for name in fields_of(part)}


class _Checker:
    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.facts = facts
        self.parts = 0

    def node(self, data: Any, depth: int) -> dict[str, Any]:
        self.parts += 1
        if depth > DEEPEST:
            raise DomainError(
                "condition.too_deep", _("The condition is nested too deeply."), limit=DEEPEST
            )
        if self.parts > MOST_PARTS:
            raise DomainError(
                "condition.too_long", _("The condition has too many parts."), limit=MOST_PARTS
            )
        match data:
            case {"all": list() as inner} if len(data) == 1 and inner:
                return {"all": [self.node(one, depth + 1) for one in inner]}
            case {"any": list() as inner} if len(data) == 1 and inner:
                return {"any": [self.node(one, depth + 1) for one in inner]}
            case {"not": dict() as inner} if len(data) == 1:
                return {"not": self.node(inner, depth + 1)}
            case {"field": str() as name, "op": str() as op, "value": value} if len(data) == 3:
                return self.leaf(name, op, value)
        raise DomainError(
            "condition.shape",
            _("A part of a condition is all, any, not, or field with op and value."),
        )

    def leaf(self, name: str, op: str, value: Any) -> dict[str, Any]:
        fact = self.facts.get(name)
        if fact is None:
            raise DomainError(
                "condition.unknown_field",
                _("No fact is called “%(field)s”.") % {"field": name[:60]},
                field=name[:60],
                known=sorted(self.facts),
            )
        if op not in OPS[fact.kind]:
            raise DomainError(
                "condition.unknown_op",
                _("“%(field)s” does not know the comparison “%(op)s”.")
                % {"field": name, "op": op[:20]},
                field=name,
                op=op[:20],
                known=list(OPS[fact.kind]),
            )
        try:
            return {"field": name, "op": op, "value": _value(fact, op, value)}
        except ValueError:
            raise DomainError(
                "condition.bad_value",
                _("“%(field)s” with “%(op)s” cannot be compared with this value.")
                % {"field": name, "op": op},
                field=name,
                op=op,
            ) from None


def _value(fact: Fact, op: str, value: Any) -> Any:
    """Return a value as it is stored. Raises ``ValueError`` for what is not of the fact's kind."""
    if op == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError
        low, high = (_one(fact, item) for item in value)
        if Decimal(str(low)) > Decimal(str(high)):
            raise ValueError
        return [low, high]
    if op in ("in", "not_in"):
        if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
            raise ValueError
        return [_one(fact, item) for item in value]
    return _one(fact, value)


def _one(fact: Fact, value: Any) -> Any:
    if fact.kind == TRUTH:
        if not isinstance(value, bool):
            raise ValueError
        return value
    if fact.kind == TEXT:
        try:
            return clean(value, max_chars=LONGEST_WORD, single_line=True)
        except TextRefused:
            raise ValueError from None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError from None
    # The exponent is asked, not the text: 1e-999999999 would be written out as so many zeros.
    exponent = number.as_tuple().exponent
    if not number.is_finite() or abs(number) >= _LARGEST or int(exponent) < -MOST_PLACES:
        raise ValueError
    if fact.kind == MONEY and number != number.quantize(_CENT):
        raise ValueError
    # As text: a decimal must not become a float on its way through JSON.
    return format(number.normalize() if fact.kind == NUMBER else number.quantize(_CENT), "f")


class _Compiler:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.facts = facts_of(source.name)
        self.values: list[Any] = []
        self.needed: set[str] = set()

    def compiled(self, condition: Mapping[str, Any]) -> Compiled:
        where = self.node(condition)
        # Joins may build on those declared before them.
        joins = [sql for name, sql in joins_of(self.source.name).items() if name in self.needed]
        return Compiled(where, self.values, joins)

    def node(self, data: Mapping[str, Any]) -> str:
        if "all" in data:
            return "(" + " AND ".join(self.node(one) for one in data["all"]) + ")"
        if "any" in data:
            return "(" + " OR ".join(self.node(one) for one in data["any"]) + ")"
        if "not" in data:
            # What is not known is not the opposite of anything either.
            return f"({self.node(data['not'])}) IS FALSE"
        return self.leaf(data["field"], data["op"], data["value"])

    def leaf(self, name: str, op: str, value: Any) -> str:
        fact = self.facts.get(name)
        if fact is None:
            # Stored when an app declared it that is no longer there.
            raise DomainError(
                "condition.unknown_field",
                _("No fact is called “%(field)s”.") % {"field": name},
                field=name,
            )
        self.needed.update(fact.joins)
        if fact.kind == TRUTH:
            return f"({fact.sql}) IS {'TRUE' if value else 'FALSE'}"
        if fact.kind == TEXT:
            return self.text(fact, op, value)
        if op == "between":
            self.values += [Decimal(value[0]), Decimal(value[1])]
            return f"({fact.sql}) BETWEEN %s AND %s"
        if op == "in":
            self.values.append([Decimal(one) for one in value])
            return f"({fact.sql}) = ANY(%s)"
        self.values.append(Decimal(value))
        return f"({fact.sql}) {_COMPARED[op]} %s"

    def text(self, fact: Fact, op: str, value: Any) -> str:
        if op in ("in", "not_in"):
            self.values.append(list(value))
            return f"({fact.sql}) {'= ANY(%s)' if op == 'in' else '<> ALL(%s)'}"
        self.values.append(value)
        if op == "contains":
            return f"position(%s::text in ({fact.sql})) > 0"
        if op == "starts":
            return f"starts_with(({fact.sql}), %s)"
        return f"({fact.sql}) {_COMPARED[op]} %s"
