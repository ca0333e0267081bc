"""The realtime process within a test, and a client that talks ASGI to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from apps.realtime.asgi import Realtime

PATIENCE_S = 120.0


def live(scenario: Callable[[Realtime], Awaitable[None]]) -> None:
    """Run a scenario in a running process."""

    async def lived() -> None:
        realtime = Realtime()
        await realtime.start()
        try:
            await until(lambda: realtime.hub.is_healthy)
            await scenario(realtime)
        finally:
            await realtime.stop()

    asyncio.run(lived())


async def until(is_so: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.005)


class Reader:
    """The other side of one connection. With `room`, that many messages fit, then we wait."""

    def __init__(self, room: int = 0) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue(room)
        self.gone = asyncio.Event()
        self.status = 0
        self.headers: dict[str, str] = {}
        self._sse = b""

    async def message(self) -> dict[str, Any]:
        """The next thing said, of the ASGI protocol."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.said.get()

    async def object(self) -> dict[str, Any]:
        """The next message of a socket."""
        return json.loads((await self.message())["text"])

    async def closing(self) -> tuple[int, str]:
        """The close, and the code of the problem told before it."""
        problem = await self.object()
        message = await self.message()
        assert message["type"] == "websocket.close"
        assert message["reason"] == problem["code"]
        return message["code"], problem["code"]

    async def event(self) -> dict[str, str]:
        """The next server-sent event, its fields."""
        while b"\n\n" not in self._sse:
            self._sse += (await self.message())["body"]
        first, _, self._sse = self._sse.partition(b"\n\n")
        return dict(line.split(": ", 1) for line in first.decode().splitlines())

    async def events(self, count: int) -> list[str]:
        """Ids of the next so many events of a socket."""
        return [(await self.object())["id"] for _ in range(count)]

    async def receive(self) -> dict[str, Any]:
        if not hasattr(self, "_begun"):
            self._begun = True
            return {"type": self.first, "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": self.last, "code": 1006}

    async def send(self, message: dict[str, Any]) -> None:
        await self.said.put(message)


@asynccontextmanager
async def connect(
    realtime: Realtime,
    path: str = "/ws/v1/events",
    *,
    key: str = "",
    headers: dict[str, str] | None = None,
    room: int = 0,
    method: str = "GET",
    **query: str,
) -> AsyncIterator[Reader]:
    """A socket, or, by any other path, a request; its opening is already read."""
    reader = Reader(room)
    is_socket = path.startswith("/ws")
    sent = {**({"authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
    scope = {
        "type": "websocket" if is_socket else "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(query).encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "ws" if is_socket else "http",
    }
    reader.first = "websocket.connect" if is_socket else "http.request"
    reader.last = "websocket.disconnect" if is_socket else "http.disconnect"
    talking = asyncio.ensure_future(realtime.application(scope, reader.receive, reader.send))
    try:
        opening = await reader.message()
        if is_socket:
            assert opening["type"] == "websocket.accept"
        else:
            reader.status = opening["status"]
            reader.headers = {n.decode(): v.decode() for n, v in opening["headers"]}
        yield reader
    finally:
        reader.gone.set()
        async with asyncio.timeout(PATIENCE_S):
            while not talking.done():
                # Whoever still talks finds room.
                while not reader.said.empty():
                    reader.said.get_nowait()
                await asyncio.sleep(0.002)
        talking.result()
