"""Names and small things that every room of the launcher uses."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROLE = DATABASE = "xiaoer"
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"

Say = Callable[[str], None]


class EmbeddedError(RuntimeError):
    """What went wrong, in words for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The operating-system user that the server runs as."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, object]:
        """Return what ``subprocess`` needs to run a program as this account."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Place:
    """Where one server lives: its data, its programs, the user it runs as."""

    data: Path
    binaries: Path
    account: Account


def say_nothing(_line: str) -> None:
    """Swallow progress lines; for callers without a terminal."""


def say_to_stderr(line: str) -> None:
    """Print one progress line for the person at the terminal."""
    print(line, file=sys.stderr, flush=True)


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def clean_env() -> dict[str, str]:
    """Return an environment in which no PG… variable and no missing locale disturbs a program."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "HOME") if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", **kept}


@contextlib.contextmanager
def locked(root: Path, name: str, say: Say, reason: str) -> Iterator[None]:
    """Hold ``root/name`` alone; the kernel lets go of it when we are killed."""
    with open(root / name, "a") as handle:
        waiting_since = time.monotonic()
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told and time.monotonic() - waiting_since > 3:
                    say(reason)
                    told = True
                time.sleep(0.05)
        yield
