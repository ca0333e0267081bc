"""What a provider may charge for a line, by what was agreed with it.

The one place that knows: the matching, what is counted and what is proved ask here.
"""

from __future__ import annotations

# One minor unit either way is rounding.
ROUNDING = 1


def expected_fee(operation: str, *, cost: str = "%(cost_basis_points)s") -> str:
    """SQL: the fee of a line `l` that stands for an attempt of this operation; null where nothing
    was agreed. The agreed cost of an account is that of collecting."""
    return (
        f"CASE WHEN {operation} = 'collect' AND {cost} > 0"
        f" THEN (l.amount * {cost} + 5000) / 10000 END"
    )


def fee_differs(expected: str) -> str:
    """SQL: null where nothing was agreed."""
    return f"abs(l.fee - {expected}) > {ROUNDING}"
