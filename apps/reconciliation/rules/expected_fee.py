"""What a provider may charge for a line, by what was agreed with it on that day.

The one place that knows: the matching, what is counted and what is proved ask here.
"""

from __future__ import annotations

from apps.fees.rules.agreed_cost import CONTRACT_LINES, agreed_cost, holds_for

# One minor unit either way is rounding.
ROUNDING = 1

# SQL: the lines of one account's contract, few. As a table `agreed_line` it is joined to many.
AGREED_LINES = f"""
SELECT c.*, x.timezone
  FROM ({CONTRACT_LINES}) c
  JOIN providers_provideraccount x ON x.id = c.provider_account_id
 WHERE c.provider_account_id = %(account_id)s
"""  # noqa: S608 (our own conditions)

AMOUNT = "abs(l.amount)"

# SQL: the fee of a line `l`, beside its line `c` of the contract; null where nothing was agreed.
EXPECTED_FEE = agreed_cost(AMOUNT)


def is_agreed_for(operation: str, *, day: str) -> str:
    """SQL: whether the contract's line `c` is the one for a line `l` that stands for an attempt of
    this operation. `day` is that of its report, for a line that does not say when."""
    at = f"COALESCE(l.occurred_at, ({day})::timestamp AT TIME ZONE c.timezone)"
    return holds_for(operation, amount=AMOUNT, currency="l.currency", at=at)


def fee_differs(expected: str, *, fee: str = "l.fee") -> str:
    """SQL: null where nothing was agreed."""
    return f"abs({fee} - {expected}) > {ROUNDING}"
