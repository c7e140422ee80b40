"""No address that somebody hands us leads back inside, whatever it is dressed as."""

import contextlib
import socket
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from common.outgoing import AddressRefused, Answer, Unreachable, parse_target, post, posting
from tests.outgoing.receivers import (
    NameServer,
    certificate,
    drip,
    listening,
    receiving,
    say,
    stalling,
)

WEB = {"ports": {80, 443}, "plain": True}

# %d is the port of a listener on the loopback address.
INSIDE = [
    "http://127.0.0.1:%d/",
    "http://127.1:%d/",
    "http://127.0.1:%d/",
    "http://0177.0.0.1:%d/",
    "http://0x7f.0.0.1:%d/",
    "http://0x7f000001:%d/",
    "http://017700000001:%d/",
    "http://2130706433:%d/",
    "http://127.0.0.1.:%d/",
    "http://127.000.000.001:%d/",
    "http://0:%d/",
    "http://0.0.0.0:%d/",
    "http://localhost:%d/",
    "http://LOCALHOST:%d/",
    "http://localhost.:%d/",
    "http://api.localhost:%d/",
    "http://[::1]:%d/",
    "http://[0:0:0:0:0:0:0:1]:%d/",
    "http://[::]:%d/",
    "http://[::ffff:127.0.0.1]:%d/",
    "http://[::ffff:7f00:1]:%d/",
    "http://[::127.0.0.1]:%d/",
    "http://[::ffff:0:127.0.0.1]:%d/",
    "http://[64:ff9b::127.0.0.1]:%d/",
    "http://[64:ff9b:1::7f00:1]:%d/",
    "http://[2002:7f00:1::]:%d/",
    "http://[2001::7f00:1]:%d/",
    "http://[fe80::1%%25lo]:%d/",
    "http://[fe80::1]:%d/",
    "http://[fc00::1]:%d/",
    "http://[fec0::1]:%d/",
    "http://[ff02::1]:%d/",
    "http://10.0.0.1:%d/",
    "http://172.16.0.1:%d/",
    "http://192.168.1.1:%d/",
    "http://169.254.169.254:%d/latest/meta-data/",
    "http://100.64.0.1:%d/",
    "http://192.0.0.8:%d/",
    "http://198.18.0.1:%d/",
    "http://224.0.0.1:%d/",
    "http://240.0.0.1:%d/",
    "http://255.255.255.255:%d/",
    "http://①②⑦.0.0.1:%d/",
    "http://127。0。0。1:%d/",
    "http://ⓛocalhost:%d/",
    "http://example.com@127.0.0.1:%d/",
    "http://127.0.0.1:%d@example.com/",
    "http://127.0.0.1:%d\\@example.com/",
    "http://127.0.0.1:%d#@example.com/",
    "http://\t127.0.0.1:%d/",
    "http://127.0.0.1\n:%d/",
    "http:///127.0.0.1:%d/",
    "http:127.0.0.1:%d/",
    "//127.0.0.1:%d/",
    "ftp://127.0.0.1:%d/",
    "file:///etc/passwd?%d",
    "gopher://127.0.0.1:%d/_x",
    "http://printer.local:%d/",
    "http://vault.internal:%d/",
    "http://intranet:%d/",
    "http://127.0.0.1:%d%%20/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_no_dress_of_an_inner_address_is_called(url):
    with listening() as (port, heard):
        target = url % port
        # Every port may be called here, so that it is the address that is refused.
        with pytest.raises(AddressRefused):
            post(parse_target(target, ports=range(65536), plain=True), b"{}", {})
    assert heard == []


NAMED = [
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["169.254.169.254"],
    ["100.100.100.200"],
    ["0.0.0.0"],
    ["8.8.8.8", "127.0.0.1"],
]


@pytest.mark.parametrize("addresses", NAMED, ids="+".join)
def test_a_name_that_leads_inside_is_not_called(addresses, monkeypatch):
    names = NameServer(addresses)
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    with listening() as (port, heard), pytest.raises(AddressRefused):
        post(parse_target(f"http://evil.example:{port}/", ports={port}, plain=True), b"{}", {})
    names.close()
    assert heard == []


def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch):
    """Rebinding: public when it is checked, this machine when it would be asked again."""
    names = NameServer(["203.0.114.7"], ["127.0.0.1"])
    dialled = []

    def dial(address, *rest, **more):
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    monkeypatch.setattr("urllib3.util.connection.create_connection", dial)
    with listening() as (port, heard), pytest.raises(Unreachable):
        post(parse_target(f"http://evil.example:{port}/", ports={port}, plain=True), b"{}", {})
    names.close()
    assert names.questions == ["evil.example"]
    assert dialled == [("203.0.114.7", port)]
    assert heard == []


def test_a_redirect_inside_is_an_answer_and_not_followed():
    with (
        listening() as (port, heard),
        receiving(say(302, Location=f"http://127.0.0.1:{port}/")) as receiver,
    ):
        allowed = {receiver.authority}
        target = parse_target(receiver.url, allowed=allowed, **WEB)
        assert post(target, b"{}", {}, allowed=allowed).status == 302
    assert heard == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "address.plain"),
        ("https://example.com:8443/", "address.port"),
        ("https://example.com:22/", "address.port"),
        ("https://user:pw@example.com/", "address.bad"),
        ("https://example.com/#x", "address.bad"),
        ("https://exa mple.com/", "address.bad"),
        ("https://-bad-.com/", "address.bad"),
        ("https://" + "a" * 64 + ".com/", "address.bad"),
        ("https://example.com:99999/", "address.bad"),
        ("https://example.com/" + "x" * 2000, "address.bad"),
        ("https://xn--\u200d.com/", "address.bad"),
        ("", "address.bad"),
        ("javascript:alert(1)", "address.bad"),
        ("https://example.com/\r\nX: y", "address.bad"),
        ("https://\x00.com/", "address.bad"),
        ("https://[::1/", "address.bad"),
    ],
)
def test_what_is_no_receiver_is_told_why(url, code):
    with pytest.raises(AddressRefused) as refusal:
        parse_target(url, ports={443, 80})
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("url", "understood"),
    [
        ("https://Example.COM", "https://example.com/"),
        ("https://example.com:443/a?b=c&d=%20", "https://example.com/a?b=c&d=%20"),
        ("https://例子.测试/回调?名=值", "https://xn--fsqu00a.xn--0zwm56d/%E5%9B%9E%E8%B0%83?%E5%90%8D=%E5%80%BC"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x"),
    ],
)  # fmt: skip
def test_what_is_one_is_understood(url, understood):
    assert parse_target(url, ports={443}).url == understood


def test_a_receiver_of_ones_own_is_opened_by_hand():
    with receiving() as receiver:
        allowed = {receiver.authority}
        target = parse_target(receiver.url, ports={443}, allowed=allowed)
        answer = post(target, b'{"a":1}', {"X-One": "1"}, allowed=allowed)
    headers, body = receiver.heard[0]
    assert (answer.status, answer.body, body) == (200, b"ok", b'{"a":1}')
    assert headers["Host"] == receiver.authority
    assert headers["X-One"] == "1"


def test_little_is_read_however_much_is_said():
    with receiving(say(200, b"x" * 5_000_000)) as receiver:
        allowed = {receiver.authority}
        target = parse_target(receiver.url, ports={443}, allowed=allowed)
        assert len(post(target, b"{}", {}, allowed=allowed).body) == posting.MOST_READ


def test_a_compressed_answer_stays_packed():
    packed = b"\x1f\x8b" + b"\0" * 100
    with receiving(say(200, packed, Content_Encoding="gzip")) as receiver:
        allowed = {receiver.authority}
        target = parse_target(receiver.url, ports={443}, allowed=allowed)
        assert post(target, b"{}", {}, allowed=allowed).body == packed


def test_whoever_drips_is_cut_off(monkeypatch):
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 0.4)
    with receiving(drip) as receiver:
        allowed = {receiver.authority}
        target = parse_target(receiver.url, ports={443}, allowed=allowed)
        started = time.monotonic()
        with contextlib.suppress(Unreachable):
            post(target, b"{}", {}, allowed=allowed)
        assert time.monotonic() - started < 3


def test_whoever_drips_in_the_handshake_is_cut_off(monkeypatch):
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 0.4)
    with stalling() as port:
        allowed = {f"127.0.0.1:{port}"}
        target = parse_target(f"https://127.0.0.1:{port}/", ports={443}, allowed=allowed)
        started = time.monotonic()
        with pytest.raises(Unreachable):
            post(target, b"{}", {}, allowed=allowed)
        assert time.monotonic() - started < 3


def test_all_addresses_of_a_name_share_the_time(monkeypatch):
    """Two that do not answer: the second is dialled for what the first has left, and no longer."""
    names = NameServer(["203.0.114.7", "203.0.114.8"])
    now, given = [1000.0], []

    def dial(address, timeout, **more):
        given.append((address[0], timeout))
        now[0] += timeout
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    monkeypatch.setattr("urllib3.util.connection.create_connection", dial)
    monkeypatch.setattr(posting, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 8.0)
    with pytest.raises(Unreachable):
        post(parse_target("https://slow.example/", ports={443}), b"{}", {})
    names.close()
    assert given == [("203.0.114.7", 5.0), ("203.0.114.8", 3.0)]


@pytest.mark.parametrize(
    ("name", "words", "wait"),
    [
        ("Retry-After", "120", timedelta(minutes=2)),
        ("retry-after", "120", timedelta(minutes=2)),
        ("RETRY-AFTER", " 120 ", timedelta(minutes=2)),
        ("Retry-After", "9" * 5000, timedelta(days=1)),
        ("Retry-After", "-1", None),
        ("Retry-After", "²", None),
        ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("X-Other", "120", None),
    ],
)
def test_they_say_how_long_to_wait_in_any_case(name, words, wait):
    assert Answer(429, {name: words}, b"", 1).retry_after == wait


def test_who_hangs_up_is_unreachable():
    with receiving(lambda handler: handler.connection.close()) as receiver:
        allowed = {receiver.authority}
        target = parse_target(receiver.url, ports={443}, allowed=allowed)
        with pytest.raises(Unreachable):
            post(target, b"{}", {}, allowed=allowed)


@pytest.fixture
def by_name(monkeypatch):
    """Let every name lead to this machine."""
    names = NameServer(["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    yield
    names.close()


def test_tls_names_the_host_though_a_number_is_dialled(tmp_path, by_name, monkeypatch):
    context, pem = certificate(tmp_path, "hooks.example.com")
    asked = []
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with receiving(tls=context) as receiver:
        authority = f"hooks.example.com:{receiver.port}"
        target = parse_target(f"https://{authority}/x", ports={443}, allowed={authority})
        assert post(target, b"{}", {}, allowed={authority}).status == 200
    assert asked == ["hooks.example.com"]
    assert receiver.heard[0][0]["Host"] == authority


@pytest.mark.parametrize("known", [True, False])
def test_a_certificate_of_somebody_else_is_no_receiver(known, tmp_path, by_name, monkeypatch):
    context, pem = certificate(tmp_path, "other.example.com")
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with receiving(tls=context) as receiver:
        authority = f"hooks.example.com:{receiver.port}"
        target = parse_target(f"https://{authority}/x", ports={443}, allowed={authority})
        with pytest.raises(Unreachable, match=r"SSL|[Cc]ertificate"):
            post(target, b"{}", {}, allowed={authority})
    assert receiver.heard == []
