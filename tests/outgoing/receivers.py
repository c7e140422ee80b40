"""Receivers on this machine: what a webhook finds at the other end, well-behaved and otherwise."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Receiver:
    """A server that remembers what it was sent; ``answer`` writes what it says."""

    port: int
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}/hook"


def say(status: int, body: bytes = b"ok", **headers: str) -> Callable[[Any], None]:
    """Answer with ``status``."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextlib.contextmanager
def receiving(
    *answers: Callable[[Any], None], tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Run a receiver that gives ``answers`` in turn, the last one for good."""
    said = list(answers) or [say(200)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.heard.append((dict(self.headers), body))
            answer = said.pop(0) if len(said) > 1 else said[0]
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *words: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> Any:
            connection, address = super().get_request()
            receiver.connections += 1
            return connection, address

        def handle_error(self, *words: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Answer a byte at a time, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000000")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@contextlib.contextmanager
def stalling() -> Iterator[int]:
    """Begin a TLS record to whoever connects, and send it a byte at a time: it would take a quarter of an hour."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def stall() -> None:
        connection, _address = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"\x16\x03\x03\x40\x00")
            while not stopping.wait(0.05):
                connection.sendall(b"\x02")

    thread = threading.Thread(target=stall, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        listener.close()


@contextlib.contextmanager
def listening() -> Iterator[tuple[int, list[Any]]]:
    """Count who connects to a port of this machine, whatever they want."""
    heard: list[Any] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stopping = threading.Event()

    def listen() -> None:
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                connection, address = listener.accept()
                heard.append(address)
                connection.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        stopping.set()
        thread.join()
        listener.close()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """Make a server's context with a certificate for ``name``, and the file of who signed it (itself)."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / f"{name}.key"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context, pem


class NameServer:
    """A DNS server of our own on UDP, whose answers a test writes: one list of addresses a question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, address = self._socket.recvfrom(512)
            except OSError:
                return
            labels, place = [], 12
            while question[place]:
                labels.append(question[place + 1 : place + 1 + question[place]].decode())
                place += question[place] + 1
            self.questions.append(".".join(labels))
            found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            head = question[:2] + b"\x81\x80\x00\x01" + len(found).to_bytes(2, "big") + bytes(4)
            rows = b"".join(
                # A time to live of zero: who asks again hears something else.
                b"\xc0\x0c\x00\x01\x00\x01" + bytes(4) + b"\x00\x04" + socket.inet_aton(one)
                for one in found
            )
            self._socket.sendto(head + question[12 : place + 5] + rows, address)

    def getaddrinfo(self, host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        """Stand in for the system's resolver: ask this server, over the wire."""
        if all(part.isdigit() for part in host.split(".")):
            addresses = [host]
        else:
            labels = b"".join(bytes([len(part)]) + part.encode() for part in host.split("."))
            asked = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + labels + b"\x00\x00\x01\x00\x01"
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
                ear.settimeout(5)
                ear.sendto(asked, ("127.0.0.1", self.port))
                answer = ear.recv(2048)
            rows = answer[len(asked) :]
            addresses = [
                socket.inet_ntoa(rows[at + 12 : at + 16]) for at in range(0, len(rows), 16)
            ]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]
