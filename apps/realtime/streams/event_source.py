"""`GET /api/v1/events/stream`: the same events as server-sent events, for those behind proxies."""

from __future__ import annotations

import asyncio

from apps.realtime import messages
from apps.realtime.admission import Refused
from apps.realtime.hub import Hub, Overrun
from apps.realtime.streams.connection import (
    SEND_WITHIN_S,
    Receive,
    Scope,
    Send,
    answer_problem,
    end_events,
    send_piece,
    start_events,
    talk_until_gone,
    wrong_method,
)
from apps.realtime.streams.following import EventStream, open_stream, too_slow
from apps.realtime.turns import Turns

HEARTBEAT_S = 15.0

# A ticket in the address is all that lets a page in; cookies are never looked at.
ANY_PAGE = {"access-control-allow-origin": "*"}


class EventSource:
    """The ASGI application of one such request."""

    def __init__(self, hub: Hub, turns: Turns) -> None:
        self._hub, self._turns = hub, turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await answer_problem(send, wrong_method(), {"allow": "GET"})
            return
        try:
            stream = await open_stream(self._hub, self._turns, scope)
        except Refused as refused:
            await answer_problem(send, refused.problem, {**refused.headers, **ANY_PAGE})
            return
        try:
            await talk_until_gone(receive, self._talk(stream, send))
        finally:
            stream.close()

    async def _talk(self, stream: EventStream, send: Send) -> None:
        try:
            await start_events(send, ANY_PAGE)
            await self._tell(stream, send)
        except Refused as refused:
            last = refused
        except (Overrun, TimeoutError):
            last = too_slow()
        text = messages.problem(last.problem)
        await end_events(send, messages.sse(text, name="problem"))

    async def _tell(self, stream: EventStream, send: Send) -> None:
        opening = messages.opening(livemode=stream.livemode, after=stream.after)
        await send_piece(send, messages.sse(opening, id=stream.after, name="stream"))
        async for batch in stream.batches(quiet_s=HEARTBEAT_S):
            pieces = [messages.sse(entry.body, id=entry.public_id) for entry in batch]
            async with asyncio.timeout(SEND_WITHIN_S):
                await send_piece(send, b"".join(pieces) or messages.SSE_HEARTBEAT)
