from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.core.errors import DomainError
from apps.core.public_ids import new_id_at
from apps.merchants.models import Merchant
from apps.payout_batches.models import BatchUpload, UploadStatus
from apps.payout_batches.services.receive_batch import FILE_BYTES_MAX, BatchFileTooLarge
from apps.vault.masked_text import kept_file_name

# A line that is away for a weekend.
KEPT = timedelta(days=3)
# Of a maker, and of a merchant, in a mode at once: what a key that is lost began is no other's to
# end.
OPEN_MAX = 5
OPEN_OF_MERCHANT_MAX = 15


class TooManyUploads(DomainError):
    code = "too_many_payout_batch_uploads"
    status = 422
    title = "As many uploads are open as may be."


@dataclass(frozen=True, slots=True)
class UploadOrder:
    """What is said of a file before it comes; the last three are the batch's."""

    file_name: str
    size: int
    sha256: bytes
    currency: str
    merchant_reference: str = ""
    description: str = ""


@transaction.atomic
def begin_upload(
    *, merchant: Merchant, livemode: bool, order: UploadOrder, created_by: str, now: datetime
) -> BatchUpload:
    """Open an upload, of which nothing has come yet.

    Args:
        created_by: whose act it is, see selectors.maker_of: who made the batch, once it is one.

    Raises BatchFileTooLarge, TooManyUploads.
    """
    if order.size > FILE_BYTES_MAX:
        raise BatchFileTooLarge(f"A file has at most {FILE_BYTES_MAX} bytes.", field="size")
    # One at a time, or two could both be the last.
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    open_ones = BatchUpload.objects.filter(
        merchant=merchant, livemode=livemode, status=UploadStatus.OPEN, expires_at__gt=now
    )
    makers = list(open_ones.values_list("created_by", flat=True))
    if makers.count(created_by) >= OPEN_MAX:
        raise TooManyUploads(f"Finish or discard one first: {OPEN_MAX} of yours are open.")
    if len(makers) >= OPEN_OF_MERCHANT_MAX:
        raise TooManyUploads(f"Of all your keys {OPEN_OF_MERCHANT_MAX} are open in this mode.")
    return BatchUpload.objects.create(
        id=new_id_at(now),
        merchant=merchant,
        livemode=livemode,
        status=UploadStatus.OPEN,
        created_by=created_by,
        file_name=kept_file_name(order.file_name, 140),
        size=order.size,
        sha256=order.sha256,
        currency=order.currency,
        merchant_reference=order.merchant_reference,
        description=order.description,
        created_at=now,
        expires_at=now + KEPT,
    )
