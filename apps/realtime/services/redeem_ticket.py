from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from apps.core.errors import DomainError
from apps.core.work import wake_up
from apps.realtime.services.issue_ticket import TicketsAway
from apps.realtime.tickets import CONTEXT, key_of, row_id_of
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt


class TicketInvalid(DomainError):
    code = "ticket_invalid"
    status = 401
    title = "The ticket opens nothing."


@dataclass(frozen=True, slots=True)
class Buyer:
    """The request that a ticket stands for."""

    headers: dict[str, str]
    peer: str


def redeem_ticket(ticket: str) -> Buyer:
    """Who bought the ticket. It is used up.

    Raises:
        TicketInvalid: there is none, it was used, or it is older than a minute.
        TicketsAway: Redis does not answer.
    """
    try:
        encrypted: Any = wake_up.client().getdel(key_of(ticket))
    except RedisError:
        raise TicketsAway(
            "Connect with your key from a server meanwhile.", retry_after_s=2
        ) from None
    if encrypted is None:
        raise TicketInvalid("Buy a new one: a ticket opens one stream, within a minute.")
    try:
        text = decrypt(encrypted, context=CONTEXT, row_id=row_id_of(ticket))
    except (DecryptionFailed, EncryptionKeyMissing):
        raise TicketInvalid("Buy a new one.") from None
    return Buyer(**json.loads(text))
