from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.disputes.models import Dispute, DisputeStatus
from apps.disputes.rules.refusals import refuse_unless_open
from apps.disputes.selectors.lock_dispute import lock_dispute
from apps.disputes.transitions import MOVED_FIELDS, move
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.orchestration.models import Attempt, AttemptStatus
from apps.payments.services.return_disputed import return_disputed


class LossExceedsDispute(DomainError):
    code = "loss_exceeds_dispute"
    status = 422
    title = "This is more than is disputed."
    staff_words = _("This is more than is disputed.")


class DisputeMovedOn(DomainError):
    code = "dispute_moved_on"
    status = 409
    title = "The dispute has moved on since this was asked for."
    staff_words = _(
        "The dispute has moved on since this was asked for: look at it, reject this, and ask anew."
    )


@transaction.atomic
def decide_dispute(
    *,
    dispute_id: UUID,
    amount_lost: int | None,
    source: str,
    now: datetime,
    is_withdrawn: bool = False,
    detail: str = "",
    sequence: int | None = None,
) -> Dispute:
    """End a dispute: what was held of it goes back to the provider that collected it, as far as it
    was lost; the rest is the merchant's again, and may be refunded.

    Args:
        amount_lost: in minor units; None for all of it, 0 for none: it is won, or withdrawn.
        is_withdrawn: nothing was decided; whoever disputed it does so no longer.
        sequence: its moves when this was asked for; None where it is decided at once.

    Raises:
        DisputeClosed, DisputeMovedOn, LossExceedsDispute: nothing was done.
    """
    dispute = lock_dispute(dispute_id)
    refuse_unless_open(dispute)
    if sequence is not None and sequence != dispute.sequence:
        # What the merchant has answered since, nobody who decides has seen.
        raise DisputeMovedOn(f"It is {dispute.status}.")
    disputed = Money(dispute.amount, dispute.currency)
    lost = disputed.amount if amount_lost is None else amount_lost
    if not 0 <= lost <= disputed.amount or (is_withdrawn and lost):
        raise LossExceedsDispute(f"{disputed} is disputed.", field="amount_lost")
    dispute.amount_lost = lost
    moved = move(dispute, _end(dispute, is_withdrawn), source=source, now=now, detail=detail)
    returned = disputed.amount - lost
    if returned:
        return_disputed(dispute.payment_id, amount=returned)
    collected = Attempt.objects.get(owner_id=dispute.payment_id, status=AttemptStatus.SUCCEEDED)
    booked = post(
        {
            TransferKind.DISPUTE_RETURNED: Money(returned, dispute.currency),
            TransferKind.DISPUTE_LOST: Money(lost, dispute.currency),
        },
        merchant_id=dispute.merchant_id,
        provider_account_id=collected.provider_account_id,
        source_id=dispute.pk,
        livemode=dispute.livemode,
        now=now,
    )
    bulk_write([*moved.rows, *booked], {dispute: (*MOVED_FIELDS, "amount_lost")})
    return dispute


def _end(dispute: Dispute, is_withdrawn: bool) -> DisputeStatus:
    if is_withdrawn:
        return DisputeStatus.WITHDRAWN
    if not dispute.amount_lost:
        return DisputeStatus.WON
    is_all = dispute.amount_lost == dispute.amount
    return DisputeStatus.LOST if is_all else DisputeStatus.PARTLY_LOST
