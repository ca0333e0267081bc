from __future__ import annotations

from apps.audit.services import resume_chain
from tests.docs.numbers.claim import Claim, every_s

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/backups.md": [("leaves {} out", resume_chain.LEFT_OUT)],
    "docs/guides/operations.md": [
        ("| {} seconds | `audit.chain_entries`", every_s("audit.chain_entries")),
    ],
}
