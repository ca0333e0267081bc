from __future__ import annotations

import base64
from collections.abc import Iterator

from apps.payout_batches.models import BatchUpload, BatchUploadPiece
from apps.payout_batches.rules.contexts import UPLOAD_CONTEXT
from apps.vault.encryption import decrypt


def read_upload(
    upload: BatchUpload, *, first: int = 0, until: int | None = None
) -> Iterator[bytes]:
    """What came of it, decrypted as it is read, one piece in memory; or from piece `first` on,
    without piece `until`."""
    numbers = range(first, BatchUploadPiece.objects.filter(upload=upload).count())
    for number in numbers if until is None else range(first, until):
        piece = BatchUploadPiece.objects.get(upload=upload, number=number)
        text = decrypt(piece.content_encrypted, context=UPLOAD_CONTEXT, row_id=piece.pk)
        yield base64.b64decode(text)
