"""The callers of ``bench web``: a process of its own, keep-alive connections, each asks when it was answered."""

import asyncio
import sys
import time

import orjson
import uvloop


async def drive(plan: dict) -> dict:
    """Ask for ``seconds`` over ``callers`` connections; return counts and what was odd."""
    request = (
        f"GET {plan['path']} HTTP/1.1\r\nHost: 127.0.0.1:{plan['port']}\r\nAccept: application/json\r\n"
        f"Authorization: {plan['token']}\r\nConnection: keep-alive\r\n\r\n"
    ).encode()
    until = time.perf_counter() + plan["seconds"]
    answers: dict[tuple[int, bytes], int] = {}
    waits: list[float] = []
    lost = 0

    async def caller() -> None:
        nonlocal lost
        reader, writer = await asyncio.open_connection("127.0.0.1", plan["port"])
        while time.perf_counter() < until:
            asked = time.perf_counter()
            writer.write(request)
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
                body = await reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError, IndexError):
                lost += 1
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", plan["port"])
                continue
            waits.append(time.perf_counter() - asked)
            answer = (int(head[9:12]), body)
            answers[answer] = answers.get(answer, 0) + 1
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(plan["callers"])))
    took = time.perf_counter() - started
    waits.sort()
    return {
        "answered": len(waits),
        "seconds": took,
        "lost": lost,
        "kinds": [
            [status, count, body.decode()[:4000]] for (status, body), count in answers.items()
        ],
        "p50_ms": round(waits[len(waits) // 2] * 1000, 2) if waits else None,
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 2) if waits else None,
    }


if __name__ == "__main__":
    given = orjson.loads(sys.stdin.buffer.readline())
    print(orjson.dumps(uvloop.run(drive(given))).decode(), flush=True)
