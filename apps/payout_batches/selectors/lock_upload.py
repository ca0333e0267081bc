from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.core.errors import DomainError
from apps.payout_batches.models import BatchUpload, UploadStatus
from apps.payout_batches.selectors.find_upload import UploadNotFound


class UploadNotOpen(DomainError):
    code = "payout_batch_upload_not_open"
    status = 409
    title = "This upload is finished or discarded."


def lock_upload(upload_id: UUID, *, now: datetime) -> BatchUpload:
    """An upload with its merchant, locked: who sends pieces of it, finishes it or forgets it comes
    one after the other.

    Raises UploadNotFound: its time is over.
    """
    uploads = BatchUpload.objects.select_related("merchant").select_for_update(of=("self",))
    upload = uploads.filter(pk=upload_id, expires_at__gt=now).first()
    if upload is None:
        raise UploadNotFound("Begin another.")
    return upload


def refuse_ended(upload: BatchUpload) -> None:
    """Raises UploadNotOpen."""
    if upload.status != UploadStatus.OPEN:
        raise UploadNotOpen(f"It is {upload.status}.")
