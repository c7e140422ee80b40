"""What the kernel and the pid file say about a server."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path


def process_state(pid: int) -> str:
    """Return the kernel's letter for a process (``Z`` is a zombie), or '' when there is none."""
    if _has_proc():
        return _stat(pid, 0)
    return _ask_ps(pid, "stat")[:1]


def process_birth(pid: int) -> str:
    """Return when the kernel started the process, to tell it from a later one of the same number."""
    if _has_proc():
        return _stat(pid, 19)
    return _ask_ps(pid, "lstart")


def process_command(pid: int) -> str:
    """Return the command line of a process, or ''."""
    if not _has_proc():
        return _ask_ps(pid, "command")
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return said.replace(b"\0", b" ").decode(errors="replace")


def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


def _stat(pid: int, place: int) -> str:
    """Return one word of the kernel's line about a process, counted after its name."""
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
        return line.rpartition(b")")[2].split()[place].decode()
    except (OSError, IndexError):
        return ""


def _ask_ps(pid: int, column: str) -> str:
    """Ask ``ps``, which macOS always has and a bare Linux has not (that one has /proc)."""
    said = subprocess.run(
        ["ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True
    )
    return said.stdout.strip()


def alive(pid: int) -> bool:
    return process_state(pid) not in ("", "Z", "X")


def is_our_postmaster(pid: int, data: Path) -> bool:
    """Say whether the process is a living postgres of this very data folder."""
    if pid <= 1 or not alive(pid):
        return False
    try:
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
        return program == "postgres" and os.path.realpath(f"/proc/{pid}/cwd") == str(data.resolve())
    except PermissionError:
        return False  # another user's process: ours run under the owner of the data
    except OSError:
        command = process_command(pid)
        return "postgres" in command.split(" ")[0] and str(data) in command


def working_in(data: Path) -> list[int]:
    """Return the programs of PostgreSQL that still work inside the folder, pid file or not."""
    inside = str(data.resolve())
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            program = os.path.basename(os.readlink(entry / "exe")).removesuffix(" (deleted)")
            here = program in ("postgres", "initdb") and os.readlink(entry / "cwd") == inside
            if here and alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def read_pid_file(data: Path) -> tuple[int, Path | None]:
    """Return pid and socket folder of ``postmaster.pid``; ``(0, None)`` when it says neither."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").split("\n")
    except OSError:
        return 0, None
    try:
        pid = int(lines[0])
    except ValueError:
        return 0, None
    return pid, Path(lines[4]) if len(lines) > 5 and lines[4].startswith("/") else None
