"""Triggers that note what must be indexed anew: parts of migrations.

Inserts and deletes are noted once a statement, however many rows it has; updates row by row, but only
where a searched column really changed, which the server decides without calling anything.
"""

from collections.abc import Sequence

from django.db import migrations

KEYS_IN_A_CHANGE = 500

_NOTE_ALL = """BEGIN
    FOR place IN 1 .. cardinality(changes) BY {block} LOOP
        INSERT INTO common_searchchange (kind, keys)
        VALUES ('{kind}', changes[place:place + {block} - 1]);
    END LOOP;
    RETURN NULL;
END
$$;
"""
_FUNCTIONS = (
    """
CREATE FUNCTION {name}_many() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes text[] := ARRAY(SELECT {key} FROM changed AS thing);
"""
    + _NOTE_ALL
    + """CREATE FUNCTION {name}_one() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    thing record := NEW;
BEGIN
    INSERT INTO common_searchchange (kind, keys) VALUES ('{kind}', ARRAY[{key}]);
    RETURN NULL;
END
$$;
CREATE TRIGGER search_{kind}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {name}_many();
CREATE TRIGGER search_{kind}_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {name}_many();
"""
)
_UPDATE = """
CREATE TRIGGER search_{kind}_update AFTER UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION {name}_one();
"""
_DROP = """
DROP TRIGGER search_{kind}_insert ON {table};
DROP TRIGGER search_{kind}_delete ON {table};
DROP TRIGGER IF EXISTS search_{kind}_update ON {table};
DROP FUNCTION {name}_many();
DROP FUNCTION {name}_one();
"""


_ABOUT = (
    """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes text[] := ARRAY({things});
"""
    + _NOTE_ALL
    + """CREATE TRIGGER search_{kind}_update AFTER UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION {name}();
"""
)
_DROP_ABOUT = """
DROP TRIGGER search_{kind}_update ON {table};
DROP FUNCTION {name}();
"""


def feed(kind: str, table: str, key: str, columns: Sequence[str]) -> migrations.RunSQL:
    """Return the operation that notes changes of ``table`` for ``kind``.

    ``key`` is an SQL expression over ``thing`` that gives the kind's key as text; ``columns`` are those
    whose change matters (none: rows of this table never change).
    """
    names = {"kind": kind, "table": table, "key": key, "name": f"{table}_search_{kind}"}
    sql = _FUNCTIONS.format(**names, block=KEYS_IN_A_CHANGE)
    if columns:
        sql += _UPDATE.format(**names, **_compared(columns))
    return migrations.RunSQL(sql, _DROP.format(**names))


def feed_about(kind: str, table: str, things: str, columns: Sequence[str]) -> migrations.RunSQL:
    """Return the operation that notes the things of ``kind`` whose words stand in ``table``.

    ``things`` is a query that gives the keys, as text, of what is about the row ``NEW``; it runs when
    one of ``columns`` changes.
    """
    names = {"kind": kind, "table": table, "name": f"{table}_search_{kind}_about"}
    sql = _ABOUT.format(**names, things=things, block=KEYS_IN_A_CHANGE, **_compared(columns))
    return migrations.RunSQL(sql, _DROP_ABOUT.format(**names))


def _compared(columns: Sequence[str]) -> dict[str, str]:
    old, new = (", ".join(f"{when}.{one}" for one in columns) for when in ("OLD", "NEW"))
    return {"columns": ", ".join(columns), "old": old, "new": new}
