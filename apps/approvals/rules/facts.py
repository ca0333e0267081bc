"""What an act tells of itself, for the rules to match."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SumReached:
    """That what left within `hours`, with this act, comes to `amount` in the act's own currency:
    `of` one payee of the merchant's, or of all the merchant's (ApprovalRule.SumOf)."""

    of: str
    hours: int
    amount: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules want to know of an act: `names`, of those below, and `sums`."""

    names: frozenset[str] = frozenset()
    sums: frozenset[SumReached] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """`amount` in minor units of `currency`; `how`: api, hand or file; `payees`: what they are, of
    new and changed; `makers`: who made it, and her roles, as a rule names them; `sums`: those asked
    about that are reached.

    Empty or None: not known. No rule with a condition on it matches then.
    """

    amount: int | None = None
    currency: str = ""
    rails: frozenset[str] = frozenset()
    how: str = ""
    payees: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    sums: frozenset[SumReached] = frozenset()


@dataclass(frozen=True, slots=True)
class PastAct:
    """One that was done, as rules would have seen it. `row_id`: of the row that it made; `target`:
    that as its public id."""

    row_id: UUID
    target: str
    at: datetime
    facts: Facts


# What an action may say that it tells: config/approvable_actions.py.
AMOUNT, RAIL, HOW, PAYEE = "amount", "rail", "how", "payee"
# Known of each: whoever asks for it, and who made what waits for that.
MAKER = "maker"
# Of one payee, and of the merchant.
SUM_OF_PAYEE, SUM_OF_MERCHANT = "sum of payee", "sum of merchant"
