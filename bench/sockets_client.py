"""The load of ``bench sockets``: idle sockets, then all of them gone and back at once."""

import asyncio
import sys
import time

import orjson
import uvloop

from bench.wire import open_socket


class Idle:
    """One socket that only listens."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.seqs: list[int] = []
        self.subscribed: asyncio.Event = asyncio.Event()
        self.complete: asyncio.Event = asyncio.Event()
        self.wanted = 0
        self.socket = None

    def heard(self, payload: bytes) -> None:
        data = orjson.loads(payload)
        for frame in data if isinstance(data, list) else (data,):
            if frame["op"] == "message":
                self.seqs.append(frame["seq"])
            elif frame["op"] == "subscribed":
                self.subscribed.set()
        if self.subscribed.is_set() and len(self.seqs) >= self.wanted:
            self.complete.set()

    async def open(self, plan: dict, cookie: str) -> None:
        self.subscribed.clear()
        self.complete.clear()
        path = "/ws/" if plan["ours"] else f"/ws/{self.key}/"
        self.socket = await open_socket(
            plan["port"], path, self.heard, cookie=cookie if plan["ours"] else ""
        )
        if plan["ours"]:
            topic = {"op": "subscribe", "topic": f"conversation:{self.key}", "after": 0}
            self.socket.say(orjson.dumps(topic))
            await self.complete.wait()


async def drive(plan: dict, tell) -> None:
    idle = [Idle(key) for key in plan["keys"]]
    for start in range(0, len(idle), 50):
        group = range(start, min(start + 50, len(idle)))
        await asyncio.gather(*(idle[i].open(plan, plan["cookies"][i][0]) for i in group))
    await asyncio.sleep(1)
    tell({"open": len(idle)})
    sys.stdin.buffer.readline()
    if not plan["ours"]:
        return
    # Away: everybody is cut off; meanwhile messages are stored.
    for one in idle:
        one.socket.transport.abort()
    await asyncio.sleep(0.5)
    tell({"away": len(idle)})
    sys.stdin.buffer.readline()
    for one in idle:
        one.seqs, one.wanted = [], plan["missed"]
    started = time.perf_counter()
    waits: list[float] = []

    async def back(i: int) -> None:
        try:
            await asyncio.wait_for(idle[i].open(plan, plan["cookies"][i][0]), 60)
            waits.append(time.perf_counter() - started)
        except (OSError, TimeoutError):
            pass

    await asyncio.gather(*(back(i) for i in range(len(idle))))
    exact = sum(one.seqs == list(range(1, plan["missed"] + 1)) for one in idle)
    waits.sort()
    tell(
        {
            "back": len(waits),
            "exact": exact,
            "seconds": time.perf_counter() - started,
            "p99": waits[int(len(waits) * 0.99)] if waits else None,
        }
    )


if __name__ == "__main__":
    given = orjson.loads(sys.stdin.buffer.readline())
    uvloop.run(drive(given, lambda answer: print(orjson.dumps(answer).decode(), flush=True)))
