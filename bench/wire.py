"""A WebSocket client as cheap as Python allows, so that a benchmark measures the server.

Frames are masked with the zero key (allowed by RFC 6455, and free), texts are handed over as bytes.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable

Heard = Callable[[bytes], None]


class WireSocket(asyncio.Protocol):
    """One client socket; ``heard`` gets the payload of each text frame."""

    def __init__(self, heard: Heard, handshake: bytes) -> None:
        self.heard = heard
        self.handshake = handshake
        self.buffer = bytearray()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.handshake)  # type: ignore[attr-defined]

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed during the handshake"))

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer
        buffer += data
        if not self.opened.done():
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not buffer.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(bytes(buffer[:80]).decode()))
                self.transport.close()
                return
            del buffer[: end + 4]
            self.opened.set_result(None)
        start, size = 0, len(buffer)
        while size - start >= 2:
            length, head = buffer[start + 1], 2
            if length == 126:
                if size - start < 4:
                    break
                length, head = struct.unpack_from("!H", buffer, start + 2)[0], 4
            elif length == 127:
                if size - start < 10:
                    break
                length, head = struct.unpack_from("!Q", buffer, start + 2)[0], 10
            if size - start < head + length:
                break
            opcode = buffer[start] & 15
            payload = bytes(buffer[start + head : start + head + length])
            start += head + length
            if opcode == 1:
                self.heard(payload)
            elif opcode == 9:
                self._write(0x8A, payload)
            elif opcode == 8:
                self.lost = True
                self.transport.close()
        if start:
            del buffer[:start]

    def say(self, text: bytes) -> None:
        """Send one text frame."""
        self._write(0x81, text)

    def _write(self, first: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", first, 0x80 | size)
        elif size < 65_536:
            head = struct.pack("!BBH", first, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", first, 0x80 | 127, size)
        self.transport.write(head + b"\0\0\0\0" + payload)  # type: ignore[attr-defined]


async def open_socket(port: int, path: str, heard: Heard, *, cookie: str = "") -> WireSocket:
    """Connect to ``path`` on this machine and return the open socket."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    handshake = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    _transport, socket = await loop.create_connection(
        lambda: WireSocket(heard, handshake), "127.0.0.1", port
    )
    await socket.opened
    return socket
