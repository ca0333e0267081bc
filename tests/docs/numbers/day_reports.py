from __future__ import annotations

from apps.day_reports.due_work import DUE_SENDINGS, SEND_FAILURES_MAX
from apps.day_reports.rules.day_bounds import MARGIN
from tests.docs.numbers.claim import Claim, every_s, hours, minutes

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        ("| {} minutes | `day_reports.begin_cycles`", every_s("day_reports.begin_cycles") / 60),
        (
            "| {} minutes | `day_reports.promise_sendings`",
            every_s("day_reports.promise_sendings") / 60,
        ),
        (
            "tried again every {} minutes, {} times at most",
            minutes(DUE_SENDINGS.put_off),
            SEND_FAILURES_MAX,
        ),
    ],
    "docs/guides/day-reports.md": [
        ("A {} of an hour after a day is over", hours(MARGIN)),
    ],
}
