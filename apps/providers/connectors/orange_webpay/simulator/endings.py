"""How a payment ends, and which faults of an order strike when."""

from __future__ import annotations

from collections.abc import Mapping

from apps.providers.simulation.faults import Fault, FaultKind
from apps.providers.simulation.store import Instruction

# How a payment ends by the payer's last six digits or, as 99NN, by the amount's last four:
# (status, seconds more; None is never).
ENDINGS: Mapping[str, tuple[str, float | None]] = {
    "900150": ("FAILED", 0),
    "900151": ("FAILED", 0),
    "900152": ("EXPIRED", 0),
    "900153": ("SUCCESS", 30),
    "900154": ("SUCCESS", None),
}
SUCCEEDS: tuple[str, float | None] = ("SUCCESS", 0)

# Faults of an order's answer after which no client holds a payment_url: nobody pays such an order.
UNDELIVERED = {
    FaultKind.ACCEPT_THEN_DROP,
    FaultKind.ERROR_500_THOUGH_ACCEPTED,
    FaultKind.BUSY_THOUGH_ACCEPTED,
    FaultKind.HANG,
    FaultKind.SLOW_BYTES,
    FaultKind.CUT_BODY,
    FaultKind.JUNK_BODY,
    FaultKind.TRUNCATED_JSON,
    FaultKind.HUGE_BODY,
}
PATIENCE_S = 15.0  # A client that got a slow answer sooner than this is taken to have it.

# Faults given to the order that strike when it is paid or asked about.
LASTING = {
    FaultKind.NO_CALLBACK,
    FaultKind.DUPLICATE_CALLBACK,
    FaultKind.LATE_CALLBACK,
    FaultKind.EARLY_CALLBACK,
    FaultKind.OUT_OF_ORDER_CALLBACK,
    FaultKind.FORGED_CALLBACK,
    FaultKind.CONTRADICTING,
    FaultKind.WRONG_AMOUNT,
    FaultKind.ANSWER_FOR_ANOTHER,
    FaultKind.LATE_SUCCESS,
    FaultKind.LATE_APPROVAL,
    FaultKind.HIDDEN_AT_FIRST,
}


def magic_digits(amount: int, family: str) -> str:
    """The digits an amount ending in 99NN stands for; "" for every other amount."""
    return f"{family}{amount % 100:02}" if amount % 10_000 // 100 == 99 else ""


def is_delivered(fault: Fault) -> bool:
    if fault.kind is FaultKind.SLOW:
        return fault.amount < PATIENCE_S
    return fault.kind not in UNDELIVERED


def is_hidden(order: Instruction, now: float) -> bool:
    if order.fault != FaultKind.HIDDEN_AT_FIRST:
        return False
    since = order.details["confirmed_at"] or order.created_at
    return bool(now < since + Fault(FaultKind.HIDDEN_AT_FIRST, order.fault_value).amount)
