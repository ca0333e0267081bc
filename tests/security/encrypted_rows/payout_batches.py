from __future__ import annotations

from django.utils import timezone

from apps.core.public_ids import new_id
from apps.payments.models import Payment
from apps.payout_batches.models import (
    BatchUpload,
    BatchUploadPiece,
    NameCheck,
    PayoutBatch,
    PayoutBatchLine,
    PayoutBatchPiece,
)
from apps.payout_batches.rules.contexts import (
    CELLS_CONTEXT,
    NAME_CONTEXT,
    PIECE_CONTEXT,
    RAIL_NAME_CONTEXT,
    UPLOAD_CONTEXT,
)
from apps.payout_batches.rules.contexts import PAYEE_CONTEXT as LINE_PAYEE_CONTEXT
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from tests.security.encrypted_rows.payments import NUMBER


def make(payment: Payment) -> None:
    """Kept as it came, with a line that is not payable as it came."""
    now = timezone.now()
    batch = PayoutBatch.objects.create(
        merchant_id=payment.merchant_id,
        livemode=False,
        currency="XAF",
        source="file",
        status="draft",
        created_by="test",
        created_at=now,
    )
    line_id, piece_id = new_id(), new_id()
    PayoutBatchLine.objects.create(
        id=line_id,
        batch=batch,
        number=2,
        status="invalid",
        payee_msisdn_encrypted=encrypt(NUMBER, context=LINE_PAYEE_CONTEXT, row_id=line_id),
        payee_msisdn_index=search_index(NUMBER, purpose=PAYEE_INDEX),
        payee_name_encrypted=encrypt("Awa", context=NAME_CONTEXT, row_id=line_id),
        cells_encrypted=encrypt("{}", context=CELLS_CONTEXT, row_id=line_id),
    )
    NameCheck.objects.create(
        line_id=line_id,
        batch=batch,
        result="different",
        score=10,
        rail_name_encrypted=encrypt("Penda", context=RAIL_NAME_CONTEXT, row_id=line_id),
        opened_at=now,
    )
    upload = BatchUpload.objects.create(
        merchant_id=payment.merchant_id,
        livemode=False,
        status="open",
        created_by="test",
        file_name="wages.csv",
        size=5,
        sha256=b"x" * 32,
        received=5,
        currency="XAF",
        created_at=now,
        expires_at=now,
    )
    upload_piece_id = new_id()
    BatchUploadPiece.objects.create(
        id=upload_piece_id,
        upload=upload,
        number=0,
        content_encrypted=encrypt("bGlzdAo=", context=UPLOAD_CONTEXT, row_id=upload_piece_id),
    )
    PayoutBatchPiece.objects.create(
        id=piece_id,
        batch=batch,
        number=0,
        content_encrypted=encrypt("phone;amount", context=PIECE_CONTEXT, row_id=piece_id),
    )
