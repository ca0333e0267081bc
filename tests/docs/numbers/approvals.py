from __future__ import annotations

from apps.approvals.rules.actions import APPROVAL_HOURS
from apps.approvals.selectors import try_rule
from apps.core.attachment_type import FILE_BYTES_MAX
from tests.docs.numbers.claim import KEPT, LEAST, Claim

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        (
            "| {} days, once decided; for ever with a file that proves it, or why it was rejected |"
            " `RETENTION_APPROVALS_DAYS` | {} |",
            KEPT["approvals"],
            LEAST["approvals"],
        ),
    ],
    "docs/guides/approvals.md": [
        ("not decided within {} hours", APPROVAL_HOURS),
        ("how many of the last {} days it would", try_rule.DAYS),
        ("It takes {} seconds at most", int(try_rule.TRIED_S_MAX)),
        ("a PDF or plain text, of {} MB at most", FILE_BYTES_MAX / 2**20),
    ],
    "docs/guides/payouts.md": [
        ("not decided within {} hours", APPROVAL_HOURS),
    ],
    "docs/guides/refunds.md": [
        ("approved within {} hours", APPROVAL_HOURS),
    ],
    "docs/guides/states.md": [
        ("approved within {} hours", APPROVAL_HOURS),
    ],
}
