from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.approvals.services.refuse_key import NotAsShown, WaitsNoMore, refuse_key
from apps.approvals.services.request_approval import REASON_LENGTH_MAX
from apps.core.public_ids import decode_id
from apps.merchants.caller import Caller
from apps.orchestration.models import StatusChange
from apps.orchestration.rules.outgoing_status import NEEDS_APPROVAL
from apps.vault.masked_text import kept_text


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What money leaves by: `action` and the `prefix` of its ids; `lock` of one by its id,
    `digest_of` what an approver is shown of it; `approve` and `turn_down` as payouts' do."""

    action: str
    prefix: str
    lock: Callable[[UUID], Any]
    digest_of: Callable[[Any], bytes]
    approve: Callable[..., Any]
    turn_down: Callable[..., None]


@transaction.atomic
def decide_held_by_key(
    outgoing: Outgoing,
    *,
    target: str,
    is_approved: bool,
    shown_digest: bytes,
    caller: Caller,
    reason: str,
    now: datetime,
) -> None:
    """Approve or reject what a merchant makes and an approval is about, as it was shown, by a key
    of the merchant's.

    Raises:
        ApprovalNeedsStaff, MadeByThisKey: see refuse_key.
        WaitsNoMore, NotAsShown: it was decided, canceled, or not approved in time; it is not what
            was shown.
    """
    held = outgoing.lock(decode_id(outgoing.prefix, target))
    if held.status != NEEDS_APPROVAL:
        raise WaitsNoMore(f"It is {held.status}.")
    approval = Approval.objects.get(
        action=outgoing.action, target=target, status=Approval.Status.PENDING
    )
    decided_by = refuse_key(approval, is_approved=is_approved, caller=caller)
    if is_approved:
        outgoing.approve(
            held.pk,
            shown_digest=shown_digest,
            approved_by=decided_by,
            source=StatusChange.Source.API,
            now=now,
        )
        return
    if not hmac.compare_digest(outgoing.digest_of(held), shown_digest):
        raise NotAsShown("Get it, look at it, and send its digest.", field="digest")
    outgoing.turn_down(
        target=target,
        decided_by=decided_by,
        # It is kept for ever.
        reason=kept_text(reason, REASON_LENGTH_MAX),
        now=now,
    )
