from __future__ import annotations

from datetime import timedelta

from apps.routing.rules import reply_counts
from apps.routing.selectors import account_health
from tests.docs.numbers.claim import Claim

CLAIMS: dict[str, list[Claim]] = {
    "docs/openapi.json": [
        ("last {} minutes", reply_counts.WINDOW / timedelta(minutes=1)),
        ("one in {} and at least {}", account_health.TROUBLED_SHARE, account_health.TROUBLED_MIN),
    ],
}
