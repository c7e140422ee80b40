"""Too much of anything, against the real processes: refused, and their memory stays where it was."""

import io
import re
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from websockets.exceptions import ConnectionClosed

from common.models import ImportFile
from tests.browser.house import House
from tests.tickets.casts import answered
from tests.tickets.live import cookie_of, phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("served")]

BODY, FRAME, BOMB = 200_000_000, 10_000_000, 400_000_000
MOST_GROWN = 64_000_000
BLOCK = b"x" * 65_536
BOUNDARY = "b" * 20


@pytest.fixture
def house(transactional_db: Any, _servers: House) -> House:
    return _servers


@pytest.fixture
def talk(transactional_db, mei, bo, team):
    return answered(mei.member, team, bo)


class Memory:
    """The most that a process and its children have held since it was asked to be watched."""

    def __init__(self, leader: int) -> None:
        self.processes = [
            place
            for place in Path("/proc").iterdir()
            if place.name.isdigit() and _group_of(place) == leader
        ]
        for place in self.processes:
            (place / "clear_refs").write_text("5")
        self.before = self._most()

    def grown(self) -> int:
        return self._most() - self.before

    def _most(self) -> int:
        words = [(place / "status").read_text() for place in self.processes]
        found = [re.search(r"VmHWM:\s+(\d+) kB", one) for one in words]
        return sum(int(one[1]) * 1_024 for one in found if one)


def _group_of(place: Path) -> int:
    try:
        return int((place / "stat").read_text().rpartition(")")[2].split()[2])
    except OSError:
        return 0


def heads(house: House, path: str, cookie: str, *more: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{house.port}",
        f"Origin: {house.url}",
        f"Cookie: {cookie}",
        "X-CSRFToken: " + cookie.rpartition("csrftoken=")[2],
        "Connection: close",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def pour(house: House, head: bytes, *, is_chunked: bool, first: bytes = b"") -> int:
    """Send a body of 200 MB as far as it is taken; return the status, 0 for a closed line."""
    sent = 0
    with socket.create_connection(("127.0.0.1", house.port), timeout=60) as line:
        try:
            line.sendall(head)
            while sent < BODY:
                block = first + BLOCK[len(first) :] if not sent else BLOCK[: BODY - sent]
                sent += len(block)
                if is_chunked:
                    block = b"%x\r\n%s\r\n" % (len(block), block)
                line.sendall(block)
            if is_chunked:
                line.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            answer = line.recv(65_536)
        except ConnectionResetError:
            return 0
    return int(answer.split()[1]) if answer else 0


def signed_in(user: Any) -> str:
    return f"{cookie_of(user)}; csrftoken={'c' * 32}"


DOORS = {
    "json": ("/api/v1/conversations/", "application/json"),
    "file": (
        "/api/v1/conversations/{key}/attachments/",
        f"multipart/form-data; boundary={BOUNDARY}",
    ),
    "form": ("/profile/password/", "application/x-www-form-urlencoded"),
    "import": ("/admin/common/importfile/upload/", f"multipart/form-data; boundary={BOUNDARY}"),
}
PART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    "Content-Type: image/jpeg\r\n\r\n"
).encode()


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("door", DOORS)
def test_two_hundred_megabytes_are_refused(door, is_chunked, house, talk, mei, ops):
    path, kind = DOORS[door]
    how = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {BODY}"
    cookie = signed_in(ops if door == "import" else mei)
    head = heads(house, path.format(key=talk.public_key), cookie, how, f"Content-Type: {kind}")
    memory = Memory(house.running["web"].pid)
    status = pour(house, head, is_chunked=is_chunked, first=PART if "multipart" in kind else b"")
    # The form of the back office comes back with what is wrong in it.
    assert status == 0 or 400 <= status < 500 or (door == "import" and status == 200)
    assert not ImportFile.objects.exists()
    assert memory.grown() < MOST_GROWN


@pytest.mark.parametrize(
    "path", ["/", "/join/", "/admin/common/importfile/upload/", "/sign-out/", "/api/docs/"]
)
def test_a_stranger_fills_no_disk(path, house, transactional_db):
    """Nothing of a form is read that is larger than any form: not even as far as its token."""
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    head = heads(house, path, f"csrftoken={'c' * 32}", f"Content-Length: {BODY}", kind)
    with socket.create_connection(("127.0.0.1", house.port), timeout=60) as line:
        line.sendall(head + PART)
        assert int(line.recv(65_536).split()[1]) == 400


def test_a_change_in_pieces_is_refused_and_not_forgotten(house, talk, mei):
    kind = "Content-Type: application/json"
    head = heads(house, "/api/v1/me/", signed_in(mei), "Transfer-Encoding: chunked", kind)
    with socket.create_connection(("127.0.0.1", house.port), timeout=60) as line:
        body = b'{"language": "en"}'
        line.sendall(head.replace(b"POST", b"PATCH") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert int(answer.split()[1]) == 411
    assert b"length_required" in answer


def test_a_frame_of_ten_megabytes_is_refused(house, talk, mei):
    memory = Memory(house.running["live"].pid)

    async def say() -> int | None:
        async with phone(house.live_port, cookie_of_mei) as client:
            await client.until("hello")
            try:
                await client.socket.send("x" * FRAME)
                while True:
                    await client.next()
            except ConnectionClosed:
                return client.socket.close_code

    cookie_of_mei = cookie_of(mei)
    assert async_to_sync(say)() == 1009
    assert memory.grown() < MOST_GROWN


def test_a_bomb_is_refused_before_it_is_unpacked(house, talk, mei):
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as inside,
    ):
        for _ in range(BOMB // 1_000_000):
            inside.write(b"0" * 1_000_000)
    body = PART.replace(b"a.jpg", b"a.docx") + bomb.getvalue() + f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    path = f"/api/v1/conversations/{talk.public_key}/attachments/"
    memory = Memory(house.running["web"].pid)
    with socket.create_connection(("127.0.0.1", house.port), timeout=60) as line:
        line.sendall(
            heads(house, path, signed_in(mei), f"Content-Length: {len(body)}", kind) + body
        )
        status = int(line.recv(65_536).split()[1])
    assert 400 <= status < 500
    assert memory.grown() < MOST_GROWN
