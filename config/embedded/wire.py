"""The first lines of the PostgreSQL protocol: enough to ask whether somebody is home."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from config.embedded.base import DATABASE, ROLE, SOCKET_NAME

STARTING_UP = "57P03"
TOO_MANY = "53300"
MISSING = ("28000", "3D000")  # the role, the database


def probe(socket_dir: Path, user: str = ROLE, database: str = DATABASE) -> str:
    """Return ``ready``, ``absent`` (nobody listens) or the SQLSTATE with which we are refused.

    Speaks the first lines of the PostgreSQL protocol itself: a program like ``pg_isready`` takes
    ten times as long, and says nothing about our role and database.
    """
    pairs = f"user\0{user}\0database\0{database}\0application_name\0launcher\0\0".encode()
    packet = struct.pack("!ii", len(pairs) + 8, 196608) + pairs
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(5)
            wire.connect(os.fsencode(socket_dir / SOCKET_NAME))
            wire.sendall(packet)
            with wire.makefile("rb") as answers:
                return _first_verdict(answers, wire)
    except OSError:
        return "absent"


def _first_verdict(answers: BinaryIO, wire: socket.socket) -> str:
    while head := answers.read(5):
        if len(head) < 5:
            break
        kind, length = head[:1], struct.unpack("!i", head[1:])[0]
        body = answers.read(length - 4)
        if kind == b"E":
            fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
            return fields.get(b"C", b"XX000").decode()
        if kind == b"Z":
            wire.sendall(b"X\0\0\0\4")
            return "ready"
        if kind == b"R" and struct.unpack("!i", body[:4])[0] != 0:
            return "28000"
    return "absent"


def url(socket_dir: Path, database: str = DATABASE) -> str:
    """Return the address in the form that libpq, psycopg and django-environ all understand."""
    return f"postgresql://{ROLE}@/{database}?host={quote(str(socket_dir), safe='/')}&port=5432"
