"""One request to an address that somebody gave us: resolved once, checked, pinned, never redirected.

A browser's subscription names the address we must send to, so anybody can name any address. Only
known push services are asked (``notification.push_hosts``), only by https, and only at a public
address: the name is resolved once, what came out is checked, and that very address is connected to.
Push services inside one's own network are named in ``XIAOER_PUSH_OWN_HOSTS``; those may be internal
and speak http.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from django.conf import settings

from common.parameters import value

CONNECT_SECONDS, READ_SECONDS = 3.0, 6.0
ANSWER_BYTES = 4096


class Unreachable(Exception):
    """The address is not one we send to; trying again changes nothing."""


@dataclass(frozen=True)
class Place:
    """Where a request goes: name for the certificate and the Host line, number for the line itself."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True)
class Answer:
    """What came back: the head, and the beginning of the body."""

    status: int
    headers: dict[str, str]
    body: str


def is_known(url: str) -> bool:
    """Tell whether ``url`` is an address of a push service we send to, by its name alone."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    if f"{host}:{port or (443 if parts.scheme == 'https' else 80)}" in settings.PUSH_OWN_HOSTS:
        return parts.scheme in {"http", "https"}
    return (
        parts.scheme == "https"
        and port in {None, 443}
        and any(
            host.endswith(known[1:]) if known.startswith("*.") else host == known
            for known in value("notification.push_hosts").lower().split()
        )
    )


def place_of(url: str) -> Place:
    """Resolve ``url`` once. Raises ``Unreachable`` for what we do not send to, ``OSError`` unresolved."""
    if not is_known(url):
        raise Unreachable("not a push service we know")
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if f"{host}:{port}" not in settings.PUSH_OWN_HOSTS and not all(
        _is_public(address) for address in addresses
    ):
        raise Unreachable("not a public address")
    path = parts.path or "/"
    return Place(
        parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path, addresses[0]
    )


def post(place: Place, body: bytes, headers: dict[str, str]) -> Answer:
    """Send one request and read the beginning of the answer. Raises ``urllib3``'s errors."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    pool: urllib3.HTTPConnectionPool
    if place.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            place.address,
            place.port,
            timeout=timeout,
            retries=False,
            server_hostname=place.host,
            assert_hostname=place.host,
        )
    else:
        pool = urllib3.HTTPConnectionPool(place.address, place.port, timeout=timeout, retries=False)
    with pool:
        said = pool.request(
            "POST",
            place.path,
            body=body,
            headers={**headers, "Host": _host_line(place)},
            redirect=False,
            preload_content=False,
        )
        try:
            text = said.read(ANSWER_BYTES, decode_content=False)
            return Answer(
                said.status,
                {name.lower(): word for name, word in said.headers.items()},
                text.decode("utf-8", "replace"),
            )
        finally:
            said.close()


def _host_line(place: Place) -> str:
    usual = 443 if place.scheme == "https" else 80
    return place.host if place.port == usual else f"{place.host}:{place.port}"


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    inside = getattr(found, "ipv4_mapped", None) or found
    return inside.is_global and not inside.is_multicast
