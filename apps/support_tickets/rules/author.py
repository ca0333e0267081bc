"""Who does something to a ticket."""

from __future__ import annotations

from dataclasses import dataclass

from apps.merchants.caller import Caller
from apps.support_tickets.models import AuthorKind


@dataclass(frozen=True, slots=True)
class Author:
    """`actor` is its name in the audit trail; `user_id` a person's with an account."""

    kind: AuthorKind
    actor: str
    user_id: int | None = None

    @property
    def is_customer(self) -> bool:
        return self.kind in {AuthorKind.MERCHANT, AuthorKind.PAYER}


SYSTEM = Author(AuthorKind.SYSTEM, "system")


def merchant_author(caller: Caller) -> Author:
    return Author(AuthorKind.MERCHANT, caller.actor)


def payer_author(payment_public_id: str) -> Author:
    """Who holds the token of this payment's page."""
    return Author(AuthorKind.PAYER, f"payer:{payment_public_id}")


def staff_author(user_id: int) -> Author:
    return Author(AuthorKind.STAFF, f"user:{user_id}", user_id)
