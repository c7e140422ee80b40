"""How many rows stand behind each choice of a list's filters: capped, timed, asked for apart.

A choice says what a click on it would show: the rows that match it under the other active filters
and the words searched for. Each filter is one query of capped counts (``1,000+``). A filter whose
query takes too long is counted among the list's newest rows only, and says so (``at least``); if that
takes too long as well, it says nothing rather than something wrong.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.admin import EmptyFieldListFilter, SimpleListFilter
from django.contrib.admin.utils import prepare_lookup_value
from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from common.admin.lists import HouseChangeList
from common.errands import until
from common.parameters import value

NEWEST = 5_000
"""Rows among which a filter is counted that would take too long over all."""
MOST_CHOICES = 80
BUDGET_SECONDS = 2.0
"""After this the filters that are left show no figures."""


@dataclass(frozen=True)
class Count:
    """How many: exactly ``rows``; with ``more`` at least that many; None when it is not known."""

    rows: int | None
    more: bool = False

    @property
    def words(self) -> str:
        """The figure as it stands beside the choice."""
        if self.rows is None:
            return "…"
        return f"{self.rows:,}+" if self.more else f"{self.rows:,}"


UNKNOWN = Count(None)


def choice_counts(changes: HouseChangeList, request: HttpRequest) -> dict[str, list[Count]]:
    """Return the counts of each filter's choices in their order, by the filter's parameters."""
    in_budget = until(BUDGET_SECONDS)
    return {
        ",".join(spec.expected_parameters()): counts
        for spec in changes.filter_specs
        if (counts := _counts_of(changes, spec, request, in_budget))
    }


def _counts_of(
    changes: HouseChangeList, spec: Any, request: HttpRequest, in_budget: Callable[[], bool]
) -> list[Count]:
    choices = list(spec.choices(changes))
    if len(choices) > MOST_CHOICES or any("query_string" not in it for it in choices):
        # A filter without a list of choices: a box to search in, a form with dates.
        return []
    if not in_budget():
        return [UNKNOWN] * len(choices)
    base = changes.get_queryset(request, exclude_parameters=spec.expected_parameters())
    rows = [_chosen(spec, request, base, it["query_string"]) for it in choices]
    return counted(rows, value("backoffice.counted_rows"), newest_of=base)


def _chosen(
    spec: Any, request: HttpRequest, base: QuerySet[Any], query_string: str
) -> QuerySet[Any]:
    """Return the rows of ``base`` that ``spec`` lets through when its choice is clicked."""
    asked = QueryDict(query_string.removeprefix("?"))
    given = {name: asked.getlist(name) for name in spec.expected_parameters() if name in asked}
    if not given:
        return base
    clicked = copy.copy(spec)
    if isinstance(spec, SimpleListFilter):
        clicked.used_parameters = {name: texts[-1] for name, texts in given.items()}
    else:
        clicked.used_parameters = {
            name: prepare_lookup_value(name, texts, getattr(spec, "list_separator", ","))
            for name, texts in given.items()
        }
        if isinstance(clicked, EmptyFieldListFilter):
            # It reads the address once, when it is made, and trusts nothing else.
            clicked.lookup_val = given[clicked.lookup_kwarg][-1]
    found = clicked.queryset(request, base)
    return base if found is None else found


def counted(
    rows: Sequence[QuerySet[Any]], most: int, *, newest_of: QuerySet[Any] | None = None
) -> list[Count]:
    """Count each of ``rows`` up to ``most`` in one query; see the top of this file."""
    limit: timedelta = value("backoffice.counting_time")
    found = _ask(rows, most, limit)
    if found is not None:
        return [Count(min(n, most), more=n > most) for n in found]
    if newest_of is None:
        return [UNKNOWN] * len(rows)
    floor = _floor(newest_of, limit)
    if floor is None:
        return [UNKNOWN] * len(rows)
    found = _ask([it.filter(pk__gte=floor) for it in rows], most, limit)
    if found is None:
        return [UNKNOWN] * len(rows)
    return [Count(min(n, most), more=True) if n else UNKNOWN for n in found]


def _ask(rows: Sequence[QuerySet[Any]], most: int, limit: timedelta) -> list[int] | None:
    """Return how many there are of each, one more than ``most`` at most; None when it takes too long."""
    parts: list[str] = []
    params: list[Any] = []
    for it in rows:
        try:
            sql, values = it.order_by().values("pk")[: most + 1].query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) counted)")
        params += values
    if not parts:
        return []
    with in_time(limit) as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return list(cursor.fetchone())
    return None


def _floor(rows: QuerySet[Any], limit: timedelta) -> Any:
    """Return the key of the list's ``NEWEST``th row, None when that is not found in time."""
    newest = rows.order_by("-pk").values("pk")[NEWEST : NEWEST + 1]
    try:
        sql, values = newest.query.sql_with_params()
    except EmptyResultSet:
        return None
    with in_time(limit) as cursor:
        cursor.execute(sql, values)
        return (cursor.fetchone() or [None])[0]
    return None


@contextmanager
def in_time(limit: timedelta) -> Iterator[Any]:
    """Give a cursor whose statements may take ``limit``; past it the block ends without an error."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            (usual,) = cursor.fetchone()
            millis = max(int(limit.total_seconds() * 1000), 1)
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(millis)])
            yield cursor
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "57014":  # query_canceled
            raise


def note(counts: Iterable[Sequence[Count]]) -> str:
    """Say what the figures leave open; empty when every one is exact or capped as usual."""
    if any(it.rows is None for row in counts for it in row):
        return _("Some choices are too many to be counted quickly; they show no figure.")
    return ""
