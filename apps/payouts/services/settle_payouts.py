from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.core.work.outbox import new_message, wake_on_commit
from apps.ledger.rules.outgoing import PAYOUT_KINDS
from apps.orchestration.rules.owners import Case, Writes
from apps.orchestration.selectors.next_account import next_account
from apps.orchestration.services.book_ends import book_ends
from apps.orchestration.services.settle_outgoing import settle_outgoing
from apps.payouts.transitions import LIFECYCLE

# Somebody above may have closed its book on it.
SUCCEEDED_LATE = "payout.succeeded_late"


def settle_payouts(cases: Sequence[Case], *, now: datetime) -> Writes:
    """Settle payouts as all that sends money out: tried again at the next candidate, and what was
    held booked as sent, or returned."""
    writes, ended = settle_outgoing(
        cases,
        LIFECYCLE,
        account_for=lambda case: next_account(case.row.candidates, case.attempts),
        now=now,
    )
    writes.add(book_ends(ended, PAYOUT_KINDS, now=now))
    late = [one.case.row for one in ended if one.was_over]
    if late:
        writes.inserts += [
            new_message(SUCCEEDED_LATE, now=now, payout_id=str(row.pk)) for row in late
        ]
        wake_on_commit(SUCCEEDED_LATE)
    return writes
