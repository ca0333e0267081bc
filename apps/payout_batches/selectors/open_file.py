from __future__ import annotations

import base64
import io
from typing import BinaryIO, cast

from apps.payout_batches.models import PayoutBatch, PayoutBatchPiece
from apps.payout_batches.rules.contexts import PIECE_CONTEXT
from apps.payout_batches.rules.piece_file import PIECE_BYTES, PieceFile
from apps.vault.encryption import decrypt


def open_file(batch: PayoutBatch) -> BinaryIO:
    """What the merchant sent, decrypted as it is read: one piece in memory."""

    def read_piece(number: int) -> bytes:
        piece = PayoutBatchPiece.objects.get(batch=batch, number=number)
        text = decrypt(piece.content_encrypted, context=PIECE_CONTEXT, row_id=piece.pk)
        return base64.b64decode(text)

    last = PayoutBatchPiece.objects.filter(batch=batch).order_by("-number").first()
    size = 0 if last is None else last.number * PIECE_BYTES + len(read_piece(last.number))
    return cast(BinaryIO, io.BufferedReader(PieceFile(read_piece, size=size)))
