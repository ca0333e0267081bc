from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.approvals.models import Approval
from apps.core.money import Money
from apps.core.public_ids import new_id_at


@dataclass(frozen=True, slots=True)
class ApprovalOrder:
    """What waits for whom: see Approval. `action` is a key of config/approvable_actions.py.

    `ends_itself`: the approval is its own queue, and is ended once it expires.
    """

    merchant_id: UUID
    livemode: bool
    action: str
    target: str
    money: Money
    digest: bytes
    made_by: str
    requested_by: str
    expires_at: datetime
    is_for_staff: bool = False
    ends_itself: bool = False


def open_approval(order: ApprovalOrder, *, now: datetime) -> Approval:
    """Have something wait for another of its merchant, in the transaction that makes it wait; the
    caller tells of it."""
    return Approval.objects.create(
        id=new_id_at(now),
        merchant_id=order.merchant_id,
        livemode=order.livemode,
        action=order.action,
        target=order.target,
        amount=order.money.amount,
        currency=order.money.currency,
        digest=order.digest,
        made_by=order.made_by,
        requested_by=order.requested_by,
        requested_at=now,
        expires_at=order.expires_at,
        is_for_staff=order.is_for_staff,
        due_at=order.expires_at if order.ends_itself else None,
    )
