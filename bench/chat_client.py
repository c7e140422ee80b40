"""The load of ``bench chat``: a process of its own that drives both sides of many conversations.

Reads a plan (JSON) from standard input and writes what it saw to standard output. Every sender keeps
``window`` messages in flight; the next starts when one has been acknowledged and delivered.
"""

import asyncio
import gc
import sys
import time
import uuid

import orjson
import uvloop

from bench.wire import open_socket

BODY = (
    "您好，昨天收到的车厘子打开一看坏了一大半，照片我都拍好了，请问这种情况怎么退款？"
    "家里老人还等着吃呢。"
)


class Pair:
    """One conversation with its two sockets."""

    __slots__ = (
        "acked",
        "doubled",
        "heard",
        "is_ours",
        "key",
        "last_seq",
        "plan",
        "sent",
        "sockets",
        "unordered",
    )

    def __init__(self, key: str, plan: "Plan", is_ours: bool) -> None:
        self.key, self.plan, self.is_ours = key, plan, is_ours
        self.sockets: list = [None, None]
        self.sent: dict[str, list] = {}  # client id: [side, acked, delivered, begun]
        self.heard: list[set] = [set(), set()]
        self.last_seq = [0, 0]
        self.acked = self.doubled = self.unordered = 0

    def begin(self, side: int) -> None:
        key = str(uuid.UUID(int=self.plan.next_id()))
        self.sent[key] = [side, False, False, time.perf_counter()]
        self.plan.sent += 1
        frame = b'{"op":"send","conversation":"%b","client_id":"%b","kind":"text","body":"%b"}' % (
            self.key.encode(),
            key.encode(),
            self.plan.body,
        )
        self.sockets[side].say(frame)

    def listen(self, side: int):
        def heard(payload: bytes) -> None:
            data = orjson.loads(payload)
            for frame in data if isinstance(data, list) else (data,):
                op = frame["op"]
                if op == "message":
                    self.message(side, frame)
                elif op == "ack":
                    self.acked += 1
                    self.progress(frame["client_id"], 1)
                elif op == "error":
                    self.plan.errors[frame.get("code", "?")] = (
                        self.plan.errors.get(frame.get("code", "?"), 0) + 1
                    )
                elif op == "subscribed":
                    self.plan.ready += 1

        return heard

    def message(self, side: int, frame: dict) -> None:
        key = frame["client_id"]
        if self.is_ours:
            seq = frame["seq"]
            if seq != self.last_seq[side] + 1:
                self.unordered += 1
            self.last_seq[side] = seq
        if key in self.heard[side]:
            self.doubled += 1
        self.heard[side].add(key)
        sender = self.sent[key][0]
        if side != sender:
            self.progress(key, 2)
        elif not self.is_ours:
            # The bare consumer has no acknowledgement: hearing oneself is the nearest thing.
            self.acked += 1
            self.progress(key, 1)

    def progress(self, key: str, step: int) -> None:
        one = self.sent[key]
        if one[step]:
            return
        one[step] = True
        if one[1] and one[2]:
            self.plan.done += 1
            self.plan.times.append(time.perf_counter() - one[3])
            if self.plan.running:
                self.begin(one[0])


class Plan:
    """What the whole load counts."""

    def __init__(self, plan: dict) -> None:
        self.plan = plan
        self.body = BODY.encode()
        self.sent = self.done = self.ready = 0
        self.errors: dict[str, int] = {}
        self.times: list[float] = []
        self.running = False
        self._id = time.time_ns() << 32

    def next_id(self) -> int:
        self._id += 1
        return self._id


async def drive(plan: dict) -> dict:
    load = Plan(plan)
    ours = plan["ours"]
    pairs = [Pair(key, load, ours) for key in plan["conversations"]]

    async def connect(pair: Pair, index: int, side: int) -> None:
        port = plan["ports"][side % len(plan["ports"])]
        path = "/ws/" if ours else f"/ws/{pair.key}/"
        cookie = plan["cookies"][index][side] if ours else ""
        pair.sockets[side] = await open_socket(port, path, pair.listen(side), cookie=cookie)
        if ours:
            pair.sockets[side].say(
                orjson.dumps(
                    {
                        "op": "subscribe",
                        "topic": f"conversation:{pair.key}",
                        "after": plan["after"][index],
                    }
                )
            )
            pair.last_seq[side] = plan["after"][index]
        else:
            load.ready += 1

    for start in range(0, len(pairs), 20):
        group = pairs[start : start + 20]
        await asyncio.gather(
            *(connect(p, start + i, s) for i, p in enumerate(group) for s in (0, 1))
        )
    for _ in range(1000):
        if load.ready >= 2 * len(pairs):
            break
        await asyncio.sleep(0.01)
    else:
        raise SystemExit(f"only {load.ready} of {2 * len(pairs)} sockets are ready")
    gc.disable()
    load.running = True
    for pair in pairs:
        for side in (0, 1):
            for _ in range(plan["window"]):
                pair.begin(side)
    await asyncio.sleep(plan["warm_up"])
    print("started", flush=True)
    begun, at = load.done, time.perf_counter()
    load.times.clear()
    await asyncio.sleep(plan["seconds"])
    finished, elapsed = load.done - begun, time.perf_counter() - at
    times = sorted(load.times)
    print("stopped", flush=True)
    load.running = False
    for _ in range(1000):
        if load.done >= load.sent:
            break
        await asyncio.sleep(0.01)
    lost = load.sent - load.done
    result = {
        "done": finished,
        "seconds": elapsed,
        "sent": load.sent,
        "acked": sum(p.acked for p in pairs),
        "delivered": sum(len(p.heard[0]) + len(p.heard[1]) for p in pairs),
        "lost": lost,
        "doubled": sum(p.doubled for p in pairs),
        "unordered": sum(p.unordered for p in pairs),
        "errors": load.errors,
        "dropped": sum(s.lost for p in pairs for s in p.sockets),
        "p50_ms": times[len(times) // 2] * 1000 if times else 0,
        "p99_ms": times[int(len(times) * 0.99)] * 1000 if times else 0,
    }
    for pair in pairs:
        for socket in pair.sockets:
            socket.transport.close()
    return result


if __name__ == "__main__":
    given = orjson.loads(sys.stdin.buffer.readline())
    answer = uvloop.run(drive(given))
    print(orjson.dumps(answer).decode(), flush=True)
