"""One POST to a checked address, pinned: nothing can change between the look-up and the call."""

import contextlib
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from common.outgoing.addresses import Target, resolve

CONNECT_SECONDS = 5.0
READ_SECONDS = 5.0
WHOLE_SECONDS = 10.0
MOST_READ = 65_536
MOST_TRIED = 2  # addresses of one name


class Unreachable(Exception):
    """There was no answer: no such name, no connection, no valid certificate, too slow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``body`` is at most :data:`MOST_READ` bytes, as they were sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    millis: int


def post(
    target: Target, body: bytes, headers: Mapping[str, str], *, allowed: Collection[str] = ()
) -> Answer:
    """Send ``body`` and return what came back, whatever its status; redirects are answers too.

    Raises ``AddressRefused`` (the name leads inside) and ``Unreachable``. Takes ten seconds at
    most, however slowly the other side drips.
    """
    started = time.monotonic()
    try:
        addresses = resolve(target, allowed=allowed)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"name not found: {error}") from error
    connection = _connect(target, addresses[:MOST_TRIED])
    alarm = threading.Timer(WHOLE_SECONDS, _cut, [connection])
    alarm.daemon = True
    alarm.start()
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
        alarm.cancel()
        connection.close()


def _connect(target: Target, addresses: list[str]) -> HTTPConnection:
    problem: Exception | None = None
    for address in addresses:
        connection = _connection(target, address)
        try:
            connection.connect()
            if connection.sock is not None:
                connection.sock.settimeout(READ_SECONDS)
            return connection
        except (OSError, HTTPError, ValueError) as error:
            connection.close()
            problem = error
    raise Unreachable(_words(problem) if problem else "no address") from problem


def _connection(target: Target, address: str) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=CONNECT_SECONDS)
    # The certificate must be the host's, though we dial the number we have checked.
    is_name = address != target.host
    return HTTPSConnection(
        address,
        target.port,
        timeout=CONNECT_SECONDS,
        cert_reqs="CERT_REQUIRED",
        ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
        server_hostname=target.host if is_name else None,
        assert_hostname=target.host,
    )


def _cut(connection: Any) -> None:
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(2)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
