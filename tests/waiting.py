"""Two who act at once, without sleeping: one stands still inside an action until the other waits for it."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

PATIENCE = 60.0

_WAITS = """
SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                WHERE NOT l.granted AND a.datname = current_database()
                  AND clock_timestamp() - l.waitstart >= %s)
"""


class Beside:
    """An action in a thread with a connection of its own; ``done`` gives its answer, or raises what it raised."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self._action = action
        self._answer: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def waits(self, longer_than: timedelta = timedelta(0)) -> bool:
        """Return True once somebody has waited so long for a lock; False when this one has ended instead."""
        patience = time.monotonic() + PATIENCE
        while self._thread.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(_WAITS, [longer_than])
                if cursor.fetchone()[0]:
                    return True
            assert time.monotonic() < patience, "nobody waits, and nothing ends"
        return False

    def done(self) -> Any:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "it does not end"
        if self._error is not None:
            raise self._error
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._action()
        except BaseException as error:
            self._error = error
        finally:
            connection.close()


class Halt:
    """A place inside an action at which whoever comes by stands still until ``go_on``."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function`` with this place before it."""

        def halted(*args: Any, **kwargs: Any) -> Any:
            self._reached.set()
            assert self._open.wait(PATIENCE), "nobody lets it go on"
            return function(*args, **kwargs)

        return halted

    def reached(self) -> None:
        assert self._reached.wait(PATIENCE), "nobody comes by"

    def go_on(self) -> None:
        self._open.set()
