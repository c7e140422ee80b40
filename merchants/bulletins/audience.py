"""Audiences as data: which shops a bulletin is for, checked against a vocabulary (docs/bulletins.md).

A shop is in it when everything that is named holds of it. What of a shop is not known (no score yet)
fits no comparison.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.errors import DomainError
from common.text import TextRefused, clean
from merchants.bulletins import rules

MOST_NAMES = 200
_NUMBER, _NAME = 32, 60


@dataclass(frozen=True)
class Field:
    """One word of the vocabulary: its name and what it says of shops."""

    name: str
    label: Any
    read: Callable[["Field", Any], Any]
    lowest: Decimal = Decimal(0)
    highest: Decimal = Decimal(5)
    choices: tuple[str, ...] = ()


def _truth(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(field)
    return value


def _score(field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _bad(field)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _bad(field) from None
    if not number.is_finite() or not field.lowest <= number <= field.highest:
        raise DomainError(
            "audience.bad_number",
            _("“%(field)s” is a number from %(low)s to %(high)s.")
            % {"field": field.label, "low": field.lowest, "high": field.highest},
            field=field.name,
        )
    # As text: a decimal must not become a float on its way through JSON.
    return format(number.normalize(), "f")


def _names(field: Field, value: Any) -> list[str]:
    return _lines(field, value, _NAME, MOST_NAMES)


def _numbers(field: Field, value: Any) -> list[str]:
    return _lines(field, value, _NUMBER, None)


def _chosen(field: Field, value: Any) -> list[str]:
    found = _lines(field, value, _NAME, MOST_NAMES)
    for line, word in enumerate(found, 1):
        if word not in field.choices:
            raise _at(
                field, line, _("there is no “%(word)s”") % {"word": word}, known=list(field.choices)
            )
    return found


def _lines(field: Field, value: Any, longest: int, most: int | None) -> list[str]:
    """Return what the lines say, each once, in order; empty ones count as lines and say nothing."""
    if not isinstance(value, list | tuple):
        raise _bad(field)
    found: dict[str, None] = {}
    for line, said in enumerate(value, 1):
        try:
            word = clean(said, max_chars=longest, single_line=True, required=False)
        except TextRefused as refused:
            raise _at(field, line, refused.message) from None
        if any(one in word for one in ",，;；") or (most is None and " " in word):
            raise _at(field, line, _("one thing a line, nothing else in it"))
        if word:
            found[word] = None
    if most is not None and len(found) > most:
        raise DomainError(
            "audience.too_many",
            _("“%(field)s” names at most %(most)s.") % {"field": field.label, "most": most},
            field=field.name,
        )
    return list(found)


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("everybody", _("All shops"), _truth),
        Field("categories", _("Categories"), _names),
        Field("regions", _("Regions"), _names),
        Field("credit", _("Ranks of credit"), _chosen, choices=rules.CREDIT),
        Field("states", _("States of shops"), _chosen, choices=rules.SHOP_STATES),
        Field("dsr_from", _("DSR from"), _score, lowest=Decimal(1)),
        Field("dsr_below", _("DSR below"), _score, lowest=Decimal(1)),
        Field("experience_from", _("Experience score from"), _score, lowest=Decimal(3)),
        Field("experience_below", _("Experience score below"), _score, lowest=Decimal(3)),
        Field("key_accounts", _("Key accounts only"), _truth),
        Field("shop_nos", _("Shops by number"), _numbers),
    )
}
"""The vocabulary, in the order people read it."""

_PAIRS = (("dsr_from", "dsr_below"), ("experience_from", "experience_below"))


def check_audience(data: Any) -> dict[str, Any]:
    """Return ``data`` as it is stored: every field known and whole, empty ones left out.

    Raises ``audience.shape``, ``audience.unknown_field``, ``audience.bad_line`` (names field and line),
    ``audience.bad_number``, ``audience.bad_value``, ``audience.too_many``, ``audience.backwards`` and
    ``audience.nobody_named``: all shops are named in so many words.
    """
    if not isinstance(data, Mapping):
        raise DomainError("audience.shape", _("An audience is fields with values."))
    for name in data:
        if name not in FIELDS:
            raise DomainError(
                "audience.unknown_field",
                _("No field of an audience is called “%(field)s”.") % {"field": str(name)[:60]},
                field=str(name)[:60],
                known=list(FIELDS),
            )
    read = {
        name: field.read(field, data[name])
        for name, field in FIELDS.items()
        if data.get(name) not in (None, "")
    }
    found = {name: value for name, value in read.items() if value not in (False, [])}
    for low, high in _PAIRS:
        if low in found and high in found and Decimal(found[low]) >= Decimal(found[high]):
            raise DomainError(
                "audience.backwards",
                _("“%(low)s” must be less than “%(high)s”.")
                % {"low": FIELDS[low].label, "high": FIELDS[high].label},
                field=low,
            )
    if not found:
        raise DomainError("audience.nobody_named", _("Say whom it is for, or name all shops."))
    if "everybody" in found and len(found) > 1:
        raise DomainError(
            "audience.everybody_and_more", _("All shops, or those you describe: not both.")
        )
    return found


def audience_words(audience: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return an audience as people read it: each field with what was named."""
    labels = CHOICE_LABELS
    said = []
    for name, field in FIELDS.items():
        value = audience.get(name)
        if value is None:
            continue
        if isinstance(value, list):
            words = [str(labels.get((name, one), one)) for one in value[:20]]
            said.append(
                (str(field.label), "、".join(words) + ("…" if len(value) > len(words) else ""))
            )
        else:
            said.append((str(field.label), str(_("yes")) if value is True else str(value)))
    return said


CHOICE_LABELS: dict[tuple[str, str], Any] = {
    ("credit", "none"): _("no level yet"),
    ("credit", "heart"): pgettext_lazy("credit level", "hearts"),
    ("credit", "diamond"): pgettext_lazy("credit level", "diamonds"),
    ("credit", "crown"): pgettext_lazy("credit level", "crowns"),
    ("credit", "golden_crown"): pgettext_lazy("credit level", "golden crowns"),
    ("states", rules.OPEN): _("open, nothing holds for it"),
    ("states", rules.RESTRICTED): _("restricted by measures"),
    ("states", rules.CLOSED): _("closed, removed or sealed"),
}
"""What the choices of fields are called."""


def choices_of(name: str) -> Iterable[tuple[str, Any]]:
    """Return the choices of a field with what they are called."""
    return [(one, CHOICE_LABELS[name, one]) for one in FIELDS[name].choices]


def _bad(field: Field) -> DomainError:
    return DomainError(
        "audience.bad_value",
        _("“%(field)s” cannot be this.") % {"field": field.label},
        field=field.name,
    )


def _at(field: Field, line: int, what: object, **details: Any) -> DomainError:
    return DomainError(
        "audience.bad_line",
        _("“%(field)s”, line %(line)s: %(what)s.")
        % {"field": field.label, "line": line, "what": str(what).rstrip(".。")},
        field=field.name,
        line=line,
        **details,
    )
