"""Statements and what does not agree; what people decide of it."""

from apps.reconciliation.models.decisions import DiscrepancyEvent, HandMatch, SavedView
from apps.reconciliation.models.statements import (
    Discrepancy,
    Statement,
    StatementDay,
    StatementLine,
    StatementWithdrawal,
)

__all__ = [
    "Discrepancy",
    "DiscrepancyEvent",
    "HandMatch",
    "SavedView",
    "Statement",
    "StatementDay",
    "StatementLine",
    "StatementWithdrawal",
]
