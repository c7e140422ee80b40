"""Which addresses may be called: read strictly, looked up once, checked one by one."""

import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError

LONGEST = 2_000
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_UNWANTED = re.compile(r"[\x00-\x20\x7f\\\s]")
# Browsers and C libraries read "2130706433", "0x7f.1" and "0177.0.0.1" as addresses.
_NUMBER = re.compile(r"(?i)0x[0-9a-f]*|[0-9]+")
_PRIVATE_NAMES = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
)
_PORTS = {"https": 443, "http": 80}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python calls global and is a way back into an IPv4 network, or local by an older rule.
_DISGUISES = [
    ipaddress.ip_network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local use
        "2001::/23",  # protocol assignments, Teredo among them
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
]
_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
    )
]


class AddressRefused(DomainError):
    """The address may not be called, whoever asks."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address, read: ``host`` is ASCII and lower case (an IPv6 address without brackets)."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What ``Host`` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as we understood it."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_target(
    url: str, *, ports: Collection[int], allowed: Collection[str] = (), plain: bool = False
) -> Target:
    """Read ``url``. Raises ``AddressRefused`` for what cannot be a receiver, without asking anybody.

    ``ports`` may be called; ``plain`` lets ``http`` pass. ``allowed`` are ``host:port`` pairs the
    house has opened by hand (a receiver on its own premises): they pass with any scheme and port.
    """
    if not isinstance(url, str) or not url or len(url) > LONGEST or _UNWANTED.search(url):
        raise _bad()
    try:
        parts = urlsplit(url)
        port = parts.port
        scheme = parts.scheme.lower()
    except ValueError:
        raise _bad() from None
    if scheme not in _PORTS or not parts.netloc or parts.fragment or "#" in url:
        raise _bad()
    if "@" in parts.netloc or parts.netloc.endswith(":"):
        raise _bad()
    host = _host(parts.hostname or "", is_literal=parts.netloc.startswith("["))
    port = _PORTS[scheme] if port is None else port
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    target = Target(scheme, host, port, path)
    if f"{host}:{port}" in allowed:
        return target
    if scheme == "http" and not plain:
        raise AddressRefused("address.plain", _("Use an address that begins with https://."))
    if port not in ports:
        raise AddressRefused(
            "address.port", _("This port is not called from here."), ports=sorted(ports)
        )
    literal = _literal(host)
    if literal is not None and not is_public(literal):
        raise _internal()
    if literal is None and ("." not in host or host.rsplit(".", 1)[1] in _PRIVATE_NAMES):
        raise _internal()
    return target


def resolve(target: Target, *, allowed: Collection[str] = ()) -> list[str]:
    """Look ``target`` up, once, and return its addresses. Raises ``AddressRefused`` unless all are public.

    Raises ``OSError`` when the name is not known. An allowed ``host:port`` may be anywhere.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if f"{target.host}:{target.port}" in allowed:
        return addresses
    for address in addresses:
        literal = _literal(address.partition("%")[0])
        if literal is None or "%" in address or not is_public(literal):
            raise _internal()
    return addresses


def is_public(address: Address) -> bool:
    """Tell whether ``address`` is somewhere on the internet, and not ours by any reading."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    networks = _DISGUISES if address.version == 6 else _NEVER
    return not any(address in network for network in networks)


def _host(raw: str, *, is_literal: bool) -> str:
    if is_literal:
        literal = _literal(raw)
        if literal is None or literal.version != 6 or "%" in raw:
            raise _bad()
        return str(literal)
    name = raw.rstrip(".") if raw.endswith(".") and not raw.endswith("..") else raw
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise _bad() from None
    name = name.lower()
    if not _NAME.fullmatch(name):
        raise _bad()
    if _NUMBER.fullmatch(name.rsplit(".", 1)[-1]):
        literal = _literal(name)
        if literal is None:  # a number, but not in the one form that everybody reads alike
            raise _internal()
        return str(literal)
    return name


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _bad() -> AddressRefused:
    return AddressRefused("address.bad", _("This is not an address that can be called."))


def _internal() -> AddressRefused:
    return AddressRefused(
        "address.internal", _("This address is not on the internet; it is not called from here.")
    )
