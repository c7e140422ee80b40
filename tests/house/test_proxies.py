"""The proxy examples in docs/operations.md work as they are printed, ports and certificate aside."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.house.conftest import ROOT, wait_until

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


class Upstream(ThreadingHTTPServer):
    """A stand-in for web or live that tells what reached it."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        seen = [self.server.name, self.headers["Host"], self.headers["X-Forwarded-Proto"]]
        body = " ".join(map(str, seen)).encode()
        if self.headers["Upgrade"] == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


def example(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)[1]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@pytest.fixture
def upstreams() -> Iterator[tuple[Upstream, Upstream]]:
    web, live = Upstream("web"), Upstream("live")
    yield web, live
    for one in (web, live):
        one.shutdown()
        one.server_close()


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request, upstreams, tmp_path) -> Iterator[int]:
    """Give the https port of a running proxy that was set up as the page says."""
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"{request.param} is not installed here")
    port = free_port()
    web, live = (str(one.port) for one in upstreams)
    if request.param == "nginx":
        key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
                *("-subj", "/CN=xiaoer.example", "-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        text = example("nginx").replace("listen 443", f"listen 127.0.0.1:{port}")
        text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        text = text.replace("/etc/ssl/xiaoer.example.pem", str(certificate))
        text = text.replace("/etc/ssl/xiaoer.example.key", str(key))
        text = text.replace("client_header_timeout 10s", "client_header_timeout 1s")
        folders = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "conf").write_text(
            f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; daemon off; events {{}} "
            f"http {{ access_log off; {folders}\n{upstream_ports(text, web, live)}\n}}"
        )
        command = [program, "-p", str(tmp_path), "-c", str(tmp_path / "conf")]
    else:
        text = example("caddyfile").replace("read_header 10s", "read_header 1s")
        text = text.replace("{\n", "{\n\tadmin off\n\tauto_https disable_redirects\n", 1)
        text = text.replace("xiaoer.example {", f"xiaoer.example:{port} {{\n\ttls internal")
        (tmp_path / "Caddyfile").write_text(
            upstream_ports(text, web, live).replace("\tservers", "\tskip_install_trust\n\tservers")
        )
        command = [program, "run", "--config", str(tmp_path / "Caddyfile")]
    with open(tmp_path / "output", "wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        )
    try:
        try:
            wait_until(lambda: answers(port))
        except AssertionError:
            print((tmp_path / "output").read_text())
            raise
        yield port
    finally:
        process.terminate()
        process.wait(10)


def upstream_ports(text: str, web: str, live: str) -> str:
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{web}").replace(
        "127.0.0.1:8001", f"127.0.0.1:{live}"
    )


def connect(port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), timeout=15)
    return context.wrap_socket(plain, server_hostname="xiaoer.example")


def answers(port: int) -> bool:
    try:
        with connect(port):
            return True
    except OSError:
        return False


def ask(port: int, path: str, *headers: str) -> bytes:
    with connect(port) as wire:
        lines = [f"GET {path} HTTP/1.1", "Host: xiaoer.example", *headers, "", ""]
        wire.sendall("\r\n".join(lines).encode())
        wire.settimeout(3)
        got = b""
        while b"xiaoer.example" not in got and (more := wire.recv(4096)):
            got += more
        time.sleep(0.05)
        return got


def test_pages_go_to_web_and_sockets_to_live(proxy):
    page = ask(proxy, "/desk/")
    assert b" 200 " in page.split(b"\r\n")[0]
    assert b"web xiaoer.example" in page
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    talk = ask(proxy, "/ws/", *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    assert b" 101 " in talk.split(b"\r\n")[0]
    assert b"live xiaoer.example" in talk


def test_headers_that_never_end_are_cut_off(proxy):
    with connect(proxy) as wire:
        wire.sendall(b"GET /ws/ HTTP/1.1\r\nHost: xiaoer.example\r\nX-Slow: ")
        began = time.monotonic()
        wire.settimeout(15)
        wire.recv(1000)
        assert time.monotonic() - began < 10
