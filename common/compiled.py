"""Queries of the ORM that are compiled once per process, for what every request asks.

The ORM writes its SQL anew each time, and the database plans it anew. For a row of three joined
models both take longer than finding it.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class _Plan:
    sql: str
    converters: list[tuple[int, list[Any], Any]]
    names: list[str]
    own: slice
    related: list[Any]


class ByKey(Generic[M]):
    """``objects.select_related(*related).get(pk=…)`` whose SQL is written once; None when there is none.

    Gives what the model's base manager gives: instances with all their fields, one query.
    """

    def __init__(self, model: type[M], *related: str) -> None:
        self.model, self.related = model, related
        self._plan: _Plan | None = None

    def __call__(self, key: Any) -> M | None:
        """Return the row of primary key ``key`` (a value of the column's type)."""
        plan = self._plan = self._plan or self._plan_with(key)
        connection: Any = connections[DEFAULT_DB_ALIAS]
        with connection.prepared_cursor() as cursor:
            cursor.execute(plan.sql, [key])
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for place, converters, expression in plan.converters:
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        made = self.model.from_db(connection.alias, plan.names, row[plan.own])
        for populator in plan.related:
            populator.populate(row, made)
        return made

    def _plan_with(self, key: Any) -> _Plan:
        query = self.model._base_manager.select_related(*self.related).filter(pk=key).query
        connection = connections[DEFAULT_DB_ALIAS]
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if tuple(parameters) != (key,):
            raise TypeError(f"{key!r} is not what a key of {self.model._meta.label} looks like")
        select, klass = compiler.select, compiler.klass_info
        places = klass["select_fields"]
        converters = compiler.get_converters([expression for expression, *_ in select])
        return _Plan(
            sql=sql,
            converters=[(place, *found) for place, found in converters.items()],
            names=[select[place][0].target.attname for place in places],
            own=slice(places[0], places[-1] + 1),
            related=get_related_populators(klass, select, connection.alias),  # type: ignore[call-arg]
        )
