"""Months of hot tables: made ahead, found, guarded."""

from datetime import date

import pytest
from django.db import DatabaseError, connection

from common.partitions import ensure_partitions, guard_partitions


@pytest.fixture
def guarded(db):
    """The history with its trigger, which the test runner takes away to empty the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger_no_truncate%'")
        (function,) = cursor.fetchone()
        cursor.execute(
            f"CREATE TRIGGER keep BEFORE TRUNCATE ON common_event EXECUTE FUNCTION {function}()"
        )


def refuses(table: str) -> bool:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
        cursor.execute(f"TRUNCATE {table}")
    return True


def test_a_new_month_of_the_history_cannot_be_emptied(guarded):
    assert ensure_partitions("common_event", date(2031, 5, 2), date(2031, 5, 2)) == [
        "common_event_203105"
    ]
    assert refuses("common_event_203105")


def test_months_from_before_the_guard_are_guarded_too(guarded):
    guard_partitions("common_event")
    guard_partitions("common_event")
    assert refuses("common_event_default")


def test_a_month_that_exists_is_left_alone(db):
    ensure_partitions("common_event", date(2031, 5, 2), date(2031, 6, 2))
    assert ensure_partitions("common_event", date(2031, 5, 2), date(2031, 7, 2)) == [
        "common_event_203107"
    ]
