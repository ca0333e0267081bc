from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.payout_batches.models import BatchUpload, BatchUploadPiece

AT_ONCE = 1_000


def forget_uploads(*, now: datetime) -> int:
    """Delete the uploads whose time is over, with whatever came of them; returns how many. Bounded,
    a transaction each, safe to repeat: whoever is at one keeps it until the next time."""
    due = BatchUpload.objects.filter(expires_at__lte=now).order_by("expires_at")
    return sum(map(_forget, list(due.values_list("pk", flat=True)[:AT_ONCE])))


@transaction.atomic
def _forget(upload_id: UUID) -> bool:
    mine = BatchUpload.objects.select_for_update(skip_locked=True).filter(pk=upload_id)
    if not mine.values_list("pk"):
        return False
    BatchUploadPiece.objects.filter(upload_id=upload_id).delete()
    BatchUpload.objects.filter(pk=upload_id).delete()
    return True
