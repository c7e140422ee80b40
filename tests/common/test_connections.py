"""Idle connections: known to be alive without a question, and replaced when the server ended them."""

from threading import Thread

import psycopg
import pytest
from django.db import connection, connections
from psycopg_pool import ConnectionPool

from common.postgresql.base import DatabaseWrapper, is_quiet, look_at


def statements_of(work) -> int:
    """Return how many statements the server got from us meanwhile."""
    sent = []
    execute = psycopg.Connection.execute

    def counted(self, *args, **kwargs):
        sent.append(args)
        return execute(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Connection, "execute", counted)
        work()
    return len(sent)


@pytest.fixture
def pooled(transactional_db):
    """A connection like those of the web process: lent by a pool for each request."""
    settings = connection.settings_dict
    options = {**settings["OPTIONS"], "pool": {"min_size": 1, "max_size": 1, "timeout": 3}}
    made = DatabaseWrapper(
        {**settings, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}, "pooled"
    )
    yield made
    made.close()
    made.close_pool()


def backend_of(wrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def ended_by_the_server(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert cursor.fetchone() == (True,)


def test_a_request_begins_without_a_question_to_the_database(pooled):
    first = backend_of(pooled)
    pooled.close()

    def again():
        assert backend_of(pooled) == first

    assert statements_of(again) == 0
    assert pooled.pool._check is look_at


def test_a_pooled_connection_that_the_server_ended_is_replaced_unseen(pooled):
    first = backend_of(pooled)
    pooled.close()
    ended_by_the_server(first)
    assert backend_of(pooled) != first


def test_a_kept_connection_that_the_server_ended_is_replaced_at_the_next_job(transactional_db):
    told = []

    def work():
        mine = connections["default"]
        mine.health_check_enabled = True
        try:
            first = backend_of(mine)
            mine.close_if_unusable_or_obsolete()
            assert mine.is_usable()
            assert is_quiet(mine.connection)
            ended_by_the_server_from_elsewhere(first)
            mine.close_if_unusable_or_obsolete()
            told.append(backend_of(mine) != first)
        finally:
            mine.close()

    def ended_by_the_server_from_elsewhere(pid):
        with psycopg.connect(**connection.get_connection_params()) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert told == [True]


def test_a_connection_with_news_on_it_is_asked_and_kept(transactional_db):
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as mine:
        mine.execute("LISTEN something")
        assert is_quiet(mine)
        with connection.cursor() as cursor:
            cursor.execute("NOTIFY something")
        while is_quiet(mine):
            pass
        look_at(mine)
        ConnectionPool.check_connection(mine)
    with pytest.raises(psycopg.Error):
        look_at(mine)


def test_what_every_request_asks_is_planned_once(pooled):
    with pooled.prepared_cursor() as cursor:
        cursor.execute("SELECT %s::int + 1", [1])
        assert cursor.fetchone() == (2,)
        cursor.execute("SELECT %s::int + 1", [2])
    with pooled.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert cursor.fetchall() == [("SELECT $1::int + 1",)]
        cursor.execute("SELECT %s::int + 2", [1])
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (1,)
