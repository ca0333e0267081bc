"""`/ws/v1/events`: a merchant's events over a WebSocket."""

from __future__ import annotations

import asyncio

from apps.realtime import messages
from apps.realtime.admission import Refused
from apps.realtime.hub import Hub, Overrun
from apps.realtime.streams.connection import (
    FAREWELL_S,
    SEND_WITHIN_S,
    Receive,
    Scope,
    Send,
    talk_until_gone,
)
from apps.realtime.streams.following import EventStream, open_stream, too_slow
from apps.realtime.turns import Turns

# Something is sent at least this often.
HEARTBEAT_S = 20.0


class EventSocket:
    """The ASGI application of a socket.

    It is accepted first and refused then: a browser's program is told the code of a close, but
    never the status of a refused handshake.
    """

    def __init__(self, hub: Hub, turns: Turns) -> None:
        self._hub, self._turns = hub, turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        refused = await talk_until_gone(receive, self._talk(scope, send))
        if refused is not None:
            await _refuse(send, refused)

    async def _talk(self, scope: Scope, send: Send) -> Refused:
        """Talk on and on; returns why it ended."""
        try:
            stream = await open_stream(self._hub, self._turns, scope)
            try:
                await self._tell(stream, send)
            finally:
                stream.close()
        except Refused as refused:
            return refused
        except (Overrun, TimeoutError):
            pass
        return too_slow()

    async def _tell(self, stream: EventStream, send: Send) -> None:
        opening = messages.opening(livemode=stream.livemode, after=stream.after)
        await send({"type": "websocket.send", "text": opening})
        async for batch in stream.batches(quiet_s=HEARTBEAT_S):
            async with asyncio.timeout(SEND_WITHIN_S):
                for entry in batch:
                    await send({"type": "websocket.send", "text": entry.body})
                if not batch:
                    await send({"type": "websocket.send", "text": messages.heartbeat()})


async def refuse_unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4404, "reason": "not_found"})


async def _refuse(send: Send, refused: Refused) -> None:
    try:
        async with asyncio.timeout(FAREWELL_S):
            await send({"type": "websocket.send", "text": messages.problem(refused.problem)})
            reason = refused.problem["code"]
            code = refused.close_code
            await send({"type": "websocket.close", "code": code, "reason": reason})
    except TimeoutError:
        # The connection ends with this application.
        return
