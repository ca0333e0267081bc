"""What managers see of figures. Django reads this package; each page registers itself."""

from apps.reporting.admin import reports, staff_scopes

__all__ = ["reports", "staff_scopes"]
