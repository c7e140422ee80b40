"""``./run`` brings the house up, keeps it up and leaves nothing behind. The house is a small one:
the same launcher and supervisor around four tiny processes."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config import embedded, supervisor
from tests.house.conftest import ROOT, House, state, wait_until

SERVER = """\
import http.server, os, sys
open(os.environ["XIAOER_DATA"] + "/" + sys.argv[2] + ".pids", "a").write(f"{os.getpid()}\\n")
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ready")
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
# A worker whose grandchild hides in a session of its own and is deaf to TERM: the worst kind.
MANAGE = """\
import os, signal, subprocess, sys, time
if sys.argv[1] == "hide":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(300)
if sys.argv[1] in ("worker", "clock"):
    open(os.environ["XIAOER_DATA"] + "/" + sys.argv[1] + ".pids", "a").write(f"{os.getpid()}\\n")
    if sys.argv[1] == "worker":
        subprocess.Popen([sys.executable, __file__, "hide"], start_new_session=True)
    time.sleep(300)
"""
PROCFILE = """\
web: python server.py $PORT web
live: python server.py $LIVE_PORT live
worker: python manage.py worker
clock: python manage.py clock
"""


@dataclass
class Run:
    """One ``./run`` and what it printed."""

    process: subprocess.Popen
    output: Path

    def said(self) -> str:
        return self.output.read_text()

    def ready(self) -> "Run":
        wait_until(lambda: "is ready" in self.said() or self.process.poll() is not None, 90)
        assert self.process.poll() is None, self.said()
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(90)


@dataclass
class SmallHouse:
    """A copy of ``run`` and the launcher with a Procfile of four tiny processes."""

    inner: House
    ports: tuple[int, int]
    runs: list[Run] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.inner.data

    def start(self, *words: str) -> Run:
        output = self.inner.folder / f"output-{len(self.runs)}.txt"
        environment = self.inner.environment() | {
            "XIAOER_VENV": sys.prefix,
            "PORT": str(self.ports[0]),
            "LIVE_PORT": str(self.ports[1]),
        }
        with open(output, "w") as out:
            process = subprocess.Popen(
                [sys.executable, self.inner.folder / "run", *words],
                env=environment,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.runs.append(Run(process, output))
        return self.runs[-1]

    def pid(self, name: str) -> int:
        return int((self.data / f"{name}.pids").read_text().split()[-1])

    def living(self) -> list[str]:
        """Return what still runs on behalf of this house, the database included."""
        named = [
            f"{number} {command}"
            for number in filter(str.isdigit, os.listdir("/proc"))
            if str(self.inner.folder) in (command := embedded.process_command(int(number)))
        ]
        return named + [str(pid) for pid in supervisor._marked(self.data)]


@pytest.fixture
def small(house):
    """Give a small house that is not running."""
    for name in ("run", "requirements.txt"):
        shutil.copy(ROOT / name, house.folder / name)
    (house.folder / "server.py").write_text(SERVER)
    (house.folder / "manage.py").write_text(MANAGE)
    (house.folder / "Procfile").write_text(PROCFILE)
    made = SmallHouse(house, free_ports())
    yield made
    for run in made.runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
    for pid in supervisor._marked(made.data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def get(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return answer.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "TERM"])
def test_a_signal_stops_all_of_it(small, number):
    run = small.start().ready()
    assert get(small.ports[0]) == b"ready"
    assert get(small.ports[1]) == b"ready"
    assert run.end(number) == 0
    assert small.living() == []


def test_a_killed_supervisor_leaves_no_children_and_the_next_start_works(small):
    small.start().ready()
    children = [small.pid(name) for name in ("web", "live", "worker", "clock")]
    small.runs[0].end(signal.SIGKILL)
    if sys.platform == "linux":
        wait_until(lambda: all(state(pid) in ("", "Z") for pid in children))
    second = small.start().ready()
    assert "left-over" in second.said()  # the one that hid and was deaf
    assert second.end() == 0
    assert small.living() == []


def test_a_child_that_dies_is_started_again_and_said(small):
    run = small.start().ready()
    before = small.pid("live")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: small.pid("live") != before)
    wait_until(lambda: "live 退出了 ended (SIGKILL)" in run.said())
    assert run.end() == 0


def test_a_database_that_dies_is_started_again_and_said(small):
    run = small.start().ready()
    before = small.inner.pid()
    small.inner.kill_server()
    wait_until(lambda: "the database is back" in run.said(), 90)
    assert small.inner.pid() != before
    assert run.end() == 0


def test_a_taken_port_is_replaced_and_said(small):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", small.ports[0]))
        taken.listen()
        run = small.start().ready()
    said = re.search(rf"Port {small.ports[0]} is taken, web uses (\d+)", run.said())
    assert get(int(said[1])) == b"ready"
    assert f"http://127.0.0.1:{said[1]}/" in run.said()
    assert run.end() == 0


def test_a_second_start_says_where_the_first_one_is_and_stop_stops_it(small):
    first = small.start().ready()
    second = small.start()
    assert second.process.wait(90) == 0
    assert f"already running: http://127.0.0.1:{small.ports[0]}/" in second.said()
    assert small.start("stop").process.wait(90) == 0
    assert first.process.wait(60) == 0
    assert small.living() == []


def test_a_process_that_cannot_start_ends_the_run_with_its_log(small):
    (small.inner.folder / "server.py").write_text("raise SystemExit('no such module: tea')")
    run = small.start()
    assert run.process.wait(90) == 1
    assert "no such module: tea" in run.said()
    assert small.living() == []


def test_logs_are_rotated_by_size(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LOG_LIMIT", 100)
    log = tmp_path / "web.log"
    for number in range(8):
        with open(log, "ab") as writer:  # as a child holds it: open for appending
            writer.write(b"%d\n" % number * 100)
            writer.flush()
            supervisor.rotate(log)
            writer.write(b"later\n")
    assert log.read_bytes() == b"later\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log"] + [
        f"web.log.{number}" for number in range(1, 6)
    ]


def test_the_procfile_is_read_without_a_shell(tmp_path):
    (tmp_path / "Procfile").write_text("# note\nweb: serve --port $PORT 'a b'\n")
    commands = supervisor.read_procfile(tmp_path / "Procfile", {"PORT": "8000"})
    assert commands == {"web": ["serve", "--port", "8000", "a b"]}


def test_no_loose_ends_in_time(small):
    """A TERM while the house is still being prepared also stops the database."""
    (small.inner.folder / "manage.py").write_text("import time; time.sleep(60)")
    run = small.start()
    wait_until(lambda: (small.data / "pg" / "postmaster.pid").exists(), 90)
    time.sleep(0.5)
    run.end()
    assert small.living() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_stopped_tidies_up_and_takes_its_database_along(small, number):
    tidy = "try: time.sleep(60)\nfinally: time.sleep(0.5); print('tidied up', flush=True)\n"
    (small.inner.folder / "manage.py").write_text(
        "import time\nprint('at work', flush=True)\n" + tidy
    )
    run = small.start("manage", "shell")
    wait_until(lambda: "at work" in run.said(), 90)
    if number == signal.SIGINT:  # the terminal sends it to everybody
        os.killpg(run.process.pid, number)
        code = run.process.wait(90)
    else:
        code = run.end(number)
    assert code == 130
    assert "tidied up" in run.said()
    assert small.living() == []


def test_a_zombie_is_not_waited_for(tmp_path):
    """The dead of a killed supervisor stay in the list of a container whose first process is deaf."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    wait_until(lambda: state(child.pid) == "Z")
    known = {"web": {"pid": child.pid, "born": embedded.process_birth(child.pid)}}
    (tmp_path / "run.json").write_text(json.dumps({"children": known}))
    assert supervisor.end_leftovers(tmp_path, print) == []
    child.wait()
