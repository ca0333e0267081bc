"""What can be given up."""

from __future__ import annotations

from apps.core.errors import DomainError
from apps.reconciliation.models import Discrepancy

# The longest list a second person reads to its end.
TOGETHER_MAX = 100

KINDS = (
    Discrepancy.Kind.UNKNOWN_TO_US,
    Discrepancy.Kind.UNKNOWN_TO_THEM,
    Discrepancy.Kind.AMOUNT_DIFFERS,
    Discrepancy.Kind.FEE_DIFFERS,
    Discrepancy.Kind.DUPLICATE_LINE,
)

# Its money is booked: our books have it no more.
GIVEN_UP = (Discrepancy.Status.WRITTEN_OFF, Discrepancy.Status.CORRECTED)

# Given up with an attempt, on whichever line it is found; and with a line, for no attempt has it.
GIVEN_UP_OF_ATTEMPT = (Discrepancy.Kind.UNKNOWN_TO_THEM, Discrepancy.Kind.AMOUNT_DIFFERS)
GIVEN_UP_OF_LINE = (Discrepancy.Kind.UNKNOWN_TO_US, Discrepancy.Kind.DUPLICATE_LINE)


class WriteOffRefused(DomainError):
    code = "write_off_refused"
    status = 409
    title = "This cannot be written off."


def is_given_up(kind: str, value: int) -> bool:
    """Whether a discrepancy of this kind and value (rules.value_at_risk) can be written off, or
    corrected. Where the two sides differ about an end, the attempt is decided instead."""
    return kind in KINDS and value != 0
