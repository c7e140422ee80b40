"""``bench web``: an authenticated API read under the shipped server, against uvicorn and ASGI.

The same project, database, app's access token and callers. Ours is started by the line of ``Procfile`` with
what ``./run`` fills in: a worker a core. The other is uvicorn as it comes, one process; beside the rates stand
the CPU times of a request, which do not depend on how many processes share the work. Every answer must be 200
and the same to the byte.
"""

import contextlib
import os
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bench.house import ROOT, asgi_server, cpu_seconds, free_port, scratch_database
from bench.report import Failed, Result

CALLERS = 16
WORKERS = min(8, os.cpu_count() or 1)
THREADS = 4


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure both servers in turns; fails when an answer is lost, refused or different."""
    rounds, seconds = max(rounds, 3), 2.0 if quick else 8.0
    with scratch_database() as address:
        token, path = _world()
        environment = _environment(address)
        ours: list[dict[str, Any]] = []
        theirs: list[dict[str, Any]] = []
        own_port, other_port = free_port(), free_port()
        with (
            _shipped(own_port, environment) as own_pids,
            asgi_server("bench.web_asgi:application", port=other_port, **environment) as other_pid,
        ):
            sides = ((other_port, [other_pid], theirs), (own_port, own_pids, ours))
            for port, _pids, _told in sides:
                _ask(port, path, token, 1.0)
            for _round in range(rounds):
                for port, pids, told in sides:
                    before = cpu_seconds(pids)
                    answer = _ask(port, path, token, seconds)
                    answer["cpu"] = cpu_seconds(pids) - before
                    told.append(answer)
        answers = _checked(ours + theirs)
    fast, plain = _rate(ours), _rate(theirs)
    return Result(
        bench="web",
        ours=round(fast),
        baseline=round(plain),
        ratio=round(fast / plain, 2),
        unit="requests/s",
        detail={
            "path": path,
            "callers": CALLERS,
            "ours_workers": WORKERS,
            "ours_threads": THREADS,
            "rounds": rounds,
            "ours_rounds": [round(one["answered"] / one["seconds"]) for one in ours],
            "baseline_rounds": [round(one["answered"] / one["seconds"]) for one in theirs],
            "ours_server_cpu_ms": _cpu(ours),
            "baseline_server_cpu_ms": _cpu(theirs),
            "ours_p99_ms": statistics.median(one["p99_ms"] for one in ours),
            "baseline_p99_ms": statistics.median(one["p99_ms"] for one in theirs),
            "answers": answers,
            "lost": 0,
            "different": 0,
        },
    )


def _world() -> tuple[str, str]:
    from django.utils import timezone

    from accounts.actions import sign_in_device
    from accounts.models import User
    from bench.world import make_world
    from common.parameters import set_value

    make_world(1)
    set_value("api.reads_a_minute", 10_000_000, by=None, reason="benchmark")
    signed_in = sign_in_device(
        User.objects.get(username="bench-0"),
        method="password",
        name="bench",
        platform="android",
        app_version="1",
        address="",
        now=timezone.now(),
    )
    return f"Bearer {signed_in.access}", "/api/v1/me/"


def _environment(address: str) -> dict[str, str]:
    from django.conf import settings

    return {
        "DATABASE_URL": address,
        "XIAOER_PROCESS": "web",
        "XIAOER_DEBUG": "0",
        "XIAOER_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@contextlib.contextmanager
def _shipped(port: int, environment: dict[str, str]) -> Iterator[list[int]]:
    """Start the ``web`` line of ``Procfile``; give the processes that answer."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    (line,) = [one.partition(":")[2] for one in lines if one.startswith("web:")]
    values = {
        "$BIND": "127.0.0.1",
        "$PORT": str(port),
        "$WEB_WORKERS": str(WORKERS),
        "$WEB_THREADS": str(THREADS),
    }
    words = [values.get(word, word) for word in shlex.split(line)]
    words = words[words.index("python") :]
    process = subprocess.Popen(
        [sys.executable, *words[1:], "--no-access-log", "--log-level", "error"],
        cwd=ROOT,
        env=os.environ | environment,
    )
    try:
        _wait_for(port, process)
        yield _workers_of(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            raise SystemExit("the shipped server did not start")
        time.sleep(0.05)
    raise SystemExit("the shipped server does not answer")


def _workers_of(pid: int) -> list[int]:
    """Return the server and all its workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def _ask(port: int, path: str, token: str, seconds: float) -> dict[str, Any]:
    plan = {"port": port, "path": path, "token": token, "seconds": seconds, "callers": CALLERS}
    done = subprocess.run(
        [sys.executable, "-m", "bench.web_client"],
        input=orjson.dumps(plan) + b"\n",
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
        timeout=seconds + 60,
    )
    answer: dict[str, Any] = orjson.loads(done.stdout)
    return answer


def _checked(told: list[dict[str, Any]]) -> int:
    bodies = set()
    for one in told:
        if one["lost"]:
            raise Failed(f"{one['lost']} answers were lost")
        for status, count, body in one["kinds"]:
            if status != 200:
                raise Failed(f"{count} answers were {status}: {body[:200]}")
            bodies.add(body)
    if len(bodies) != 1:
        raise Failed(f"{len(bodies)} different answers")
    return sum(one["answered"] for one in told)


def _rate(told: list[dict[str, Any]]) -> float:
    return statistics.median(one["answered"] / one["seconds"] for one in told)


def _cpu(told: list[dict[str, Any]]) -> float:
    return round(statistics.median(one["cpu"] / one["answered"] for one in told) * 1000, 3)
