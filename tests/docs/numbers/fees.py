from __future__ import annotations

from apps.fees.selectors import simulate_lines
from tests.docs.numbers.claim import Claim

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/fees.md": [
        ("on your last {} days", simulate_lines.DAYS),
    ],
}
