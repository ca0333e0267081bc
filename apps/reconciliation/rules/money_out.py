"""Which way the money of a report's line went: it came in, or it left.

A report says so by the kind of its lines, by a minus, by both or by neither. A line whose kind is
stated stands for an attempt of that operation alone; one with a minus only for what sent money
out. What says neither may stand for any attempt that has its reference.
"""

from __future__ import annotations

from apps.providers.contract import Operation

# What sends money out.
OUTGOING = (Operation.REFUND, Operation.DISBURSE)

_OUTGOING = ", ".join(f"'{operation.value}'" for operation in OUTGOING)

# Of a line `l`.
LEFT = f"(l.operation IN ({_OUTGOING}) OR COALESCE(l.amount, 0) < 0)"


def may_stand_for(attempt: str) -> str:
    """SQL: whether a line `l` may stand for the attempt of this alias."""
    return (
        f"(l.operation IN ('', {attempt}.kind)"
        f" AND (COALESCE(l.amount, 0) >= 0 OR {attempt}.kind IN ({_OUTGOING})))"
    )


def stated_amount(operation: str) -> str:
    """SQL: what a line `l` says was moved by an attempt of this operation, in the attempt's terms:
    of money that left some reports write it with a minus."""
    return f"CASE WHEN {operation} IN ({_OUTGOING}) THEN abs(l.amount) ELSE l.amount END"


def sign(operation: str) -> str:
    """SQL: which way an attempt of this operation moved its money."""
    return f"CASE WHEN {operation} IN ({_OUTGOING}) THEN -1 ELSE 1 END"


def is_line_of(stated: str, amount: int | None, operation: str) -> bool:
    """`may_stand_for` of one line: what its report states, its amount, an attempt's operation."""
    return stated in ("", operation) and (
        (amount or 0) >= 0 or operation in {one.value for one in OUTGOING}
    )
