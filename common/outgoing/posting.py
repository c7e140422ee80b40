"""One POST to a checked address, pinned: nothing can change between the look-up and the call."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from common.outgoing.addresses import Target, resolve

CONNECT_SECONDS = 5.0
READ_SECONDS = 5.0
WHOLE_SECONDS = 10.0
MOST_READ = 65_536
MOST_TRIED = 2  # addresses of one name
LONGEST_WAIT = timedelta(days=1)  # believed of Retry-After


class Unreachable(Exception):
    """There was no answer: no such name, no connection, no valid certificate, too slow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``body`` is at most :data:`MOST_READ` bytes, as they were sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    millis: int

    @property
    def retry_after(self) -> timedelta | None:
        """How long they ask us to wait, in seconds; None when they do not, or say it as a date."""
        heads = {name.lower(): words for name, words in self.headers.items()}
        asked = heads.get("retry-after", "").strip()
        if not (asked.isascii() and asked.isdecimal()):
            return None
        return min(timedelta(seconds=int(asked[:9])), LONGEST_WAIT)


def post(
    target: Target, body: bytes, headers: Mapping[str, str], *, allowed: Collection[str] = ()
) -> Answer:
    """Send ``body`` and return what came back, whatever its status; redirects are answers too.

    Raises ``AddressRefused`` (the name leads inside) and ``Unreachable``. Connecting, TLS, sending
    and reading take ten seconds together at most, however slowly the other side drips; the look-up
    of the name counts, but only the system can end it.
    """
    started = time.monotonic()
    with _Alarm(WHOLE_SECONDS) as alarm:
        try:
            addresses = resolve(target, allowed=allowed)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"name not found: {error}") from error
        connection = _connect(target, addresses[:MOST_TRIED], alarm)
        try:
            connection.request(
                "POST",
                target.path,
                body=body,
                headers={**headers, "Host": target.authority, "Connection": "close"},
                preload_content=False,
                decode_content=False,
                enforce_content_length=False,
            )
            response = connection.getresponse()
            answer = response.read(MOST_READ)
            millis = int((time.monotonic() - started) * 1000)
            return Answer(response.status, dict(response.headers), answer, millis)
        except (OSError, HTTPError, ValueError, EOFError) as error:
            raise Unreachable(_words(error)) from error
        except Exception as error:  # http.client's own errors have no common base but Exception
            if type(error).__module__ != "http.client":
                raise
            raise Unreachable(_words(error)) from error
        finally:
            connection.close()


class _Alarm:
    """Cuts the line when the time is over, whatever is waited for on it."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._line: socket.socket | None = None

    def __enter__(self) -> "_Alarm":
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._let_go()

    def left(self) -> float:
        """Return for how many seconds the line may still be used."""
        return self._ends - time.monotonic()

    def watch(self, line: socket.socket) -> None:
        """Cut ``line`` when the time is over, and no other any more."""
        with self._lock:
            self._let_go()
            # A handle of our own: TLS takes the socket itself away before its handshake.
            self._line = line.dup()
        if self.left() <= 0:
            self._ring()

    def _ring(self) -> None:
        with self._lock, contextlib.suppress(OSError):  # the other side may have hung up
            if self._line is not None:
                self._line.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _connect(target: Target, addresses: list[str], alarm: _Alarm) -> HTTPConnection:
    problem: Exception | None = None
    for address in addresses:
        if (left := alarm.left()) <= 0:
            raise Unreachable("no connection in time") from problem
        connection = _connection(target, address, min(CONNECT_SECONDS, left), alarm)
        try:
            connection.connect()
            if connection.sock is not None:
                connection.sock.settimeout(READ_SECONDS)
            return connection
        except (OSError, HTTPError, ValueError) as error:
            connection.close()
            problem = error
    raise Unreachable(_words(problem) if problem else "no address") from problem


class _Watched:
    """A connection whose line the alarm knows from the first moment on, before any handshake."""

    alarm: _Alarm

    def _new_conn(self) -> socket.socket:
        line: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.alarm.watch(line)
        return line


class _Plain(_Watched, HTTPConnection):
    """HTTP."""


class _Secure(_Watched, HTTPSConnection):
    """The same with TLS."""


def _connection(target: Target, address: str, seconds: float, alarm: _Alarm) -> HTTPConnection:
    connection: _Plain | _Secure
    if target.scheme == "http":
        connection = _Plain(address, target.port, timeout=seconds)
    else:
        # The certificate must be the host's, though we dial the number we have checked.
        is_name = address != target.host
        connection = _Secure(
            address,
            target.port,
            timeout=seconds,
            cert_reqs="CERT_REQUIRED",
            ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
            server_hostname=target.host if is_name else None,
            assert_hostname=target.host,
        )
    connection.alarm = alarm
    return connection


def _words(error: Exception) -> str:
    # Theirs may be among them: a status line that is none is quoted as it came.
    said = f"{type(error).__name__}: {error}"[:300]
    return "".join(c if c.isprintable() else " " for c in said)
