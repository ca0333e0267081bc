from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.core.errors import DomainError
from apps.payout_batches.models import (
    BatchUpload,
    BatchUploadPiece,
    PayoutBatch,
    UploadStatus,
)
from apps.payout_batches.selectors.lock_upload import lock_upload, refuse_ended
from apps.payout_batches.selectors.read_upload import read_upload
from apps.payout_batches.services.begin_upload import KEPT
from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch


class UploadIncomplete(DomainError):
    code = "payout_batch_upload_incomplete"
    status = 409
    title = "Not all of the file has come."


class UploadDigestDiffers(DomainError):
    code = "payout_batch_upload_digest_differs"
    status = 422
    title = "What came is not the file that was announced."


@transaction.atomic
def finish_upload(*, upload_id: UUID, now: datetime) -> PayoutBatch:
    """Make a batch of a file that is whole, as of one that came at once. Its pieces are kept no
    longer. Done again, it returns that batch, as long as the keys of requests are known: whoever
    never heard of it and sends the list anew would pay twice.

    Raises:
        UploadNotFound, UploadNotOpen.
        UploadIncomplete: says where to go on.
        UploadDigestDiffers: nothing was made of it.
    """
    upload = lock_upload(upload_id, now=now)
    if upload.batch is not None:
        return upload.batch
    refuse_ended(upload)
    if upload.received != upload.size:
        raise UploadIncomplete(f"Go on at byte {upload.received}.")
    batch = _receive(upload, now=now)
    if not hmac.compare_digest(bytes(batch.file_sha256 or b""), bytes(upload.sha256)):
        raise UploadDigestDiffers("Discard the upload and send the file anew.", field="sha256")
    BatchUploadPiece.objects.filter(upload=upload).delete()
    upload.status, upload.batch = UploadStatus.FINISHED, batch
    upload.expires_at = now + max(KEPT, settings.IDEMPOTENCY_KEPT_FOR)
    upload.save(update_fields=["status", "batch", "expires_at"])
    return batch


def _receive(upload: BatchUpload, *, now: datetime) -> PayoutBatch:
    return receive_batch(
        merchant=upload.merchant,
        livemode=upload.livemode,
        order=BatchOrder(
            currency=upload.currency,
            source=PayoutBatch.Source.FILE,
            created_by=upload.created_by,
            merchant_reference=upload.merchant_reference,
            description=upload.description,
            file_name=upload.file_name,
        ),
        content=read_upload(upload),
        now=now,
    )
