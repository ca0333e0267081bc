from __future__ import annotations

import base64
import hmac
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.payout_batches.models import BatchUpload, BatchUploadPiece
from apps.payout_batches.rules.contexts import UPLOAD_CONTEXT
from apps.payout_batches.rules.piece_file import PIECE_BYTES
from apps.payout_batches.selectors.lock_upload import lock_upload, refuse_ended
from apps.payout_batches.selectors.read_upload import read_upload
from apps.vault.encryption import encrypt

# Of one request.
BYTES_MAX = 4 * 1024 * 1024


class UploadOutOfOrder(DomainError):
    code = "payout_batch_upload_out_of_order"
    status = 409
    title = "A piece before this one has not come."


class UploadPieceSize(DomainError):
    code = "payout_batch_upload_piece_size"
    status = 422
    title = "A piece has another length or place."


class UploadPieceDiffers(DomainError):
    code = "payout_batch_upload_piece_differs"
    status = 409
    title = "Something else came in this place before."


@transaction.atomic
def receive_piece(*, upload_id: UUID, offset: int, content: bytes, now: datetime) -> BatchUpload:
    """Keep what follows in a file, encrypted. What came before is compared and changes nothing, so
    any piece may come again, also cut otherwise.

    Args:
        offset: where in the file it begins. Pieces are whole multiples of PIECE_BYTES but for the
            last one, and so is where they begin.

    Raises:
        UploadNotFound, UploadNotOpen.
        UploadPieceSize: it is empty, longer than BYTES_MAX, cut elsewhere, or ends past the file.
        UploadOutOfOrder: says where to go on.
        UploadPieceDiffers.
    """
    upload = lock_upload(upload_id, now=now)
    refuse_ended(upload)
    end = offset + len(content)
    _refuse_size(upload, offset, end)
    if offset > upload.received:
        raise UploadOutOfOrder(f"Go on at byte {upload.received}.", field="offset")
    again = min(end, upload.received) - offset
    first = offset // PIECE_BYTES
    known = b"".join(read_upload(upload, first=first, until=first + -(-again // PIECE_BYTES)))
    if not hmac.compare_digest(known[:again], content[:again]):
        raise UploadPieceDiffers("Discard the upload and begin another.", field="offset")
    for begin in range(again, len(content), PIECE_BYTES):
        _keep(upload, (offset + begin) // PIECE_BYTES, content[begin : begin + PIECE_BYTES])
    if end > upload.received:
        upload.received = end
        upload.save(update_fields=["received"])
    return upload


def _refuse_size(upload: BatchUpload, offset: int, end: int) -> None:
    if not offset < end <= offset + BYTES_MAX:
        raise UploadPieceSize(f"Send 1 to {BYTES_MAX} bytes.", field="content")
    if end > upload.size:
        raise UploadPieceSize(f"The file has {upload.size} bytes.", field="content")
    if offset % PIECE_BYTES:
        raise UploadPieceSize(f"Begin at a multiple of {PIECE_BYTES}.", field="offset")
    if end % PIECE_BYTES and end != upload.size:
        raise UploadPieceSize(
            f"Only the last piece may be no multiple of {PIECE_BYTES} bytes.", field="content"
        )


def _keep(upload: BatchUpload, number: int, content: bytes) -> None:
    row_id = new_id()
    BatchUploadPiece.objects.create(
        id=row_id,
        upload=upload,
        number=number,
        content_encrypted=encrypt(
            base64.b64encode(content).decode(), context=UPLOAD_CONTEXT, row_id=row_id
        ),
    )
