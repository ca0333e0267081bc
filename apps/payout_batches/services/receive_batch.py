from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.public_ids import new_id, new_id_at
from apps.core.work.outbox import enqueue, wake_on_commit
from apps.merchants.models import Merchant
from apps.orchestration.models import StatusChange
from apps.payout_batches.models import BatchStatus, PayoutBatch, PayoutBatchPiece
from apps.payout_batches.rules.contexts import PIECE_CONTEXT
from apps.payout_batches.rules.piece_file import PIECE_BYTES
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.transitions import move
from apps.vault.encryption import encrypt
from apps.vault.masked_text import kept_file_name
from apps.webhooks.services import build_event as webhooks

TOPIC = "payout_batch.check"
# A million lines of CSV.
FILE_BYTES_MAX = 64 * 1024 * 1024


class BatchFileTooLarge(DomainError):
    code = "batch_file_too_large"
    status = 413
    title = "The file is too large."
    staff_words = _("The file is too large: 64 MB at most.")


class BatchFileEmpty(DomainError):
    code = "batch_file_empty"
    status = 422
    title = "The file is empty."
    staff_words = _("The file is empty.")


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What is said of a list of payees beside the list itself."""

    currency: str
    source: str
    created_by: str
    merchant_reference: str = ""
    description: str = ""
    file_name: str = ""


def receive_batch(
    *,
    merchant: Merchant,
    livemode: bool,
    order: BatchOrder,
    content: Iterable[bytes],
    now: datetime,
    asked_by: str = StatusChange.Source.API,
) -> PayoutBatch:
    """Keep what came, encrypted, and promise that it is read. Nothing of it is payable yet.

    Within the caller's transaction, where the answer is kept under the request's key: alone it is
    not safe to repeat.

    Raises BatchFileTooLarge, BatchFileEmpty: nothing was kept.
    """
    batch = PayoutBatch(
        id=new_id_at(now),
        merchant=merchant,
        livemode=livemode,
        merchant_reference=order.merchant_reference,
        description=order.description,
        currency=order.currency,
        source=order.source,
        file_name=kept_file_name(order.file_name, 140),
        status="",
        created_by=order.created_by,
        created_at=now,
    )
    describe_batch(batch, now=now)
    moved = move(batch, BatchStatus.CHECKING, source=asked_by, now=now)
    digest, size = hashlib.sha256(), 0
    # First of all, so that the pieces may name it.
    bulk_write([batch, *moved.rows])
    for number, piece in enumerate(_pieces(content)):
        size += len(piece)
        if size > FILE_BYTES_MAX:
            raise BatchFileTooLarge(f"A file has at most {FILE_BYTES_MAX} bytes.", field="file")
        digest.update(piece)
        row_id = new_id()
        PayoutBatchPiece.objects.create(
            id=row_id,
            batch=batch,
            number=number,
            content_encrypted=encrypt(
                base64.b64encode(piece).decode(), context=PIECE_CONTEXT, row_id=row_id
            ),
        )
    if not size:
        raise BatchFileEmpty("It has no bytes.", field="file")
    batch.file_sha256 = digest.digest()
    batch.save(update_fields=["file_sha256"])
    enqueue(TOPIC, now=now, batch_id=str(batch.pk))
    wake_on_commit(webhooks.TOPIC)
    return batch


def _pieces(content: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, PIECE_BYTES at a time."""
    kept = bytearray()
    for block in content:
        kept += block
        while len(kept) >= PIECE_BYTES:
            yield bytes(kept[:PIECE_BYTES])
            del kept[:PIECE_BYTES]
    if kept:
        yield bytes(kept)
