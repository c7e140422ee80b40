"""Anchors: the head of the chain, written where the database cannot reach."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from common.chain.sealing import head, seal_all
from common.models import ChainAnchor

log = logging.getLogger(__name__)

FOLDER = "anchors"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the head was, and who says so: ``file``, ``table`` or ``given`` by hand."""

    position: int
    hash: bytes
    at: str
    source: str


def anchor_file() -> Path:
    """Return the file of this very database: a new or restored one begins a file of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()), "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        system, database = cursor.fetchone()
    return Path(settings.DATA_DIR) / FOLDER / f"history-{system}-{database}.jsonl"


def anchor_history(now: datetime) -> ChainAnchor | None:
    """Seal what is noted and write down the head; None while there is no chain yet.

    Only what is committed is anchored: sealing has transactions of its own. The file is written
    before the table, so that the table never knows an anchor that the file does not.
    """
    seal_all()
    last = head()
    if not last.position:
        return None
    line = {"at": now.isoformat(), "position": last.position, "hash": last.hash.hex()}
    log.info("history anchor %s:%s", last.position, last.hash.hex())
    _write(anchor_file(), json.dumps(line))
    return ChainAnchor.objects.create(position=last.position, hash=last.hash, at=now)


def known_anchors() -> Iterator[Anchor]:
    """Yield the anchors of the table and of the file, a line that cannot be read as position 0."""
    for row in ChainAnchor.objects.order_by("pk").iterator():
        yield Anchor(row.position, bytes(row.hash), row.at.isoformat(), "table")
    path = anchor_file()
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                yield _read(line)


def _read(line: str) -> Anchor:
    try:
        said: dict[str, Any] = json.loads(line)
        return Anchor(int(said["position"]), bytes.fromhex(said["hash"]), said["at"], "file")
    except (ValueError, KeyError, TypeError):
        return Anchor(0, b"", line.strip()[:80], "file")


def _write(path: Path, line: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
