from __future__ import annotations

from datetime import datetime

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.merchants.selectors.maker_of import maker_of
from apps.payout_batches.models import BatchUpload


class UploadNotFound(DomainError):
    code = "payout_batch_upload_not_found"
    status = 404
    title = "There is no such upload."


def find_upload(public_id: str, *, caller: Caller, now: datetime) -> BatchUpload:
    """The upload that this caller began, or with a key that hers replaced; another's is not found,
    like one whose time is over."""
    upload = find_own(
        BatchUpload.objects.filter(expires_at__gt=now),
        public_id,
        prefix="pbu",
        caller=caller,
        not_found=UploadNotFound,
    )
    if upload.created_by != maker_of(caller):
        raise UploadNotFound("It is another key's.")
    return upload
