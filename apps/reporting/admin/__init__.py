"""What managers see of figures. Django reads this package; each page registers itself."""

from apps.reporting.admin import (
    fee_variance,
    reconciliation_figures,
    report_schedules,
    reports,
    staff_scopes,
)

__all__ = [
    "fee_variance",
    "reconciliation_figures",
    "report_schedules",
    "reports",
    "staff_scopes",
]
