"""``bench sockets``: memory of an idle signed-in socket, and everybody coming back at once."""

import statistics
import subprocess
import sys
import uuid
from typing import Any

import orjson

from bench.house import (
    ROOT,
    asgi_server,
    free_port,
    live_server,
    redis_server,
    resident_bytes,
    scratch_database,
)
from bench.report import Failed, Result
from bench.world import make_world

MISSED = 3
WARM = 100  # sockets opened before the first measure, so that buffers and caches are not counted


def run(*, quick: bool, rounds: int = 0, sockets: int = 2_000) -> Result:
    """Measure both variants in turn; every socket must come back and hear exactly what it missed."""
    if quick:
        sockets = 500
    ours: list[float] = []
    bare: list[float] = []
    storms: list[dict[str, Any]] = []
    with scratch_database() as address, redis_server() as (redis_url, _pid):
        keys, cookies = make_world(sockets)
        for number in range(rounds or (2 if quick else 3)):
            plan = {"keys": keys, "cookies": cookies, "missed": MISSED * (number + 1)}
            memory, storm = _ours(plan, address, keys)
            ours.append(memory)
            storms.append(storm)
            bare.append(_bare(plan, redis_url))
    kilobytes, bare_kilobytes = statistics.median(ours) / 1024, statistics.median(bare) / 1024
    return Result(
        bench="sockets",
        ours=round(kilobytes, 1),
        baseline=round(bare_kilobytes, 1),
        ratio=round(bare_kilobytes / kilobytes, 2),
        unit="KiB per idle signed-in socket",
        detail={
            "sockets": sockets,
            "memory_share": round(kilobytes / bare_kilobytes, 3),
            "reconnected_at_once": min(s["back"] for s in storms),
            "synced_exactly": min(s["exact"] for s in storms),
            "all_back_seconds": round(statistics.median(s["seconds"] for s in storms), 2),
            "back_p99_seconds": round(statistics.median(s["p99"] for s in storms), 2),
        },
    )


def _ours(plan: dict[str, Any], address: str, keys: list[str]) -> tuple[float, dict[str, Any]]:
    port = free_port()
    with live_server(address, port) as pid:
        empty = _warmed(plan, port, pid, ours=True)
        client = _start({**plan, "ours": True, "port": port})
        _heard(client)
        memory = (resident_bytes(pid) - empty) / len(keys)
        _go_on(client)
        _heard(client)
        _post(keys)
        _go_on(client)
        storm = _heard(client)
        client.wait()
    if storm["back"] != len(keys) or storm["exact"] != len(keys):
        raise Failed(f"not everybody came back whole: {storm}")
    return memory, storm


def _bare(plan: dict[str, Any], redis_url: str) -> float:
    port = free_port()
    with asgi_server("bench.baseline:application", port=port, BENCH_REDIS_URL=redis_url) as pid:
        empty = _warmed(plan, port, pid, ours=False)
        client = _start({**plan, "ours": False, "port": port})
        _heard(client)
        memory = (resident_bytes(pid) - empty) / len(plan["keys"])
        _go_on(client)
        client.wait()
    return memory


def _warmed(plan: dict[str, Any], port: int, pid: int, *, ours: bool) -> int:
    """Open and leave some sockets, then return the process's memory."""
    some = {**plan, "keys": plan["keys"][:WARM], "missed": 0, "ours": ours, "port": port}
    client = _start(some)
    _heard(client)
    client.kill()
    client.wait()
    return resident_bytes(pid)


def _start(plan: dict[str, Any]) -> subprocess.Popen[bytes]:
    client = subprocess.Popen(
        [sys.executable, "-m", "bench.sockets_client"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert client.stdin
    client.stdin.write(orjson.dumps(plan) + b"\n")
    client.stdin.flush()
    return client


def _heard(client: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert client.stdout
    line = client.stdout.readline()
    if not line:
        raise Failed("the load stopped")
    answer: dict[str, Any] = orjson.loads(line)
    return answer


def _go_on(client: subprocess.Popen[bytes]) -> None:
    assert client.stdin
    client.stdin.write(b"\n")
    client.stdin.flush()


def _post(keys: list[str]) -> None:
    """Store the messages that everybody misses."""
    from django.utils import timezone

    from tickets.actions.posting import POST_SQL, columns, draft

    drafts = [
        draft(uuid.UUID(key), by=None, author_kind="bot", body=f"第{n}句")
        for n in range(MISSED)
        for key in keys
    ]
    from django.db import connection

    with connection.cursor() as cursor:
        for start in range(0, len(drafts), 500):
            cursor.execute(
                POST_SQL, columns(drafts[start : start + 500], now=timezone.now(), origin=None)
            )
