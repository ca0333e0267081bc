"""SQL of what providers may charge: the lines of their contracts, and what one comes to.

The arithmetic is that of rules.compute_fee: tests compare the two.
"""

from __future__ import annotations

# Each line of a contract with the time and the band it holds for. A band ends where the next one of
# its version begins.
CONTRACT_LINES = """
SELECT p.provider_account_id, l.operation, p.currency, v.valid_from, v.valid_until, l.amount_from,
       lead(l.amount_from) OVER (PARTITION BY l.version_id, l.operation
                                 ORDER BY l.amount_from) AS amount_until,
       l.basis_points, l.fixed, l.fee_min, l.fee_max, l.rounding
  FROM fees_feeplan p
  JOIN fees_feeplanversion v ON v.plan_id = p.id
  JOIN fees_feeline l ON l.version_id = v.id
 WHERE p.provider_account_id IS NOT NULL
"""


def holds_for(operation: str, *, amount: str, currency: str, at: str) -> str:
    """SQL: whether a contract's line `c` is the one for this movement; at most one is. `amount` is
    not below zero."""
    return (
        f"c.operation = {operation} AND c.currency = {currency}"
        f" AND {at} >= c.valid_from AND (c.valid_until IS NULL OR {at} < c.valid_until)"
        f" AND {amount} >= c.amount_from"
        f" AND (c.amount_until IS NULL OR {amount} < c.amount_until)"
    )


def agreed_cost(amount: str) -> str:
    """SQL: what a contract's line `c` comes to, in minor units; null where there is none."""
    exact = (
        f"LEAST(GREATEST({amount} * c.basis_points * 0.0001 + c.fixed, c.fee_min),"
        f" c.fee_max, {amount})"
    )
    return (
        "CASE WHEN c.operation IS NULL THEN NULL"
        f" WHEN c.rounding = 'up' THEN ceil({exact})"
        f" WHEN c.rounding = 'down' THEN floor({exact})"
        f" ELSE floor({exact} + 0.5) END::bigint"
    )
