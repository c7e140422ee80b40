"""Stop, share, describe and remove the server."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.embedded.base import EmbeddedError, Say, locked, say_to_stderr, user_name
from config.embedded.folders import data_root, ensure_data_root
from config.embedded.place import current_data, recorded_data
from config.embedded.processes import alive, is_our_postmaster, read_pid_file
from config.embedded.server import remove_half_made, running_url


def stop(say: Say = say_to_stderr) -> bool:
    """Stop the server; return False when none ran. Open connections are closed, nothing is lost."""
    root = data_root()
    if not root.exists():
        return False
    with locked(root, "pg.lock", say, "数据库正在启动，等一下… a start is at work, waiting"):
        data = current_data(root)
        pid, socket_dir = read_pid_file(data)
        if not is_our_postmaster(pid, data):
            return False
        for sign, patience in ((signal.SIGINT, 90), (signal.SIGQUIT, 20)):
            os.kill(pid, sign)
            started = told = time.monotonic()
            while (now := time.monotonic()) - started < patience:
                if not alive(pid):
                    if socket_dir and socket_dir != data:
                        with contextlib.suppress(OSError):
                            socket_dir.rmdir()
                    return True
                if now - told > 3:
                    told = now
                    say(f"等数据库停下 waiting for the database to stop ({now - started:.0f} s)")
                time.sleep(0.02)
        raise EmbeddedError(f"数据库停不下来 the database (process {pid}) does not stop.")


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Say for as long as the block lasts that somebody needs the server; see ``stop_if_unused``."""
    with open(ensure_data_root() / "pg.users", "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def stop_if_unused(say: Say = say_to_stderr) -> bool:
    """Stop the server unless another ``./run`` still works on it; return whether it was stopped."""
    root = data_root()
    if not root.exists():
        return False
    with open(root / "pg.users", "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("数据库还有人在用，先不停 the database is in use elsewhere and stays up")
            return False
        return stop(say)


def remove(say: Say = say_to_stderr) -> None:
    """Stop the server and delete its data for good."""
    stop(say)
    root = data_root()
    data = current_data(root)
    if data.exists():
        shutil.rmtree(data)
    remove_half_made(data)
    if data.parent != root and recorded_data(root):
        shutil.rmtree(data.parent)
    (root / "pg.place").unlink(missing_ok=True)


@dataclass(frozen=True)
class Status:
    """What ``./run doctor`` and the pages for operators tell about the server."""

    running: bool
    data: Path
    owner: str
    version: str
    socket_dir: Path | None
    pid: int


def status() -> Status:
    """Return where the server is and whether it answers; changes nothing."""
    data = current_data(data_root())
    pid, socket_dir = read_pid_file(data)
    try:
        owner, version = user_name(data.stat().st_uid), (data / "PG_VERSION").read_text().strip()
    except OSError:
        owner = version = ""
    running = is_our_postmaster(pid, data) and running_url() is not None
    return Status(
        running, data, owner, version, socket_dir if running else None, pid if running else 0
    )
