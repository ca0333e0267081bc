from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime

from redis.exceptions import RedisError

from apps.core.errors import DomainError
from apps.core.work import wake_up
from apps.realtime.tickets import CONTEXT, KEPT_FOR, PREFIX, key_of, row_id_of
from apps.vault.encryption import encrypt


class TicketsAway(DomainError):
    code = "tickets_unavailable"
    status = 503
    title = "Tickets cannot be issued right now."


def issue_ticket(*, headers: Mapping[str, str], peer: str, now: datetime) -> tuple[str, datetime]:
    """A ticket that opens one stream as its buyer may; returns it and when it expires.

    It stands for the request that bought it: what is kept, encrypted, in Redis are that request's
    headers and peer address, to be authenticated again when the ticket is used. A key revoked in
    between opens nothing.

    Raises:
        TicketsAway: Redis does not answer.
    """
    ticket = PREFIX + secrets.token_urlsafe(32)
    buyer = json.dumps({"headers": dict(headers), "peer": peer})
    encrypted = encrypt(buyer, context=CONTEXT, row_id=row_id_of(ticket))
    try:
        wake_up.client().set(key_of(ticket), encrypted, px=KEPT_FOR)
    except RedisError:
        raise TicketsAway(
            "Connect with your key from a server meanwhile.", retry_after_s=2
        ) from None
    return ticket, now + KEPT_FOR
