"""What finance sees of reconciliation. Django reads this package; each page registers itself."""

from apps.reconciliation.admin import (
    closed_months,
    discrepancies,
    lines,
    own_rules,
    plans,
    statements,
)

__all__ = ["closed_months", "discrepancies", "lines", "own_rules", "plans", "statements"]
