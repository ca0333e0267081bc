"""What of this app is encrypted."""

from apps.payout_batches.rules.contexts import (
    CELLS_CONTEXT,
    NAME_CONTEXT,
    PAYEE_CONTEXT,
    PIECE_CONTEXT,
    RAIL_NAME_CONTEXT,
    UPLOAD_CONTEXT,
)
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.vault.encrypted_columns import EncryptedColumn, SearchableColumn

ENCRYPTED_COLUMNS = (
    SearchableColumn(
        "payout_batches.PayoutBatchLine",
        "payee_msisdn_encrypted",
        PAYEE_CONTEXT,
        index="payee_msisdn_index",
        purpose=PAYEE_INDEX,
    ),
    EncryptedColumn("payout_batches.PayoutBatchLine", "payee_name_encrypted", NAME_CONTEXT),
    EncryptedColumn("payout_batches.PayoutBatchLine", "cells_encrypted", CELLS_CONTEXT),
    EncryptedColumn("payout_batches.NameCheck", "rail_name_encrypted", RAIL_NAME_CONTEXT),
    EncryptedColumn(
        "payout_batches.PayoutBatchPiece", "content_encrypted", PIECE_CONTEXT, rows_at_once=4
    ),
    EncryptedColumn(
        "payout_batches.BatchUploadPiece", "content_encrypted", UPLOAD_CONTEXT, rows_at_once=4
    ),
)
