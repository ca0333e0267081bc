"""What an act tells of itself, for the rules to match."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """`amount` in minor units of `currency`; `how`: api, hand or file; `payees`: what they are, of
    new and changed.

    Empty or None: not known. No rule with a condition on it matches then.
    """

    amount: int | None = None
    currency: str = ""
    rails: frozenset[str] = frozenset()
    how: str = ""
    payees: frozenset[str] = frozenset()


# What an action may say that it tells: config/approvable_actions.py.
AMOUNT, RAIL, HOW, PAYEE = "amount", "rail", "how", "payee"
