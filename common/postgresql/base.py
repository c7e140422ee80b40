"""Django's PostgreSQL backend, which finds out without a question whether an idle connection is alive.

Django asks ``SELECT 1`` before the first query of every request: a round trip, a quarter of what a
signed-in read costs. A server that ends a connection says so on it, so an idle connection with
nothing to be read is as it was left; only one with something to be read is asked. A server that
vanished without a word is found by the TCP keepalives, as it is within a request.
"""

import select
from typing import Any, Self

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg_pool import ConnectionPool


def is_quiet(connection: "psycopg.Connection[Any]") -> bool:
    """Tell whether nothing came in on an idle connection since it was last used."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def look_at(connection: "psycopg.Connection[Any]") -> None:
    """Raise ``psycopg.Error`` when an idle connection is of no use any more."""
    if not is_quiet(connection):
        ConnectionPool.check_connection(connection)


class _Prepared(psycopg.Cursor[Any]):
    """A cursor of the server's: parameters travel apart from the statement, which is kept there."""

    def execute(self, *args: Any, **kwargs: Any) -> Self:
        # Django turns preparing off, for the sake of what else is asked on this connection.
        usual, self.connection.prepare_threshold = self.connection.prepare_threshold, 0
        try:
            return super().execute(*args, **{**kwargs, "prepare": True})
        finally:
            self.connection.prepare_threshold = usual


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend named in the settings as ``common.postgresql``."""

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor whose statements the server parses and plans once per connection.

        For the few statements that every request asks; each keeps its plan until the connection ends.
        """
        self.ensure_connection()
        connection: Any = self.connection
        usual, connection.cursor_factory = connection.cursor_factory, _Prepared
        try:
            return self.cursor()
        finally:
            connection.cursor_factory = usual

    @property
    def pool(self) -> "ConnectionPool[psycopg.Connection[Any]] | None":
        """The connections of this process, or None without pooling."""
        is_new = self.alias not in self._connection_pools  # type: ignore[attr-defined]
        pool = super().pool
        if pool is not None and is_new:
            # Django hands the pool its own check and leaves no way to name another.
            pool._check = look_at
        return pool

    def is_usable(self) -> bool:
        """Tell whether the connection works. After an error it is asked, else only looked at."""
        if self.connection is not None and not self.errors_occurred and is_quiet(self.connection):
            return True
        return super().is_usable()
