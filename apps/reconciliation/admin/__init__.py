"""What finance sees of reconciliation. Django reads this package; each page registers itself."""

from apps.reconciliation.admin import discrepancies, plans, statements

__all__ = ["discrepancies", "plans", "statements"]
