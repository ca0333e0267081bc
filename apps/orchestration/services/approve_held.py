from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from apps.approvals.models import Approval
from apps.approvals.services.refuse_key import NotAsShown, WaitsNoMore
from apps.audit.services.record import record
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.orchestration.rules.outgoing_status import NEEDS_APPROVAL
from apps.orchestration.services.end_approvals import end_approvals


class Waiting(Protocol):
    """A payout or a refund."""

    merchant_id: UUID
    status: Any

    @property
    def public_id(self) -> str: ...


def approve_held(
    owner: Waiting,
    *,
    action: str,
    audited_as: str,
    digest: bytes,
    shown_digest: bytes,
    approved_by: str,
    now: datetime,
    send: Callable[[], None],
) -> None:
    """Do what a locked owner waits for, as it was shown, and end its approval with it, within the
    caller's transaction.

    Args:
        action: a key of config/approvable_actions.py.
        digest: of the owner as it is; `shown_digest`: of what the approver saw.
        approved_by: whose act it is, as approvals name it; whether she may is the caller's to know.
        send: sends it as if it were made now, or ends it where nobody can any more.

    Raises:
        WaitsNoMore: it was decided, canceled, or not approved in time.
        NotAsShown: it is not what was shown.
        MerchantDisabled: its merchant was disabled meanwhile. It waits on.
    """
    if owner.status != NEEDS_APPROVAL:
        raise WaitsNoMore(f"It is {owner.status}.")
    if not hmac.compare_digest(digest, shown_digest):
        raise NotAsShown("Get it, look at it, and send its digest.", field="digest")
    refuse_disabled(owner.merchant_id)
    send()
    end_approvals(
        action=action,
        target=owner.public_id,
        status=Approval.Status.APPROVED,
        decided_by=approved_by,
        now=now,
    )
    record(
        actor=approved_by,
        action=audited_as,
        target=owner.public_id,
        detail={"digest": shown_digest.hex(), "status": owner.status},
        now=now,
    )
