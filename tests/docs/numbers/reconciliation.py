from __future__ import annotations

from apps.reconciliation.rules import hand_match, write_off
from apps.reconciliation.services import (
    after_restore,
    check_statement_fits,
    decide_together,
    expect_later,
    record_decision,
)
from tests.docs.numbers.claim import Claim, every_s, hours

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/backups.md": [("Numberings go on {} further", after_restore.NUMBERS_LEFT_OUT)],
    "docs/guides/errors.md": [
        ("A report covers {} to {} days", 1, check_statement_fits.DAYS_MAX),
        ("with a reason, {} characters at most", record_decision.REASON_LENGTH_MAX),
    ],
    "docs/guides/operations.md": [
        (
            "| {} minutes | `reconciliation.open_missing_statements`",
            every_s("reconciliation.open_missing_statements") / 60,
        ),
        (
            "| {} seconds | `reconciliation.count_changed_statements`",
            every_s("reconciliation.count_changed_statements"),
        ),
        (
            "fewer than a {} of its lines are of the chosen days, {} hours more",
            1 / check_statement_fits.CHOSEN_SHARE,
            hours(check_statement_fits.EDGE),
        ),
        ("its first {} references", check_statement_fits.REFERENCES_LOOKED_AT),
    ],
    "docs/guides/reconciliation.md": [
        ("with one reason, {} at most", decide_together.TOGETHER_MAX),
        ("off the list until a day, {} days from now at most", expect_later.EXPECTED_DAYS_MAX),
        ("split over {} at most", hand_match.ATTEMPTS_MAX),
        ("claimed by nobody, is booked; {} at most", write_off.TOGETHER_MAX),
    ],
}
