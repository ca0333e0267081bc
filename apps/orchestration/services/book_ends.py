from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.core.money import Money
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import Booking, post_all
from apps.orchestration.models import AttemptStatus
from apps.orchestration.rules.outgoing_status import SUCCEEDED
from apps.orchestration.rules.owners import Case, Writes


def book_ends(
    ended: Iterable[Case], *, sent: TransferKind, returned: TransferKind, now: datetime
) -> Writes:
    """What was held of owners that came to their end is gone, or the merchant's again: once, for
    each ends once."""
    bookings = []
    for case in ended:
        row, attempt, account_id = case.row, None, None
        if row.status == SUCCEEDED:
            (attempt,) = [one for one in case.attempts if one.status == AttemptStatus.SUCCEEDED]
            account_id = attempt.provider_account_id
        bookings.append(
            Booking(
                {sent if attempt else returned: Money(row.amount, row.currency)},
                merchant_id=row.merchant_id,
                source_id=row.pk,
                livemode=row.livemode,
                provider_account_id=account_id,
                attempt_id=attempt.pk if attempt else None,
            )
        )
    return Writes(list(post_all(bookings, now=now)))
