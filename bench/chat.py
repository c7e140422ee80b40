"""``bench chat``: durable live chat against a bare Channels consumer that stores nothing."""

import contextlib
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import orjson

from bench.house import (
    ROOT,
    asgi_server,
    cpu_seconds,
    free_port,
    postgres_pids,
    redis_server,
    scratch_database,
)
from bench.report import Failed, Result
from bench.world import make_world


@dataclass
class Round:
    """One variant measured once."""

    rate: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    raw: dict[str, Any] = field(repr=False)


def run(*, quick: bool, processes: int = 1, rounds: int = 0, conversations: int = 200) -> Result:
    """Measure both variants in turn; raise :class:`Failed` when a message was lost, doubled or reordered."""
    seconds, warm_up = (1.5, 0.5) if quick else (5.0, 1.5)
    rounds = rounds or 3
    ours: list[Round] = []
    bare: list[Round] = []
    with scratch_database() as address, redis_server() as (redis_url, redis_pid):
        keys, cookies = make_world(conversations)
        for _ in range(rounds):
            plan = {
                "conversations": keys,
                "cookies": cookies,
                "after": _last_numbers(keys),
                "window": 2,
                "warm_up": warm_up,
                "seconds": seconds,
            }
            ours.append(_ours(plan, address, processes))
            _check_table(keys)
            bare.append(_bare(plan, redis_url, redis_pid, processes))
    rate, bare_rate = (statistics.median(r.rate for r in side) for side in (ours, bare))
    cpu, bare_cpu = (statistics.median(r.cpu_us for r in side) for side in (ours, bare))
    return Result(
        bench="chat",
        ours=round(rate),
        baseline=round(bare_rate),
        ratio=round(rate / bare_rate, 2),
        unit="durable, acked and delivered messages/s",
        detail={
            "processes": processes,
            "conversations": conversations,
            "rounds": rounds,
            "cpu_us_per_message": round(cpu),
            "baseline_cpu_us_per_message": round(bare_cpu),
            "cpu_ratio": round(cpu / bare_cpu, 3),
            "p50_ms": round(statistics.median(r.p50_ms for r in ours), 1),
            "p99_ms": round(statistics.median(r.p99_ms for r in ours), 1),
            "baseline_p50_ms": round(statistics.median(r.p50_ms for r in bare), 1),
            "baseline_p99_ms": round(statistics.median(r.p99_ms for r in bare), 1),
            "sent": sum(r.raw["sent"] for r in ours),
            "lost": 0,
            "doubled": 0,
            "out_of_order": 0,
        },
    )


def _ours(plan: dict[str, Any], address: str, processes: int) -> Round:
    with contextlib.ExitStack() as stack:
        ports = [free_port() for _ in range(processes)]
        pids = [
            stack.enter_context(
                asgi_server(
                    "config.asgi:application",
                    port=port,
                    DATABASE_URL=address,
                    XIAOER_PROCESS="live",
                    XIAOER_DEBUG="1",
                )
            )
            for port in ports
        ]
        measured = _drive(
            {**plan, "ours": True, "ports": ports}, lambda: [*pids, *postgres_pids(address)]
        )
    raw = measured.raw
    wrong = {k: raw[k] for k in ("lost", "doubled", "unordered", "dropped", "errors") if raw[k]}
    if wrong or raw["acked"] != raw["sent"] or raw["delivered"] != 2 * raw["sent"]:
        raise Failed(f"the chat is not sound: {wrong or raw}")
    return measured


def _bare(plan: dict[str, Any], redis_url: str, redis_pid: int, processes: int) -> Round:
    with contextlib.ExitStack() as stack:
        ports = [free_port() for _ in range(processes)]
        pids = [
            stack.enter_context(
                asgi_server("bench.baseline:application", port=port, BENCH_REDIS_URL=redis_url)
            )
            for port in ports
        ]
        return _drive({**plan, "ours": False, "ports": ports}, lambda: [*pids, redis_pid])


def _drive(plan: dict[str, Any], pids_of: Any) -> Round:
    client = subprocess.Popen(
        [sys.executable, "-m", "bench.chat_client"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert client.stdin
    assert client.stdout
    client.stdin.write(orjson.dumps(plan) + b"\n")
    client.stdin.flush()
    _expect(client, b"started")
    pids = pids_of()
    before = cpu_seconds(pids)
    _expect(client, b"stopped")
    spent = cpu_seconds(pids) - before
    raw = orjson.loads(client.stdout.readline())
    client.wait()
    return Round(
        rate=raw["done"] / raw["seconds"],
        cpu_us=spent / max(raw["done"], 1) * 1e6,
        p50_ms=raw["p50_ms"],
        p99_ms=raw["p99_ms"],
        raw=raw,
    )


def _expect(client: subprocess.Popen[bytes], word: bytes) -> None:
    assert client.stdout
    line = client.stdout.readline().strip()
    if line != word:
        raise Failed(f"the load stopped: {line!r}")


def _last_numbers(keys: list[str]) -> list[int]:
    from tickets.models import Conversation

    numbers = {
        str(k): n for k, n in Conversation.objects.filter(pk__in=keys).values_list("pk", "last_seq")
    }
    return [numbers[key] for key in keys]


def _check_table(keys: list[str]) -> None:
    """Compare the table with itself: no gap, no double, and every counter true."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM tickets_conversation c LEFT JOIN ("
            " SELECT conversation_id, count(*) n, max(seq) top, count(DISTINCT client_id) ids"
            " FROM tickets_message GROUP BY 1) m ON m.conversation_id = c.id"
            " WHERE coalesce(n, 0) <> c.last_seq OR coalesce(top, 0) <> c.last_seq OR coalesce(ids, 0) <> c.last_seq"
        )
        (wrong,) = cursor.fetchone()
    if wrong:
        raise Failed(f"{wrong} conversations have gaps or doubles in the table")
