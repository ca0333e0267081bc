"""Statements, how they are matched, what does not agree, and what people decide of it.

Django reads this package.
"""

from apps.reconciliation.models.closed_months import ClosedMonth
from apps.reconciliation.models.decisions import DiscrepancyEvent, HandMatch, SavedView
from apps.reconciliation.models.discrepancies import Discrepancy
from apps.reconciliation.models.figures import FeeFigures, StatementFigures
from apps.reconciliation.models.matching import (
    REPORT_DELAY_DAYS_MAX,
    RULE_DAYS_MAX,
    RULE_TEXT_LENGTH_MIN,
    TOLERANCE_MAX,
    MatchingPass,
    MatchingPlan,
    OwnTransferRule,
)
from apps.reconciliation.models.statements import (
    Statement,
    StatementDay,
    StatementLine,
    StatementWithdrawal,
)

__all__ = [
    "REPORT_DELAY_DAYS_MAX",
    "RULE_DAYS_MAX",
    "RULE_TEXT_LENGTH_MIN",
    "TOLERANCE_MAX",
    "ClosedMonth",
    "Discrepancy",
    "DiscrepancyEvent",
    "FeeFigures",
    "HandMatch",
    "MatchingPass",
    "MatchingPlan",
    "OwnTransferRule",
    "SavedView",
    "Statement",
    "StatementDay",
    "StatementFigures",
    "StatementLine",
    "StatementWithdrawal",
]
