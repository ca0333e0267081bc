"""`GET /pay/<token>/stream`: how a payment stands, for the payer's page. The token is the key."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from apps.checkout.selectors.payer_view import PayerView, read_payer_view, view_as_json
from apps.realtime import messages
from apps.realtime.admission import Away, Refused, refusal, refusing
from apps.realtime.hub import Hub, NotReady, Overrun, Subscription, TooManyStreams
from apps.realtime.streams.connection import (
    SEND_WITHIN_S,
    Receive,
    Scope,
    Send,
    answer_problem,
    end_events,
    nothing_here,
    send_piece,
    start_events,
    talk_until_gone,
    wrong_method,
)
from apps.realtime.streams.following import StreamLimit
from apps.realtime.threads import in_thread

HEARTBEAT_S = 15.0
# Pages open on one payment.
STREAMS_MAX = 10


class PayerSource:
    """The ASGI application of one such request; it ends when the payment is settled."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = scope["url_route"]["kwargs"]["token"]
        if scope["method"] != "GET":
            await answer_problem(send, wrong_method(), {"allow": "GET"})
            return
        language = _language(scope)
        try:
            view = await _read(token, language)
            if view is None:
                await answer_problem(send, nothing_here())
                return
            subscription = self._join(view)
        except Refused as refused:
            await answer_problem(send, refused.problem, {**refused.headers, **_our_pages()})
            return
        try:
            await talk_until_gone(receive, self._talk(token, language, subscription, send))
        except (Overrun, TimeoutError):
            # Too slow: its page connects again.
            await end_events(send)
        finally:
            self._hub.leave(subscription)

    def _join(self, view: PayerView) -> Subscription:
        try:
            return self._hub.join(
                view.payment_id, owner=f"payer {view.payment_id}", owner_max=STREAMS_MAX
            )
        except TooManyStreams:
            raise refusal(StreamLimit("Close some pages.", retry_after_s=10)) from None
        except NotReady:
            raise refusal(Away("Come again soon.", retry_after_s=2)) from None

    async def _talk(
        self, token: str, language: str, subscription: Subscription, send: Send
    ) -> None:
        await start_events(send, _our_pages())
        told: dict[str, Any] = {}
        is_quiet = False
        while True:
            # Read after joining: what changes from here on is heard of.
            try:
                view = await _read(token, language)
            except Refused:
                view = None
            shown = view_as_json(view) if view else told
            async with asyncio.timeout(SEND_WITHIN_S):
                if shown != told:
                    await send_piece(send, messages.sse(messages.text_of(shown)))
                    told = shown
                elif is_quiet:
                    await send_piece(send, messages.SSE_HEARTBEAT)
            if view and view.is_settled:
                await end_events(send)
                return
            is_quiet = not await subscription.take(timeout_s=HEARTBEAT_S)


async def _read(token: str, language: str) -> PayerView | None:
    def read() -> PayerView | None:
        with refusing():
            return read_payer_view(token, language=language)

    return await in_thread(read)


def _language(scope: Scope) -> str:
    """That of the page that listens."""
    query: dict[str, list[str]] = parse_qs(scope["query_string"].decode("ascii", "replace"))
    return query.get("language", [""])[0]


def _our_pages() -> dict[str, str]:
    parts = urlsplit(settings.PUBLIC_URL)
    return {"access-control-allow-origin": f"{parts.scheme}://{parts.netloc}"}
