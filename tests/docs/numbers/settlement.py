from __future__ import annotations

from apps.settlement.services import activate_terms
from tests.docs.numbers.claim import Claim, hours

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/settlements.md": [
        ("is paid {} hours after two", hours(activate_terms.COOLING)),
    ],
}
