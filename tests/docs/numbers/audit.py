from __future__ import annotations

from tests.docs.numbers.claim import Claim, every_s

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        ("| {} seconds | `audit.chain_entries`", every_s("audit.chain_entries")),
    ],
}
