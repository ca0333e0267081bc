from __future__ import annotations

from uuid import UUID

from django.db.models import Sum

from apps.refunds.models import Refund, RefundStatus


def lock_waiting_refunds(payment_id: UUID, *, is_payment_locked: bool = False) -> list[Refund]:
    """The refunds of a payment that wait for approval, newest first, locked until the transaction
    ends: before the payment is. Once that is locked, those of them that nobody else holds."""
    waiting = Refund.objects.filter(payment_id=payment_id, status=RefundStatus.NEEDS_APPROVAL)
    locked = (
        waiting.select_related("payment")
        .select_for_update(of=("self",), no_key=True, skip_locked=is_payment_locked)
        .order_by("id")
    )
    return list(locked)[::-1]


def sum_of_waiting_refunds(payment_id: UUID) -> int:
    """What they have set aside, in minor units: a dispute may have it."""
    waiting = Refund.objects.filter(payment_id=payment_id, status=RefundStatus.NEEDS_APPROVAL)
    return int(waiting.aggregate(sum=Sum("amount"))["sum"] or 0)
