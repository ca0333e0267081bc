"""Owner type -> who answers for it: the engine carries out instructions for these.

In this order their rows are locked: what belongs to another comes before it, and locks it too.
"""

from __future__ import annotations

from apps.orchestration.rules.owners import Owner
from apps.payments.services.attempt_owner import PaymentOwner
from apps.payouts.services.attempt_owner import PayoutOwner
from apps.refunds.services.attempt_owner import RefundOwner

ATTEMPT_OWNERS: dict[str, Owner] = {
    owner.owner_type: owner
    for owner in (
        RefundOwner(),
        PayoutOwner(),
        PaymentOwner(),
    )
}

# What has a history of moves and no instructions: people decide it.
ATTEMPTLESS_OWNERS: tuple[str, ...] = ("dispute", "payout_batch", "settlement")
