from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.payout_batches.models import BatchUpload, BatchUploadPiece, UploadStatus
from apps.payout_batches.selectors.lock_upload import UploadNotOpen, lock_upload


@transaction.atomic
def discard_upload(*, upload_id: UUID, now: datetime) -> BatchUpload:
    """End an upload that is no batch: what came of it is kept no longer. Safe to repeat.

    Raises UploadNotFound, UploadNotOpen: it is finished.
    """
    upload = lock_upload(upload_id, now=now)
    if upload.status == UploadStatus.FINISHED:
        raise UploadNotOpen("It is a batch: discard that.")
    BatchUploadPiece.objects.filter(upload=upload).delete()
    upload.status = UploadStatus.DISCARDED
    upload.save(update_fields=["status"])
    return upload
