from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.approvals.services.refuse_key import NotAsShown, WaitsNoMore
from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.orchestration.services.end_approvals import end_approvals
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.rules.approvable import SEND, digest_of
from apps.payouts.rules.payee import payee_msisdn
from apps.payouts.selectors.lock_payout import lock_payout
from apps.payouts.services.release_payout import release_payout
from apps.payouts.transitions import move
from apps.providers.contract import FailureCode, Operation
from apps.providers.rules.phone_numbers import PhoneNumber
from apps.routing.rules.candidates import Candidate
from apps.routing.services.route import route

SENT_FIELDS = ("status", "sequence", "provider", "candidates")


@transaction.atomic
def approve_payout(
    *, payout_id: UUID, shown_digest: bytes, approved_by: str, source: str, now: datetime
) -> Payout:
    """Send a payout that waits for approval, as it was shown, as if it were created now: routed
    anew, at the fee that is held with it. Where nobody can send it any more it fails, and what was
    held is the merchant's again.

    Args:
        shown_digest: of what the approver saw.
        approved_by: whose act it is, as approvals name it; whether she may is the caller's to know.

    Raises:
        WaitsNoMore: it was decided, canceled, or not approved in time.
        NotAsShown: it is not what was shown.
        MerchantDisabled: its merchant was disabled meanwhile. It waits on.
    """
    payout = lock_payout(payout_id)
    if payout.status != PayoutStatus.NEEDS_APPROVAL:
        raise WaitsNoMore(f"It is {payout.status}.")
    if not hmac.compare_digest(digest_of(payout), shown_digest):
        raise NotAsShown("Get it, look at it, and send its digest.", field="digest")
    refuse_disabled(payout.merchant_id)
    try:
        candidates = _route(payout)
    except DomainError as refusal:
        payout.failure_code = FailureCode.PROVIDER_UNAVAILABLE.value
        release_payout(
            payout, PayoutStatus.FAILED, source=source, detail=f"approved: {refusal.code}", now=now
        )
    else:
        _send(payout, candidates, source=source, now=now)
    end_approvals(
        action=SEND,
        target=payout.public_id,
        status=Approval.Status.APPROVED,
        decided_by=approved_by,
        now=now,
    )
    record(
        actor=approved_by,
        action="payout.approve",
        target=payout.public_id,
        detail={"digest": shown_digest.hex(), "status": payout.status},
        now=now,
    )
    failpoint("payouts.approve.before_commit")
    return payout


def _route(payout: Payout) -> list[Candidate]:
    return route(
        merchant_id=payout.merchant_id,
        livemode=payout.livemode,
        phone=PhoneNumber(
            msisdn=payee_msisdn(payout), country=payout.country, operator=payout.operator
        ),
        operator=payout.operator,
        money=Money(payout.amount, payout.currency),
        operation=Operation.DISBURSE,
    )


def _send(payout: Payout, candidates: list[Candidate], *, source: str, now: datetime) -> None:
    account = candidates[0].account
    payout.provider = account.connector
    payout.candidates = [candidate.as_json() for candidate in candidates]
    moved = move(payout, PayoutStatus.PENDING, source=source, now=now)
    attempt, birth = open_attempt(
        owner_type="payout",
        owner=payout,
        operation=Operation.DISBURSE,
        account=account,
        source=source,
        due_at=now,
        now=now,
    )
    bulk_write([attempt, birth, *moved.rows], {payout: SENT_FIELDS})
    wake_on_commit(TOPIC)
