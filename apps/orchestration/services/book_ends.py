from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.ledger.rules.outgoing import OutgoingKinds, amounts_of
from apps.ledger.services.post import Booking, post_all
from apps.orchestration.models import AttemptStatus
from apps.orchestration.rules.outgoing_status import SUCCEEDED
from apps.orchestration.rules.owners import Writes
from apps.orchestration.services.settle_outgoing import Ended


def book_ends(
    ended: Iterable[Ended],
    kinds: OutgoingKinds,
    *,
    now: datetime,
) -> Writes:
    """What was held of owners that came to their end is gone, or the merchant's again: once, for
    each ends once. With the amount the fee that each was promised: ours where it was sent, the
    merchant's again where it was not.

    What had been given back and was sent after all is held again by the attempt that sent it,
    whatever the balance is: the provider has paid it. The balance may be negative then.
    """
    bookings = []
    for one in ended:
        row, attempt, account_id = one.case.row, None, None
        if row.status == SUCCEEDED:
            (attempt,) = [a for a in one.case.attempts if a.status == AttemptStatus.SUCCEEDED]
            account_id = attempt.provider_account_id
        steps = ["sent"] if attempt else ["returned"]
        if one.was_over:
            steps.insert(0, "held")
        bookings.append(
            Booking(
                amounts_of(row, kinds, *steps),
                merchant_id=row.merchant_id,
                source_id=row.pk,
                livemode=row.livemode,
                provider_account_id=account_id,
                attempt_id=attempt.pk if attempt else None,
            )
        )
    return Writes(list(post_all(bookings, now=now)))
