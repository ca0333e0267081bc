from __future__ import annotations

from apps.reporting.admin.figures_form import DAYS
from apps.reporting.rules.period import PERIOD_USUAL
from tests.docs.numbers.claim import Claim, days, every_s

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        (
            "| {} seconds | `reporting.count_changed_hours`",
            every_s("reporting.count_changed_hours"),
        ),
        (
            "| {} minutes | `reporting.promise_due_reports`",
            every_s("reporting.promise_due_reports") / 60,
        ),
    ],
    "docs/openapi.json": [
        ("Left out: {} days before the end", days(PERIOD_USUAL)),
    ],
    "docs/guides/reconciliation.md": [
        ("reports of the last {}, {} or {} days", *DAYS),
    ],
}
