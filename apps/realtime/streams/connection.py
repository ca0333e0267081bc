"""What a socket and an event source have in common: one side talks, the other may go away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import Any, TypeVar

from apps.core.api.problem_details import CONTENT_TYPE, problem
from apps.core.json_format import dump

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

Result = TypeVar("Result")

# Whoever takes longer to accept what we send is too slow.
SEND_WITHIN_S = 20.0
# For the words of farewell, to a reader who may not read.
FAREWELL_S = 2.0

DISCONNECTED = {"http.disconnect", "websocket.disconnect"}


async def talk_until_gone(receive: Receive, talk: Coroutine[Any, Any, Result]) -> Result | None:
    """Let it talk until it has said all, whose result this is, or nobody is there any more: None.

    What is sent to us is let fall: these streams go one way. Nobody waits at `receive` afterwards:
    granian closes no socket on which somebody does.
    """
    talking = asyncio.ensure_future(talk)
    leaving = asyncio.ensure_future(_wait_until_gone(receive))
    try:
        await asyncio.wait({talking, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        is_gone = leaving.done()
        leaving.cancel()
        talking.cancel()
        await asyncio.gather(talking, leaving, return_exceptions=True)
    # Talking to nobody fails somehow; any other failure is for the server to log.
    return None if is_gone else talking.result()


async def answer_problem(
    send: Send, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> None:
    """A whole HTTP answer."""
    named = {"content-type": CONTENT_TYPE, "cache-control": "no-store", **(headers or {})}
    await answer(send, int(body["status"]), named, dump(body))


async def answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def start_events(send: Send, headers: Mapping[str, str]) -> None:
    """The head of an endless answer of server-sent events."""
    named = {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        # nginx must not wait for more.
        "x-accel-buffering": "no",
        **headers,
    }
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": 200, "headers": pairs})


async def send_piece(send: Send, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def end_events(send: Send, last: bytes = b"") -> None:
    """The end of the answer, even if nobody takes it."""
    try:
        async with asyncio.timeout(FAREWELL_S):
            await send({"type": "http.response.body", "body": last})
    except TimeoutError:
        # The connection ends with this application.
        return


def nothing_here() -> dict[str, Any]:
    return problem(
        status=404, code="not_found", title="There is nothing here.", detail="Check the address."
    )


def wrong_method() -> dict[str, Any]:
    return problem(
        status=405,
        code="method_not_allowed",
        title="This method is not offered here.",
        detail="Send GET.",
    )


async def _wait_until_gone(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] in DISCONNECTED:
            return
