"""A load generator. Open loop: requests leave by the clock, whether or not answers came back.
Closed loop: so many clients, each asking again when it was answered.

    python -m benchmarks.http_load PLAN.json ANSWERS.json

A process of its own, so that its work does not share an interpreter with anything measured.
PLAN: url (its path may be overruled by `paths`, used in turn), method, headers, payloads (bodies,
used in turn; "@" becomes the number of the request), keyed (True: each request has an
Idempotency-Key of its own), duration_s, and rate (a second, open loop) or clients (closed loop).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CONNECTIONS_MAX = 64


class Connection(asyncio.Protocol):
    """One kept-alive connection carrying one request at a time."""

    def __init__(self) -> None:
        self.transport: Any = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(rest) >= length and self._answer is not None and not self._answer.done():
            self._buffer = b""
            self._answer.set_result((int(head[9:12]), rest[:length]))

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((0, b""))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


async def generate(plan: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(plan["url"])
    loop = asyncio.get_running_loop()
    idle: list[Connection] = []
    opened = 0
    waiting: asyncio.Queue[Connection] = asyncio.Queue()
    fixed = "".join(f"{name}: {value}\r\n" for name, value in plan["headers"].items())
    method = plan.get("method", "POST")
    paths = plan.get("paths") or [parts.path]
    tail = f" HTTP/1.1\r\nHost: {parts.netloc}\r\n{fixed}"
    statuses: dict[str, int] = {}
    took_ms: list[float] = []

    async def take() -> Connection:
        nonlocal opened
        while idle:
            connection = idle.pop()
            if connection.transport is not None:
                return connection
            # The server closed it, having waited long enough.
            opened -= 1
        if opened < CONNECTIONS_MAX:
            opened += 1
            _, connection = await loop.create_connection(Connection, parts.hostname, parts.port)
            return connection
        return await waiting.get()

    async def one(number: int, due: float) -> None:
        nonlocal opened
        payload = plan["payloads"][number % len(plan["payloads"])].replace("@", str(number))
        key = f"Idempotency-Key: {uuid.uuid4()}\r\n" if plan["keyed"] else ""
        body = payload.encode()
        connection = await take()
        head = f"{method} {paths[number % len(paths)]}{tail}"
        status, _ = await connection.send(
            f"{head}{key}Content-Length: {len(body)}\r\n\r\n".encode() + body
        )
        # From when it was due, not from when it could leave: a stalled server is not excused.
        took_ms.append((time.perf_counter() - due) * 1000)
        statuses[str(status)] = statuses.get(str(status), 0) + 1
        if connection.transport is None:
            opened -= 1
        elif not waiting._getters:  # type: ignore[attr-defined]
            idle.append(connection)
        else:
            waiting.put_nowait(connection)

    if "clients" in plan:
        until = time.perf_counter() + plan["duration_s"]
        numbers = itertools.count()

        async def ask_again() -> None:
            while time.perf_counter() < until:
                await one(next(numbers), time.perf_counter())

        await asyncio.gather(*(ask_again() for _ in range(plan["clients"])))
        return {"sent": len(took_ms), "statuses": statuses, "took_ms": took_ms}
    total = int(plan["rate"] * plan["duration_s"])
    begun = time.perf_counter()
    tasks: set[asyncio.Task[None]] = set()
    for number in range(total):
        due = begun + number / plan["rate"]
        delay = due - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        task = asyncio.create_task(one(number, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    if tasks:
        await asyncio.wait(tasks, timeout=60)
    return {"sent": total, "statuses": statuses, "took_ms": took_ms}


if __name__ == "__main__":
    plan = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps(asyncio.run(generate(plan))))
