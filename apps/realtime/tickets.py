"""Tickets: what a browser has in its address instead of a key, and where they are kept."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

PREFIX = "rtt_"
KEPT_FOR = timedelta(seconds=60)

CONTEXT = "realtime.ticket"


def key_of(ticket: str) -> str:
    """Its name in Redis, from which nobody can tell the ticket."""
    return f"realtime:ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"


def row_id_of(ticket: str) -> UUID:
    return UUID(bytes=hashlib.sha256(b"row:" + ticket.encode()).digest()[:16])
