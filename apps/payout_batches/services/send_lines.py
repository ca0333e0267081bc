from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Model

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.fees.rules.compute_fee import Fee
from apps.fees.selectors.promise_fee import PromisedFee
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.orchestration.rules.order_reference import owner_id_of
from apps.orchestration.selectors.count_waiting import count_waiting
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.hold_steps import step_of_line
from apps.payout_batches.rules.line_failures import PAID_MEANWHILE, UNREADABLE
from apps.payout_batches.rules.payee import payee_msisdn_of
from apps.payout_batches.selectors.choose_lines import choose_lines
from apps.payout_batches.selectors.paid_meanwhile import paid_meanwhile
from apps.payout_batches.services.return_hold import return_hold
from apps.payouts.services.create_payouts import create_payouts
from apps.payouts.services.plan_payout import PayoutRequest, PlannedPayout, plan_payout
from apps.vault.encryption import DecryptionFailed

# Payouts of one transaction.
CHUNK = 100
# Of all that waits to be sent at one provider account. Whoever asks for a single payout waits
# behind these at most, and whatever is paused or canceled is still kept back.
WAITING_MAX = 32
# Payouts of one batch under way: their ends are looked for together.
UNDER_WAY_MAX = 2_000

SENT = """
UPDATE payout_batches_payoutbatchline l SET status = 'sent', payout_id = s.payout_id
  FROM unnest(%s::uuid[], %s::uuid[]) AS s (line_id, payout_id) WHERE l.id = s.line_id
"""
REFUSED = """
UPDATE payout_batches_payoutbatchline l SET status = 'failed', failure_code = r.code
  FROM unnest(%s::uuid[], %s::text[]) AS r (line_id, code) WHERE l.id = r.line_id
"""


@dataclass(slots=True)
class SentLines:
    """What was sent of a batch just now, and what routing refused. `is_full`: there is more, and
    no room for it at the moment."""

    planned: list[tuple[PayoutBatchLine, PlannedPayout]] = field(default_factory=list)
    refused: list[tuple[PayoutBatchLine, str]] = field(default_factory=list)
    is_full: bool = False


def send_lines(batch: PayoutBatch, *, under_way: int, now: datetime) -> SentLines:
    """Make payouts of the next lines of a locked batch, as many as there is room for: what the
    batch held for them each payout holds from now on. A line that routing refuses fails with its
    code, and its amount and fee are the merchant's again.

    Args:
        under_way: how many lines of it are.
    """
    sent = _plan(batch, limit=min(CHUNK, UNDER_WAY_MAX - under_way), now=now)
    if not sent.planned and not sent.refused:
        return sent
    # All of it or nothing: whatever dies here leaves the lines ready.
    failpoint("batches.send.before_write")
    bulk_write(
        [
            *_released(batch, sent.planned, now=now),
            *create_payouts([planned for _, planned in sent.planned], now=now),
            *_returned(batch, sent.refused, now=now),
        ]
    )
    _mark(sent)
    failpoint("batches.send.before_commit")
    return sent


def _plan(batch: PayoutBatch, *, limit: int, now: datetime) -> SentLines:
    sent = SentLines()
    if limit <= 0:
        sent.is_full = True
        return sent
    room: dict[UUID, int] = {}
    chosen = choose_lines(batch, limit=limit)
    paid = paid_meanwhile(batch, [line.number for lines in chosen for line in lines])
    for lines in chosen:
        for line in lines:
            if line.number in paid:
                sent.refused.append((line, PAID_MEANWHILE))
                continue
            try:
                planned = plan_payout(
                    merchant=batch.merchant,
                    livemode=batch.livemode,
                    request=_request(batch, line),
                    fee=PromisedFee(Fee(line.fee, line.fee_tax), line.fee_line_id),
                    # A line is sent once.
                    payout_id=owner_id_of(f"line {line.pk}", now=now),
                    now=now,
                )
            except DomainError as refusal:
                sent.refused.append((line, refusal.code))
                continue
            except DecryptionFailed:
                sent.refused.append((line, UNREADABLE))
                continue
            account_id = planned.account.pk
            if account_id not in room:
                room[account_id] = WAITING_MAX - count_waiting(account_id, limit=WAITING_MAX)
            if room[account_id] <= 0:
                sent.is_full = True
                break
            room[account_id] -= 1
            sent.planned.append((line, planned))
    return sent


def _request(batch: PayoutBatch, line: PayoutBatchLine) -> PayoutRequest:
    assert line.amount is not None  # noqa: S101 (for the type checker: a constraint says so)
    return PayoutRequest(
        money=Money(line.amount, batch.currency),
        phone=f"+{payee_msisdn_of(line)}",
        country=line.country,
        operator=line.operator,
        merchant_reference=line.merchant_reference,
        description=line.description or batch.description,
        metadata={"payout_batch": batch.public_id, "line": str(line.number)},
    )


def _released(
    batch: PayoutBatch, planned: Sequence[tuple[PayoutBatchLine, PlannedPayout]], *, now: datetime
) -> Sequence[Model]:
    if not planned:
        return []
    return post(
        {TransferKind.BATCH_RELEASED: Money(_total(line for line, _ in planned), batch.currency)},
        merchant_id=batch.merchant_id,
        source_id=batch.pk,
        livemode=batch.livemode,
        now=now,
        attempt_id=step_of_line(batch, planned[0][0].pk),
    )


def _returned(
    batch: PayoutBatch, refused: Sequence[tuple[PayoutBatchLine, str]], *, now: datetime
) -> Sequence[Model]:
    if not refused:
        return []
    amount = _total(line for line, _ in refused)
    step_id = step_of_line(batch, refused[0][0].pk)
    return return_hold(batch, amount=amount, step_id=step_id, now=now)


def _total(lines: Iterable[PayoutBatchLine]) -> int:
    return sum(line.amount_with_fee for line in lines)


def _mark(sent: SentLines) -> None:
    with connection.cursor() as cursor:
        if sent.planned:
            line_ids = [line.pk for line, _ in sent.planned]
            cursor.execute(SENT, [line_ids, [one.payout.pk for _, one in sent.planned]])
        if sent.refused:
            line_ids = [line.pk for line, _ in sent.refused]
            cursor.execute(REFUSED, [line_ids, [code for _, code in sent.refused]])
