from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.core import database_clock
from apps.core.public_ids import first_id_at
from apps.merchants.models import Merchant
from apps.payouts.models import Payout, PayoutQuerySet

# Ids of one busy instant may borrow from the milliseconds after it.
ID_SLACK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PayoutFilter:
    """What the payouts of a list have in common. Empty: no matter.

    `payee_indexes` are the blind indexes of the payee's number, several while their key is being
    replaced. `created_after` is included, `created_before` is not.
    """

    statuses: Sequence[str] = ()
    reference: str = ""
    payee_indexes: Sequence[bytes] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None


def list_payouts(merchant: Merchant, *, livemode: bool, wanted: PayoutFilter) -> PayoutQuerySet:
    """A merchant's payouts that pass the filter, for read_page."""
    payouts = Payout.objects.for_merchant(merchant, livemode=livemode)
    if wanted.statuses:
        payouts = payouts.filter(status__in=wanted.statuses)
    if wanted.reference:
        # The second condition is the index's own.
        payouts = payouts.filter(merchant_reference=wanted.reference).exclude(merchant_reference="")
    if wanted.payee_indexes:
        payouts = payouts.filter(payee_msisdn_index__in=wanted.payee_indexes)
    # By id as well: the list is read along an index, no further than the dates need.
    if wanted.created_after:
        first = first_id_at(wanted.created_after)
        payouts = payouts.filter(id__gte=first, created_at__gte=wanted.created_after)
    if wanted.created_before:
        payouts = payouts.filter(created_at__lt=wanted.created_before)
        if wanted.created_before < database_clock.now():
            end = first_id_at(wanted.created_before + ID_SLACK)
            payouts = payouts.filter(id__lt=end)
    return payouts
