"""Under which names what belongs to a payee is encrypted."""

from __future__ import annotations

PAYEE_CONTEXT = "payout_batches.payee_msisdn"
NAME_CONTEXT = "payout_batches.payee_name"
CELLS_CONTEXT = "payout_batches.cells"
PIECE_CONTEXT = "payout_batches.piece"
UPLOAD_CONTEXT = "payout_batches.upload_piece"
RAIL_NAME_CONTEXT = "payout_batches.rail_name"
