"""Which column of which table is personal data: what for, whose, how long, how masked, what becomes of it.

Every app declares its tables in an ``inventory.py`` beside its models. A column that nobody declared
fails a test, so nothing personal enters the house unseen; ``docs/personal-data.md`` is written from
here by ``manage.py inventory``. Column names after ``plain`` are not personal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

APPS = ("common", "accounts", "apass", "merchants", "workforce", "trade", "tickets", "radio")
MASKS = frozenset(
    {"name", "phone", "region", "address", "email", "text", "never shown", "as it is"}
)
"""How a column looks to others: a mask of ``accounts.masks``, nowhere at all, or whole with a reason."""
ERASURES = frozenset({"emptied", "pseudonym", "blanked", "deleted", "kept nameless", "kept"})
"""What erasure does: emptied; another value; personal words taken out; the row or its bytes deleted;
kept because it points at a pseudonym by then; kept by law (the reason stands in ``kept``)."""


@dataclass(frozen=True)
class Column:
    """One personal column. ``copy`` is the store in whose part of the copy it stands, "" for none."""

    kind: str
    purpose: str
    mask: str
    copy: str
    erasure: str


@dataclass(frozen=True)
class Table:
    """One table: who answers for it, what it is for, how long its rows are kept."""

    label: str
    owner: str
    purpose: str
    kept: str
    personal: dict[str, Column]
    plain: tuple[str, ...]


_tables: dict[str, Table] = {}


def personal(kind: str, purpose: str, *, mask: str, erasure: str, copy: str = "") -> Column:
    """Describe a personal column. Raises ``ValueError`` for a mask or an erasure nobody knows."""
    if mask not in MASKS or erasure not in ERASURES:
        raise ValueError(f"no such mask or erasure: {mask}, {erasure}")
    return Column(kind, purpose, mask, copy, erasure)


def table(
    label: str, /, *, owner: str, purpose: str, kept: str, plain: str = "", **columns: Column
) -> None:
    """Declare the table of the model ``label``; ``plain`` names its other columns, blanks between."""
    _tables[label] = Table(label, owner, purpose, kept, columns, tuple(plain.split()))


def mask_of(label: str, column: str) -> str:
    """Return how a column looks to others, "" when it is not personal."""
    declared = _tables.get(label)
    found = declared.personal.get(column) if declared else None
    return found.mask if found else ""


def tables() -> list[Table]:
    """Return all declared tables, by app from the bottom up, then by name."""
    return sorted(_tables.values(), key=lambda it: (APPS.index(it.label.split(".")[0]), it.label))


def own_models() -> Iterator[type[models.Model]]:
    """Yield every model of ours, the tables between many and many included."""
    for app in APPS:
        yield from apps.get_app_config(app).get_models(include_auto_created=True)


def complaints() -> list[str]:
    """Return what is missing, declared twice, or declared of a column that is not there."""
    found = []
    known = {model._meta.label: model for model in own_models()}
    for label, model in sorted(known.items()):
        columns = {field.name for field in model._meta.local_concrete_fields}
        declared = _tables.get(label)
        if declared is None:
            found.append(f"{label}: no entry")
            continue
        named = [*declared.personal, *declared.plain]
        found += [f"{label}.{name}: no entry" for name in sorted(columns - set(named))]
        found += [f"{label}.{name}: no such column" for name in sorted(set(named) - columns)]
        found += [
            f"{label}.{name}: twice" for name in sorted({n for n in named if named.count(n) > 1})
        ]
    found += [f"{label}: no such table" for label in sorted(set(_tables) - set(known))]
    return found


def document() -> str:
    """Return ``docs/personal-data.md``."""
    lines = [
        "# Personal data: what we keep, what for, how long",
        "",
        "Written by `python manage.py inventory` from the `inventory.py` of each app; a test fails when "
        "a column has no entry. Masks are those of `accounts/masks.py`; “as it is” means whole to those "
        "whose work it is. Stages of erasure: `accounts/actions/erasure.py`.",
        "",
    ]
    for one in tables():
        lines += [
            f"## {one.label}",
            "",
            f"{one.purpose} Answers for it: {one.owner}. Kept: {one.kept}.",
            "",
        ]
        if one.personal:
            lines += [
                "| column | kind | what for | masked | in the copy | on erasure |",
                "|---|---|---|---|---|---|",
                *(
                    f"| `{name}` | {it.kind} | {it.purpose} | {it.mask} | {it.copy or '—'} | {it.erasure} |"
                    for name, it in one.personal.items()
                ),
                "",
            ]
        if one.plain:
            lines += ["Not personal: " + ", ".join(f"`{name}`" for name in one.plain) + ".", ""]
    return "\n".join(lines)
