from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.ledger.rules.postings import TransferKind
from apps.orchestration.rules.owners import Case, Writes
from apps.orchestration.selectors.next_account import next_account
from apps.orchestration.services.book_ends import book_ends
from apps.orchestration.services.settle_outgoing import settle_outgoing
from apps.payouts.transitions import LIFECYCLE


def settle_payouts(cases: Sequence[Case], *, now: datetime) -> Writes:
    """Settle payouts as all that sends money out: tried again at the next candidate, and what was
    held booked as sent, or returned."""
    writes, ended = settle_outgoing(
        cases,
        LIFECYCLE,
        account_for=lambda case: next_account(case.row.candidates, case.attempts),
        now=now,
    )
    writes.add(
        book_ends(
            ended,
            held=TransferKind.PAYOUT_HELD,
            sent=TransferKind.PAYOUT_SENT,
            returned=TransferKind.PAYOUT_RETURNED,
            now=now,
        )
    )
    return writes
