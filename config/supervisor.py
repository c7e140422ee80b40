"""Keep the processes of the Procfile running, and leave nothing behind.

Standard library only. One thread, one loop: children write to their own log files, so a slow or
killed supervisor never blocks them. A child that dies is started again with growing pauses. On Linux
children are told to end when the supervisor dies (``PR_SET_PDEATHSIG``); whatever survives that
is found at the next start by a mark in its environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import shlex
import shutil
import signal
import string
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config import embedded

MARK = "XIAOER_SUPERVISED"
LOG_LIMIT = 10 * 1024 * 1024
LOGS_KEPT = 5
STOP_ORDER = ("worker", "clock", "live", "web")
# The worker finishes the tasks that it holds: 20 s each at most, two rounds, and one more to be sure.
PATIENCE = {"worker": 60.0}
DEFAULT_PATIENCE = 15.0
PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
CALM = 60.0  # a child that lived this long starts again without a pause

Say = Callable[[str], None]


def read_procfile(path: Path, values: dict[str, str]) -> dict[str, list[str]]:
    """Return the command of each process, ``$NAME`` filled in from ``values``."""
    commands = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, colon, command = line.partition(":")
        if colon and not line.lstrip().startswith("#"):
            commands[name.strip()] = [
                string.Template(word).substitute(values) for word in shlex.split(command)
            ]
    return commands


@dataclass
class Child:
    """One process of the house and how it fares."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    due: float = 0.0

    @property
    def running(self) -> bool:
        """Say whether the process lives."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Starts, watches and stops the children; ``run`` blocks until a signal or a failed start."""

    root: Path
    data: Path
    commands: dict[str, list[str]]
    environment: dict[str, str]
    say: Say
    watch_database: bool = False
    state: dict[str, object] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    stop_signals: int = 0
    _helper: subprocess.Popen[bytes] | None = None
    _next_database_look: float = 0.0
    _next_housekeeping: float = 0.0

    def __post_init__(self) -> None:
        """Make the children from the commands, logs beside the data."""
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.children = [
            Child(name, command, self.logs / f"{name}.log")
            for name, command in self.commands.items()
        ]

    @property
    def logs(self) -> Path:
        """Return the folder of the log files."""
        return self.data / "logs"

    # --- life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start every child and write down who they are."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup asked for a deaf ear to HUP: leave it so.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        raise_file_limit()
        for child in self.children:
            self._spawn(child)

    def wait_ready(
        self, urls: dict[str, str], patience: float, headers: dict[str, str]
    ) -> str | None:
        """Wait until each address answers 200; return None, or what went wrong."""
        deadline = time.monotonic() + patience
        waiting, last = dict(urls), ""
        while waiting and not self.stop_signals:
            self.look_after()
            for name, url in list(waiting.items()):
                ok, last = _answers(url, headers)
                if ok:
                    del waiting[name]
            if waiting and time.monotonic() > deadline:
                return f"{', '.join(waiting)} 没有就绪 not ready after {patience:.0f} s: {last}"
            hopeless = [child for child in self.children if child.falls >= 3]
            if hopeless:
                return "\n".join(
                    f"{child.name} 一再退出 keeps ending:\n{tail(child.log)}" for child in hopeless
                )
            time.sleep(0.1)
        return None

    def run(self) -> None:
        """Watch until a signal asks to stop."""
        while not self.stop_signals:
            self.look_after()
            time.sleep(0.2)

    def look_after(self) -> None:
        """Do one round: dead children, the database, the size of the logs."""
        now = time.monotonic()
        for child in self.children:
            if not child.running:
                self._revive(child, now)
        if self.watch_database and now >= self._next_database_look:
            self._next_database_look = now + 1
            self._look_at_database()
        if now >= self._next_housekeeping:
            self._next_housekeeping = now + 10
            for child in self.children:
                rotate(child.log)
            if self.watch_database:
                embedded.prune_logs()

    def stop(self) -> None:
        """End the children in order, then whatever else carries our mark."""
        order = sorted(self.children, key=lambda child: _stop_rank(child.name))
        for child in order:
            self._end(child)
        if self._helper:
            self._helper.wait()
        end_leftovers(self.data, self.say, patience=3)
        with contextlib.suppress(FileNotFoundError):
            (self.data / "run.json").unlink()

    # --- one child ---------------------------------------------------------------------------

    def _spawn(self, child: Child) -> None:
        with open(child.log, "ab") as log:
            log.write(f"--- {time.strftime('%Y-%m-%dT%H:%M:%S%z')} start {child.name}\n".encode())
            log.flush()
            child.process = subprocess.Popen(
                child.command,
                cwd=self.root,
                env=self.environment | {MARK: str(self.data)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        child.started = time.monotonic()
        child.due = 0.0
        self._write_state()

    def _revive(self, child: Child, now: float) -> None:
        assert child.process is not None
        if not child.due:
            # Its own children may outlive it and hold its port: they belong to its group.
            _kill_group(child.process.pid, signal.SIGKILL)
            child.falls = 1 if now - child.started > CALM else child.falls + 1
            pause = PAUSES[min(child.falls - 1, len(PAUSES) - 1)]
            child.due = now + pause
            code = child.process.returncode
            ended = signal.Signals(-code).name if code < 0 else f"code {code}"
            self.say(f"{child.name} 退出了 ended ({ended})，{pause:.0f} s 后重启 restarting")
        if now >= child.due and not self.stop_signals:
            self._spawn(child)

    def _end(self, child: Child) -> None:
        if child.process is None:
            return
        if child.running:
            child.process.terminate()
        patience = PATIENCE.get(child.name, DEFAULT_PATIENCE)
        started = told = time.monotonic()
        while child.running:
            now = time.monotonic()
            if now - started > patience or self.stop_signals > 1:
                self.say(f"{child.name} 没有停下，强制结束 killed")
                break
            if now - told > 3:
                told = now
                self.say(
                    f"等 {child.name} 停下 waiting ({now - started:.0f} s)；Ctrl-C: 强制 force"
                )
            time.sleep(0.03)
        _kill_group(child.process.pid, signal.SIGKILL)
        child.process.wait()

    # --- around it ---------------------------------------------------------------------------

    def _look_at_database(self) -> None:
        if self._helper is not None:
            if self._helper.poll() is None:
                return
            if self._helper.returncode:
                self.say(f"数据库没有起来 the database is down\n{tail(self.logs / 'database.log')}")
                self._next_database_look = time.monotonic() + 10
            else:
                self.say("数据库回来了 the database is back")
            self._helper = None
        elif embedded.running_url() is None:
            self.say("数据库停了，重新启动 the database is gone, starting it again")
            with open(self.logs / "database.log", "wb") as log:
                self._helper = subprocess.Popen(
                    [sys.executable, "-m", "config.embedded", "start"],
                    cwd=self.root,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def _write_state(self) -> None:
        known = {
            child.name: {
                "pid": child.process.pid,
                "born": embedded.process_birth(child.process.pid),
            }
            for child in self.children
            if child.process is not None
        }
        text = json.dumps({"pid": os.getpid(), "children": known, **self.state})
        fresh = self.data / "run.json.new"
        fresh.write_text(text)
        fresh.rename(self.data / "run.json")

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.stop_signals += 1


def _stop_rank(name: str) -> int:
    return STOP_ORDER.index(name) if name in STOP_ORDER else len(STOP_ORDER)


def raise_file_limit() -> None:
    """Let the children open as many sockets as the system allows, up to 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel, in the child, for a TERM when the supervisor dies, however it dies."""
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGTERM)


def _answers(url: str, headers: dict[str, str]) -> tuple[bool, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return answer.status == 200, str(answer.status)
    except urllib.error.HTTPError as error:
        return False, f"{error.code} {error.read(300).decode(errors='replace')}"
    except OSError as error:
        return False, str(error)


def tail(path: Path, lines: int = 12) -> str:
    """Return the last lines of a log."""
    with contextlib.suppress(OSError), open(path, "rb") as log:
        log.seek(max(0, path.stat().st_size - 8192))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
    return ""


def rotate(path: Path) -> None:
    """Move a log that grew too large aside and empty it; the children append and never notice.

    Copy, then truncate: a line written between the two is copied by the second look, one written
    in the microseconds after that is lost. The price of children that no pipe can block.
    """
    try:
        if path.stat().st_size < LOG_LIMIT:
            return
    except FileNotFoundError:
        return
    for number in range(LOGS_KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.rename(path.with_name(f"{path.name}.{number + 1}"))
    with open(path, "r+b") as log, open(path.with_name(f"{path.name}.1"), "wb") as old:
        shutil.copyfileobj(log, old)
        shutil.copyfileobj(log, old)
        log.truncate(0)


# --- who is already there ------------------------------------------------------------------------


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[bool]:
    """Yield whether we are the only supervisor of this data folder, and stay so for the block."""
    with open(data / "run.lock", "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def read_state(data: Path) -> dict[str, object]:
    """Return what the running (or killed) supervisor wrote down, or {}."""
    try:
        state = json.loads((data / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _marked(data: Path) -> list[int]:
    """Return the processes that a supervisor of this data folder started, directly or not."""
    mark = f"{MARK}={data}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (
                mark in (entry / "environ").read_bytes().split(b"\0")
                and int(entry.name) != os.getpid()
            ) and embedded.alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def _recorded(data: Path) -> list[int]:
    children = read_state(data).get("children")
    if not isinstance(children, dict):
        return []
    return [
        who["pid"]
        for who in children.values()
        if who["born"]
        and embedded.process_birth(who["pid"]) == who["born"]
        # A zombie has ended; where process 1 does not collect them (a container's), it stays.
        and embedded.alive(who["pid"])
    ]


def end_leftovers(data: Path, say: Say, patience: float = 15) -> list[int]:
    """End what an earlier supervisor left running; return the processes that were found."""
    first = sorted({*_marked(data), *_recorded(data)})
    if not first:
        return []
    say(f"结束遗留的进程 ending left-over processes: {', '.join(map(str, first))}")
    _signal_all(first, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while left := sorted({*_marked(data), *_recorded(data)}):
        if time.monotonic() > deadline:
            for pid in left:
                _kill_group(pid, signal.SIGKILL)
            _signal_all(left, signal.SIGKILL)
        if time.monotonic() > deadline + 10:
            say(f"停不下来 cannot be ended: {', '.join(map(str, left))}")
            break
        time.sleep(0.05)
    return first


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _kill_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
