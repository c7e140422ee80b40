"""Who there is to open something to: each kind of subject is told of by the app that has its rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import BigIntegerField, Count, F, Func, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from apass.rollouts.rules import NAMED, SHARE, TIERS, CohortRule, StageRule, Subject
from common.errors import DomainError

NUMBERS_SHOWN = 5


@dataclass(frozen=True)
class Population:
    """Rows of one kind of subject. ``key`` is the column in their keys, ``number`` what people type."""

    kind: str
    rows: Callable[[], models.QuerySet[Any]]
    key: str
    number: str
    tier: str
    registered: str

    def keyed(self) -> models.QuerySet[Any]:
        """Return the rows with their ``subject`` key."""
        key = Cast(F(self.key), TextField())
        return self.rows().annotate(
            subject=Concat(Value(f"{self.kind}:"), key, output_field=TextField())
        )


_NOBODY = Q(pk__in=[])
_ANYBODY = ~_NOBODY  # an empty Q would vanish beside another one

_populations: dict[str, Population] = {}
_pilots: dict[str, Callable[[], frozenset[str]]] = {}


def declare_population(population: Population) -> None:
    """Say where the subjects of a kind are. Called once, at import time."""
    _populations[population.kind] = population


def population(kind: str) -> Population:
    """Return the subjects of ``kind``. Raises ``KeyError`` when no app has told of them."""
    return _populations[kind]


def declare_pilots(kind: str, keys: Callable[[], frozenset[str]]) -> None:
    """Say who of ``kind`` gets new things first: ``keys()`` returns the keys of those on the list now.

    They are in at every open stage for named pilots. Whoever changes the list calls
    :func:`apass.actions.pilots_changed`. Called once, at import time.
    """
    _pilots[kind] = keys


def pilots_of(kind: str) -> frozenset[str]:
    """Return the keys of those who get new things first; nobody where no app has told of any."""
    return _pilots[kind]() if kind in _pilots else frozenset()


declare_population(
    Population(
        "member",
        lambda: Member.objects.filter(hidden_at=None, erased_at=None),
        key="pk",
        number="member_no",
        tier="tier",
        registered="registered_at",
    )
)


def keys_of(kind: str, numbers: Iterable[str]) -> tuple[list[str], list[str]]:
    """Turn numbers people typed into keys; return the keys, in order, and the numbers nobody has."""
    asked = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    told = population(kind)
    known = dict(
        told.keyed().filter(**{f"{told.number}__in": asked}).values_list(told.number, "subject")
    )
    return [known[n] for n in asked if n in known], [n for n in asked if n not in known]


def subject_of(kind: str, number: str) -> Subject:
    """Return the member or shop of a number people typed, with what stages ask of it.

    Raises ``rollout.unknown_subject``.
    """
    told = population(kind)
    facts = [name for name in (told.tier, told.registered) if name]
    row = told.keyed().filter(**{told.number: number.strip()}).values("subject", *facts).first()
    if row is None:
        raise unknown_subjects([number.strip()])
    tier = row[told.tier] if told.tier else ""
    return Subject(row["subject"], tier, row[told.registered])


def unknown_subjects(numbers: Sequence[str]) -> DomainError:
    """Return the refusal of numbers that nobody has: the first are said, all are told."""
    return DomainError(
        "rollout.unknown_subject",
        _("Nobody has these numbers: %(numbers)s.")
        % {"numbers": ", ".join(numbers[:NUMBERS_SHOWN])},
        numbers=list(numbers),
    )


def numbers_of(kind: str, keys: Sequence[str]) -> list[str]:
    """Return keys as people read them: the numbers of their members or shops."""
    told = population(kind)
    bare = [key.partition(":")[2] for key in keys]
    rows = told.rows().filter(**{f"{told.key}__in": bare}).order_by(told.number)
    return list(rows.values_list(told.number, flat=True))


def counted(
    kind: str, salt: str, stages: Sequence[StageRule], holdout_share: int
) -> tuple[int, list[int], list[int]]:
    """Return how many there are, how many each stage means by itself, and how many are in by then.

    One statement, with the very hash of :func:`apass.rollouts.rules.bucket`; who is held out is not in.
    """
    told = population(kind)
    rows = told.keyed().annotate(place=_bucket(f"{salt}:"), kept=_bucket(f"{salt}:holdout:"))
    means: dict[str, Any] = {}
    opened = _NOBODY
    for number, stage in enumerate(stages):
        there = _means(told, stage)
        drawn = there & Q(place__lt=stage.share) if stage.kind == SHARE else there
        opened = opened | drawn
        means[f"means_{number}"] = Count("pk", filter=there)
        means[f"in_{number}"] = Count("pk", filter=opened & Q(kept__gte=holdout_share))
    found = rows.aggregate(everybody=Count("pk"), **means)
    span = range(len(stages))
    return (
        found["everybody"],
        [found[f"means_{n}"] for n in span],
        [found[f"in_{n}"] for n in span],
    )


def _bucket(prefix: str) -> Func:
    return Func(
        Value(prefix),
        F("subject"),
        template=(
            "((('x' || encode(substr(sha256(convert_to(%(expressions)s, 'UTF8')), 1, 6), 'hex'))"
            "::bit(48)::bigint %%%% 10000))"
        ),
        arg_joiner=" || ",
        output_field=BigIntegerField(),
    )


def _means(told: Population, stage: StageRule) -> Q:
    if stage.kind == NAMED:
        by_name = Q(subject__in=sorted(stage.keys | stage.pilots))
        return by_name | _in_cohort(told, stage.cohort) if stage.cohort else by_name
    if stage.kind == SHARE:
        return _in_cohort(told, stage.cohort) if stage.cohort else _ANYBODY
    if stage.kind == TIERS:
        return Q(**{f"{told.tier}__in": sorted(stage.tiers)}) if told.tier else _NOBODY
    return _ANYBODY


def _in_cohort(told: Population, cohort: CohortRule) -> Q:
    if cohort.keys is not None:
        return Q(subject__in=sorted(cohort.keys))
    found = _ANYBODY
    if cohort.tiers:
        found &= Q(**{f"{told.tier}__in": sorted(cohort.tiers)}) if told.tier else _NOBODY
    if cohort.registered_from:
        found &= Q(**{f"{told.registered}__gte": cohort.registered_from})
    if cohort.registered_until:
        found &= Q(**{f"{told.registered}__lt": cohort.registered_until})
    return found
