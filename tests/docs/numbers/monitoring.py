from __future__ import annotations

from datetime import timedelta

from apps.monitoring.selectors import rail_status
from apps.monitoring.selectors.rail_status import UNWATCHED_MAX
from apps.monitoring.services import count_minutes
from tests.docs.numbers.claim import Claim, every_s

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/monitoring.md": [
        ("has stood still for {} minutes", UNWATCHED_MAX.total_seconds() / 60),
    ],
    "docs/guides/operations.md": [
        ("| {} seconds | `monitoring.look_around`", every_s("monitoring.look_around")),
        ("| {} minutes | `monitoring.tidy`", every_s("monitoring.tidy") / 60),
        ("| `monitoring.RailMinute` | {} weeks", count_minutes.PAST_KEPT / timedelta(weeks=1)),
    ],
    "docs/openapi.json": [
        ("Of the last {} days", rail_status.DAYS),
    ],
}
