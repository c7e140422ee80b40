"""Work that goes on beside the timers: threads of the clock process, each with a connection of its own.

A timer must never wait for a network or for a long batch; what takes time registers here. Several
clocks may run, so a companion claims its work (a lock, ``SKIP LOCKED``, a lease) before it does it.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import Error, close_old_connections, connection

log = logging.getLogger(__name__)

Round = Callable[[], timedelta]
_rounds: dict[str, Round] = {}

AFTER_TROUBLE = timedelta(seconds=2)
PATIENCE = timedelta(seconds=12)


def beside_the_clock(name: str) -> Callable[[Round], Round]:
    """Register ``round()``: called again and again, it returns how long to rest before the next call."""

    def register(function: Round) -> Round:
        _rounds[name] = function
        return function

    return register


class Companions:
    """The threads of one clock."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(name, function), name=name, daemon=True)
            for name, function in _rounds.items()
        ]

    def start(self) -> None:
        """Start them all."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each finish its round; one that does not within twelve seconds is left behind."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE.total_seconds())
            if thread.is_alive():
                log.warning("%s did not finish in time", thread.name)

    def _run(self, name: str, function: Round) -> None:
        while not self._stopping.is_set():
            try:
                close_old_connections()
                rest = function()
            except Error as error:
                log.warning("%s: database trouble, trying again: %s", name, error)
                connection.close()
                rest = AFTER_TROUBLE
            except Exception:
                log.exception("%s failed, trying again", name)
                rest = AFTER_TROUBLE
            self._stopping.wait(rest.total_seconds())
        connection.close()
