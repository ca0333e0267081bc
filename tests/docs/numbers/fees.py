from __future__ import annotations

from apps.fees.rules.begins_at import DATED_BACK_DAYS_MAX
from apps.fees.selectors import simulate_lines
from tests.docs.numbers.claim import Claim

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/errors.md": [
        ("contract more than {} days ago", DATED_BACK_DAYS_MAX),
    ],
    "docs/guides/fees.md": [
        ("on your last {} days", simulate_lines.DAYS),
    ],
}
