from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from apps.payouts.models import Payout, PayoutStatus

ENDS = (PayoutStatus.SUCCEEDED, PayoutStatus.FAILED)


@dataclass(frozen=True, slots=True)
class PayoutEnd:
    """How a payout ended. `failure_code` is "" of one that succeeded."""

    status: str
    failure_code: str


def read_ends(payout_ids: Collection[UUID]) -> dict[UUID, PayoutEnd]:
    """The ends of those of these payouts that have ended. One query, by their ids."""
    ended = Payout.objects.filter(pk__in=payout_ids, status__in=ENDS)
    return {
        pk: PayoutEnd(status, failure_code)
        for pk, status, failure_code in ended.values_list("pk", "status", "failure_code")
    }
