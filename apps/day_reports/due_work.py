"""The queues of day reports: days to be summed, and reports to be sent."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.day_reports.models import DayCycle, ReportSending

SUM = "merchant_day.sum"
SEND = "day_report.send"
# What fails in a way nobody foresaw is tried for an hour, and is then a person's
# (selectors.find_failing).
FAILURES_MAX = 12
DUE_DAYS = LeasedRows(DayCycle, "due_at", put_off=timedelta(minutes=5), failures_max=FAILURES_MAX)
# Other people's servers are away for longer: for six hours, and then it is a person's too
# (selectors.find_unsent).
SEND_FAILURES_MAX = 24
DUE_SENDINGS = LeasedRows(
    ReportSending, "due_at", put_off=timedelta(minutes=15), failures_max=SEND_FAILURES_MAX
)
