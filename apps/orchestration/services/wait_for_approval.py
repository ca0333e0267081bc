from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.approvals.models import Approval
from apps.approvals.rules.actions import APPROVAL_HOURS
from apps.approvals.selectors.demand_of import Demand
from apps.approvals.services.ask_staff import ask_staff
from apps.approvals.services.open_approval import ApprovalOrder, open_approval
from apps.core.money import Money
from apps.orchestration.services.tell_approval import tell_approval


@dataclass(frozen=True, slots=True)
class Held:
    """What a merchant made and others must approve. `money` is all that is held of it, its fee and
    the tax on that included; `payload` names it for the action that sends it."""

    action: str
    target: str
    merchant_id: UUID
    livemode: bool
    money: Money
    digest: bytes
    payload: Mapping[str, Any]
    made_by: str


def wait_for_approval(held: Held, demand: Demand, *, now: datetime) -> Approval:
    """Have it wait for whom the rules demand, 24 hours at most, and tell the merchant: within the
    transaction that makes it. Staff are asked in any case; a key may decide where the rules let
    it."""
    expires_at = now + timedelta(hours=APPROVAL_HOURS)
    approval = open_approval(
        ApprovalOrder(
            merchant_id=held.merchant_id,
            livemode=held.livemode,
            action=held.action,
            target=held.target,
            money=held.money,
            digest=held.digest,
            made_by=held.made_by,
            requested_by=held.made_by,
            expires_at=expires_at,
            is_for_staff=not demand.keys_may_decide,
            ends_itself=True,
        ),
        now=now,
    )
    ask_staff(
        action=held.action,
        target=held.target,
        payload={**held.payload, "digest": held.digest.hex()},
        steps=demand.steps,
        made_by=held.made_by,
        expires_at=expires_at,
        now=now,
    )
    tell_approval(approval, now=now)
    return approval
