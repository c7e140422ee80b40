"""One run over many members at a time: who waits for another one's waits as long as that takes."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.actions import one_run_at_a_time
from tests.waiting import Beside

pytestmark = pytest.mark.django_db(transaction=True)


def run_when_it_is_ours() -> tuple[bool, list[str]]:
    """Wait for the right to run on a connection that waits for nothing; return it, and its timeouts then."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'; SET statement_timeout = '80ms'")
        with one_run_at_a_time(wait=True) as mine:
            cursor.execute(
                "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
            )
            return mine, list(cursor.fetchone())


def test_who_waits_for_a_run_outlives_the_timeouts_of_the_connection():
    with one_run_at_a_time() as mine:
        assert mine
        second = Beside(run_when_it_is_ours)
        assert second.waits(longer_than=timedelta(milliseconds=250))
    # What comes after the wait has the timeouts it had before.
    assert second.done() == (True, ["50ms", "80ms"])


def test_who_has_run_leaves_the_right_to_the_next():
    with one_run_at_a_time(wait=True):
        assert Beside(_may_run).done() is False
    assert Beside(_may_run).done() is True


def _may_run() -> bool:
    with one_run_at_a_time() as mine:
        return mine
