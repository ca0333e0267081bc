from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.cache import cache

# So long after she last looked or typed somebody is at a ticket.
PRESENT_FOR_S = 60


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else who has the same ticket open."""

    name: str
    is_typing: bool


def note_presence(
    *, ticket_id: UUID, user_id: int, name: str, is_typing: bool = False, now: datetime
) -> list[Colleague]:
    """Say that a person has a ticket open; returns who else has. Kept in Redis for a minute, and
    for information alone: what must not happen twice is refused by add_message."""
    key, moment = f"ticket-presence:{ticket_id}", now.timestamp()
    found = cache.get(key)
    there = {
        one: seen
        for one, seen in (found if isinstance(found, dict) else {}).items()
        if moment - seen["at"] <= PRESENT_FOR_S
    }
    mine = there.get(str(user_id), {})
    there[str(user_id)] = {
        "name": name,
        "at": moment,
        "typed": moment if is_typing else mine.get("typed", 0),
    }
    cache.set(key, there, PRESENT_FOR_S)
    return [
        Colleague(seen["name"], is_typing=moment - seen["typed"] <= PRESENT_FOR_S)
        for one, seen in there.items()
        if one != str(user_id)
    ]
