"""What opens a stream, as merchants see it."""

from __future__ import annotations

from apps.core.api.resource import Constant, Instant, Resource, Text


class TicketOutput(Resource):
    object = Constant("realtime_ticket")
    ticket = Text(
        is_given=True,
        example="rtt_5bH0v0yRkqzJm1rQm1t3yq0y1Xo1Zt1l9u1b0Yk3m2A",
        help_text="Used up by the first stream it opens.",
    )
    url = Text(
        is_given=True,
        example="wss://pay.example/ws/v1/events",
        help_text="The WebSocket's address, to which ?ticket= is added.",
    )
    expires_at = Instant(
        is_given=True, example="2026-11-22T08:01:00.000Z", help_text="Until when it opens one."
    )
