"""What benchmarks need of the machine: a scratch database, servers, CPU times of processes."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[1]
TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def scratch_database() -> Iterator[str]:
    """Make an empty database beside the configured one, migrate it, give its address, drop it after."""
    import django
    from django.core.management import call_command
    from django.db import connection, connections

    base = os.environ["DATABASE_URL"]
    name = f"xiaoer_bench_{os.getpid()}"
    parts = urlsplit(base)
    address = urlunsplit(parts._replace(path=f"/{name}"))
    with psycopg.connect(base, autocommit=True) as conn:
        conn.execute(f'CREATE DATABASE "{name}"')
    try:
        os.environ["DATABASE_URL"] = address
        django.setup()
        connection.settings_dict["NAME"] = name
        call_command("migrate", verbosity=0, interactive=False)
        yield address
    finally:
        connections.close_all()
        os.environ["DATABASE_URL"] = base
        with psycopg.connect(base, autocommit=True) as conn:
            conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def asgi_server(application: str, *, port: int, **environment: str) -> Iterator[int]:
    """Start uvicorn as the ``live`` process is started; give its process number."""
    command = [
        sys.executable, "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port),
        "--loop", "uvloop", "--ws", "websockets-sansio", "--ws-max-size", "1048576",
        "--ws-per-message-deflate", "false", "--log-level", "error", "--no-access-log",
        "--timeout-graceful-shutdown", "5",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                raise SystemExit(f"{application} did not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def live_server(address: str, port: int) -> contextlib.AbstractContextManager[int]:
    """Start our own ``live`` process over the database at ``address``, as in production."""
    from django.conf import settings

    return asgi_server(
        "config.asgi:application",
        port=port,
        DATABASE_URL=address,
        XIAOER_PROCESS="live",
        XIAOER_DEBUG="0",
        XIAOER_SECRET_KEY=settings.SECRET_KEY,
    )


@contextlib.contextmanager
def redis_server() -> Iterator[tuple[str, int]]:
    """Start a Redis that keeps nothing; give its address and process number."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise SystemExit(
            "The baseline needs redis-server. On Debian: apt-get install redis-server; "
            "elsewhere put redis-server on PATH."
        )
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [
                binary,
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                folder,
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0", process.pid
        finally:
            process.terminate()
            process.wait()


def postgres_pids(address: str) -> list[int]:
    """Return the server processes that work for the scratch database, and the log writer."""
    with psycopg.connect(address, autocommit=True) as conn:
        rows = conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE (datname = current_database() AND pid <> pg_backend_pid())"
            " OR backend_type = 'walwriter'"
        ).fetchall()
    return [row[0] for row in rows]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return user and system time of the processes that still live."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def resident_bytes(pid: int) -> int:
    """Return the proportional set size of a process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"no memory figure of process {pid}")
