"""Emptying the database after a test whose rows were really committed.

Django truncates every table and makes content types, permissions and schedules anew: a third of a
second, three hundred times. Deleting the few rows there are takes a twentieth of that, and does not
lock out the servers that other tests have running.
"""

import time

from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

KEPT = ("django_migrations", "django_content_type", "auth_permission", "django_q_schedule")
"""What belongs to the code and not to a test."""

# Append-only tables refuse to delete; the trigger that refuses to truncate is gone in tests.
EMPTY = f"""
DO $$
DECLARE
    one record;
    is_filled boolean;
    guarded text[] := ARRAY[]::text[];
    plain text[] := ARRAY[]::text[];
    name text;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    FOR one IN
        SELECT c.oid::regclass AS name,
               EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
                         AND (t.tgtype & 8) <> 0 AND t.tgname NOT LIKE 'search%'
                         AND t.tgname NOT LIKE 'pgtrigger_gone_from%')
                   AS is_guarded
        FROM pg_class c
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
          AND c.relname NOT IN {KEPT!r}
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', one.name) INTO is_filled;
        IF is_filled AND one.is_guarded THEN
            guarded := guarded || one.name::text;
        ELSIF is_filled THEN
            plain := plain || one.name::text;
        END IF;
    END LOOP;
    -- Before anything is deleted: what a row deleted waits to check would forbid it.
    IF cardinality(guarded) > 0 THEN
        EXECUTE format('TRUNCATE %s CASCADE', array_to_string(guarded, ', '));
    END IF;
    FOREACH name IN ARRAY plain LOOP
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
    -- That rows went was noted, for the search to forget them and the standing to count again.
    DELETE FROM common_searchchange;
    DELETE FROM trade_standingdebt;
END
$$
"""


def empty_database(_case: TransactionTestCase | None = None) -> None:
    """Delete all rows; again when a server's sign of life came in between."""
    for tries_left in range(8, -1, -1):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(EMPTY)
            return
        except DatabaseError:
            if not tries_left:
                raise
            time.sleep(0.2)
