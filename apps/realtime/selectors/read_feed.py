"""Reading on from a position: for everybody, or for one merchant and mode."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.core.errors import DomainError
from apps.core.public_ids import encode_id
from apps.realtime.models import FeedEntry

# Stands for "before the first event" where the id of an event is asked for.
BEFORE_ALL = UUID(int=0)

# No position is greater.
ALL = 2**63 - 1

COLUMNS = """
SELECT f.position, f.merchant_id, f.livemode, e.id, e.object_id, e.type, e.body
  FROM realtime_feedentry f JOIN webhooks_event e ON e.id = f.event_id
"""


class ResumeUnknown(DomainError):
    code = "resume_unknown"
    status = 409
    title = "There is no such event to go on after."


@dataclass(frozen=True, slots=True)
class Published:
    """An event in the feed. `body` is the JSON that webhooks carry too."""

    position: int
    merchant_id: UUID
    livemode: bool
    event_id: UUID
    object_id: UUID
    type: str
    body: str

    @property
    def public_id(self) -> str:
        return encode_id("evt", self.event_id)


def newest_position() -> int:
    """0 while the feed is empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(position) FROM realtime_feedentry")
        (position,) = cursor.fetchone()
    return position or 0


def read_feed(*, after: int, limit: int) -> list[Published]:
    """Everybody's entries after a position, in order. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            COLUMNS + " WHERE f.position > %s ORDER BY f.position LIMIT %s", [after, limit]
        )
        return [Published(*row) for row in cursor.fetchall()]


# Entries looked at in one step, whatever their type: a step is short however rare the type.
STEP = 1_000

# Materialized, or the planner would look for the type first and read the whole range for it.
OWN = """
WITH step AS MATERIALIZED (
    SELECT position, event_id FROM realtime_feedentry
     WHERE merchant_id = %(merchant_id)s AND livemode = %(livemode)s
       AND position > %(after)s AND position <= %(until)s
     ORDER BY position LIMIT %(step)s
), found AS (
    SELECT s.position, e.id, e.object_id, e.type, e.body
      FROM step s JOIN webhooks_event e ON e.id = s.event_id
     WHERE %(types)s::text[] IS NULL OR e.type = ANY(%(types)s::text[])
     ORDER BY s.position LIMIT %(limit)s
)
SELECT position, id, object_id, type, body FROM found
 UNION ALL
SELECT max(position), NULL, NULL, NULL, NULL FROM step HAVING count(*) = %(step)s
 ORDER BY position, id NULLS LAST
"""


def read_own_feed(
    *,
    merchant_id: UUID,
    livemode: bool,
    after: int,
    until: int,
    types: Collection[str] = (),
    limit: int,
) -> tuple[list[Published], int]:
    """A merchant's entries of a mode with after < position <= until, in order, and up to where
    that is all of them. One query, which looks at STEP entries at most.

    `types`: only these; none named, all.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            OWN,
            {
                "merchant_id": merchant_id,
                "livemode": livemode,
                "after": after,
                "until": until,
                "types": list(types) or None,
                "step": STEP if types else limit,
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
    page = [
        Published(position, merchant_id, livemode, event_id, object_id, type, body)
        for position, event_id, object_id, type, body in rows
        if event_id is not None
    ]
    if len(page) == limit:
        return page, page[-1].position
    # The step's last entry, if there may be more after it.
    stopped_at = next((position for position, event_id, *_ in rows if event_id is None), until)
    return page, stopped_at


def position_of(*, event_id: UUID, merchant_id: UUID, livemode: bool) -> int | None:
    """Where a merchant's event stands, or None; 0 for BEFORE_ALL."""
    if event_id == BEFORE_ALL:
        return 0
    entry = FeedEntry.objects.filter(
        event_id=event_id, merchant_id=merchant_id, livemode=livemode
    ).first()
    return entry.position if entry else None


def newest_of(*, merchant_id: UUID, livemode: bool, until: int) -> UUID:
    """The merchant's last event up to a position, or BEFORE_ALL."""
    newest = (
        FeedEntry.objects.filter(merchant_id=merchant_id, livemode=livemode, position__lte=until)
        .order_by("-position")
        .values_list("event_id", flat=True)
        .first()
    )
    return newest or BEFORE_ALL
