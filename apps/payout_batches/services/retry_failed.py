from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.core.bulk_write import bulk_write
from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import encode_id, new_id_at
from apps.core.work.outbox import wake_on_commit
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.contexts import NAME_CONTEXT, PAYEE_CONTEXT
from apps.payout_batches.rules.line_failures import MAY_HEAL
from apps.payout_batches.rules.payee import payee_msisdn_of, payee_name_of
from apps.payout_batches.rules.refusals import (
    NothingToRetry,
    PayoutBatchNotEnded,
    PayoutBatchRetried,
)
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.line_prices import LinePrices
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.services.note_duplicates import note_duplicates
from apps.payout_batches.services.open_name_checks import open_name_checks
from apps.payout_batches.transitions import ENDS, move
from apps.vault.encryption import encrypt
from apps.webhooks.services import build_event as webhooks

# Lines copied by one statement.
CHUNK = 500
WAS_SENT = (LineStatus.SENT, LineStatus.SUCCEEDED, LineStatus.FAILED)
# Kept as they are: a payee's number is encrypted anew, under the new line.
COPIED = (
    *("number", "amount", "country", "operator", "payee_msisdn_index", "payee_msisdn_masked"),
    *("merchant_reference", "description"),
)


@transaction.atomic
def retry_failed(*, batch_id: UUID, created_by: str, source: str, now: datetime) -> PayoutBatch:
    """A draft of the lines of an ended batch that failed and may succeed as they are; it is
    submitted and approved like any other. The others are in the results, with what to do, and what
    a canceled retry has sent is no longer its to send: what failed there is sent again from there.

    Raises:
        PayoutBatchNotEnded, NothingToRetry.
        PayoutBatchRetried: that was done already, and not canceled: nobody is paid twice.
    """
    batch = lock_batch(batch_id)
    if batch.status not in ENDS:
        raise PayoutBatchNotEnded(f"It is {batch.status}.")
    for retry_id in batch.retries.exclude(status=BatchStatus.CANCELED).values_list("pk", flat=True):
        raise PayoutBatchRetried(f"In {encode_id('pob', retry_id)}.")
    sent_before = PayoutBatchLine.objects.filter(
        batch__retry_of=batch, status__in=WAS_SENT, number=OuterRef("number")
    )
    failed = PayoutBatchLine.objects.filter(
        ~Exists(sent_before), batch=batch, status=LineStatus.FAILED, failure_code__in=MAY_HEAL
    ).order_by("number")
    retry = PayoutBatch(
        id=new_id_at(now),
        merchant=batch.merchant,
        livemode=batch.livemode,
        merchant_reference=batch.merchant_reference,
        description=batch.description,
        currency=batch.currency,
        source=batch.source,
        file_name=batch.file_name,
        status="",
        created_by=created_by,
        retry_of=batch,
        created_at=now,
    )
    # Its lines are read before it is written, for its event says how many there are.
    PayoutBatch.objects.bulk_create([retry])
    prices = LinePrices(retry, now=now)
    copied: list[PayoutBatchLine] = []
    for line in failed.iterator(chunk_size=CHUNK):
        copied.append(_copy(line, batch, retry, prices))
        if len(copied) == CHUNK:
            bulk_write(copied)
            copied = []
    bulk_write(copied)
    with long_statements():
        note_duplicates(retry, now=now)
    open_name_checks(retry, now=now)
    describe_batch(retry, now=now)
    if not retry.line_sums[LineStatus.READY]["count"]:
        raise NothingToRetry("The results say what has to be done for each line.")
    moved = move(retry, BatchStatus.DRAFT, source=source, now=now)
    bulk_write(moved.rows, {retry: ("status", "sequence")})
    wake_on_commit(webhooks.TOPIC)
    return retry


def _copy(
    line: PayoutBatchLine, batch: PayoutBatch, retry: PayoutBatch, prices: LinePrices
) -> PayoutBatchLine:
    price = prices.of_or_none(country=line.country, operator=line.operator, amount=line.amount or 0)
    copy = PayoutBatchLine(
        batch=retry,
        status=LineStatus.READY,
        # Who wrote it then, or corrected it, confirms it in no retry either.
        correctors=sorted({*line.correctors, batch.created_by}),
        **{name: getattr(line, name) for name in COPIED},
        **price._asdict(),
    )
    copy.payee_msisdn_encrypted = encrypt(
        payee_msisdn_of(line), context=PAYEE_CONTEXT, row_id=copy.pk
    )
    if name := payee_name_of(line):
        copy.payee_name_encrypted = encrypt(name, context=NAME_CONTEXT, row_id=copy.pk)
    return copy
