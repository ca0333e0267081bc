from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

FIND = """
SELECT p.id, p.secret_sealed,
       CASE WHEN p.previous_secret_until > %(now)s THEN p.previous_secret_sealed END
  FROM webhooks_delivery d JOIN webhooks_endpoint p ON p.id = d.endpoint_id
 WHERE d.id = %(delivery_id)s AND d.claim_number = %(claim_number)s AND d.status = 'pending'
   AND p.life = %(life)s AND p.is_enabled AND p.paused_at IS NULL AND p.deleted_at IS NULL
   AND (p.held_until IS NULL OR p.held_until <= %(now)s OR p.held_until = %(probe_until)s)
"""


@dataclass(frozen=True, slots=True)
class Sendable:
    endpoint_id: UUID
    secret_encrypted: bytes
    # The one before the last rotation, while it is alive.
    previous_secret_encrypted: bytes | None


def find_sendable(
    *,
    delivery_id: UUID,
    claim_number: int,
    life: int,
    probe_until: datetime | None,
    now: datetime,
) -> Sendable | None:
    """What signs this claim at this moment; None if it should not be sent any more: it is another's
    by now, or its endpoint has another address, or is sent nothing. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            FIND,
            {
                "delivery_id": delivery_id,
                "claim_number": claim_number,
                "life": life,
                "probe_until": probe_until,
                "now": now,
            },
        )
        row = cursor.fetchone()
    return Sendable(*row) if row else None
