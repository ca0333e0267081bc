"""The realtime process: its streams by their addresses, its hub, its sequencer."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from apps.core.proxy_headers import StreamHeaders
from apps.realtime import notifications
from apps.realtime.hub import Hub
from apps.realtime.sequencer import Sequencer
from apps.realtime.streams.connection import (
    Receive,
    Scope,
    Send,
    answer,
    answer_problem,
    nothing_here,
)
from apps.realtime.streams.event_socket import EventSocket, refuse_unknown_path
from apps.realtime.streams.event_source import EventSource
from apps.realtime.streams.payer_source import PayerSource
from apps.realtime.turns import Turns


class Realtime:
    """One process' worth; `application` is what an ASGI server runs."""

    def __init__(self) -> None:
        self.hub = Hub(self._tell_followed)
        turns = Turns()
        self._tasks: list[asyncio.Task[None]] = []
        requests: list[tuple[str, Any]] = [
            ("api/v1/events/stream", EventSource(self.hub, turns)),
            ("pay/<str:token>/stream", PayerSource(self.hub)),
            ("health", self._health),
            ("<path:anything>", _nothing_here),
            ("", _nothing_here),
        ]
        sockets: list[tuple[str, Any]] = [
            ("ws/v1/events", EventSocket(self.hub, turns)),
            ("<path:anything>", refuse_unknown_path),
            ("", refuse_unknown_path),
        ]
        self.application = ProtocolTypeRouter(
            {
                "http": URLRouter([path(route, to) for route, to in requests]),
                "websocket": URLRouter([path(route, to) for route, to in sockets]),
                "lifespan": self._live,
            }
        )

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def tell_placed() -> None:
            loop.call_soon_threadsafe(self.hub.notify)
            # The hubs of the other processes.
            notifications.notify_placed()

        self._sequencer = Sequencer(tell_placed)
        self._sequencer.start()
        channels = {
            notifications.COMMITTED: self._sequencer.notify,
            notifications.PLACED: self.hub.notify,
            notifications.FOLLOWED: self._sequencer.note_followed,
        }
        listening = notifications.listen(channels, commits_wanted=self._wants_commits)
        self._tasks = [asyncio.create_task(self.hub.run()), asyncio.create_task(listening)]

    async def stop(self) -> None:
        pending = set(self._tasks)
        while pending:
            # A client's own timeout may swallow a cancellation that comes at the same moment.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1.0)
        await asyncio.to_thread(self._sequencer.stop)

    def _wants_commits(self) -> bool:
        return self._sequencer.is_leader and self._sequencer.is_followed

    def _tell_followed(self) -> None:
        self._sequencer.note_followed()
        # The leader may be another process.
        asyncio.get_running_loop().run_in_executor(None, notifications.notify_followed)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        # A socket is an open file.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        await self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        """200 when the feed was read lately."""
        is_well = self.hub.is_healthy
        body = b'{"status":"ok"}' if is_well else b'{"status":"no feed"}'
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        if settings.INSTANCE_ID:
            headers["lomi-instance"] = settings.INSTANCE_ID
        await answer(send, 200 if is_well else 503, headers, body)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    await answer_problem(send, nothing_here())


def make_application() -> Any:
    return StreamHeaders(Realtime().application)
