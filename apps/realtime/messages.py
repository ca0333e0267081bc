"""What goes over a stream, beside the events themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.core.json_format import dump, instant_as_json


def opening(*, livemode: bool, after: str) -> str:
    """The first message: events after `after` will follow; who is cut off now resumes there."""
    return text_of({"object": "stream", "livemode": livemode, "after": after})


def heartbeat() -> str:
    now = instant_as_json(datetime.now(UTC))
    return text_of({"object": "heartbeat", "at": now})


def problem(body: Mapping[str, Any]) -> str:
    """The last message of a stream that we end, RFC 9457 with an `object`."""
    return text_of({"object": "problem", **body})


def sse(data: str, *, id: str = "", name: str = "") -> bytes:
    """A server-sent event; `data` is one line, as all our JSON is."""
    lines = [f"id: {id}"] * bool(id) + [f"event: {name}"] * bool(name) + [f"data: {data}", "", ""]
    return "\n".join(lines).encode()


SSE_HEARTBEAT = b": heartbeat\n\n"


def text_of(body: Mapping[str, Any]) -> str:
    return dump(body).decode()
