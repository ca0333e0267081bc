from __future__ import annotations

from uuid import UUID

from apps.disputes.models import Dispute


def lock_dispute(dispute_id: UUID) -> Dispute:
    """A dispute with its payment, locked until the transaction ends; the payment is not. Whoever
    changes both locks the dispute first, as refunds do.

    Raises:
        Dispute.DoesNotExist: there is none.
    """
    return (
        Dispute.objects.select_related("payment")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=dispute_id)
    )
