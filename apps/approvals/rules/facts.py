"""What an act tells of itself, for the rules to match."""

from __future__ import annotations

from dataclasses import dataclass


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
    new and changed; `sums`: those asked about that are reached.

    Empty or None: not known. No rule with a condition on it matches then.
    """

    amount: int | None = None
    currency: str = ""
    rails: frozenset[str] = frozenset()
    how: str = ""
    payees: frozenset[str] = frozenset()
    sums: frozenset[SumReached] = frozenset()


# What an action may say that it tells: config/approvable_actions.py.
AMOUNT, RAIL, HOW, PAYEE = "amount", "rail", "how", "payee"
# Of one payee, and of the merchant.
SUM_OF_PAYEE, SUM_OF_MERCHANT = "sum of payee", "sum of merchant"
