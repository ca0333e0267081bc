from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.orchestration.rules.order_reference import first_reference
from apps.orchestration.services.approve_held import approve_held
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

    What approve_held is told, and what it raises.
    """
    payout = lock_payout(payout_id)
    approve_held(
        payout,
        action=SEND,
        audited_as="payout.approve",
        digest=digest_of(payout),
        shown_digest=shown_digest,
        approved_by=approved_by,
        now=now,
        send=lambda: _send(payout, source=source, now=now),
    )
    failpoint("payouts.approve.before_commit")
    return payout


def _send(payout: Payout, *, source: str, now: datetime) -> None:
    try:
        candidates = _route(payout)
    except DomainError as refusal:
        payout.failure_code = FailureCode.PROVIDER_UNAVAILABLE.value
        release_payout(
            payout, PayoutStatus.FAILED, source=source, detail=f"approved: {refusal.code}", now=now
        )
    else:
        _open(payout, candidates, source=source, now=now)


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


def _open(payout: Payout, candidates: list[Candidate], *, source: str, now: datetime) -> None:
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
        reference=first_reference(payout.pk),
    )
    bulk_write([attempt, birth, *moved.rows], {payout: SENT_FIELDS})
    wake_on_commit(TOPIC)
