"""One batch before it is submitted, for the documentation."""

from __future__ import annotations

from typing import Any

from apps.payout_batches.rules.line_representation import PayoutBatchLineOutput
from apps.payout_batches.rules.representation import NO_LINES, NONE, PayoutBatchOutput

BATCH_REQUEST: dict[str, Any] = {
    "currency": "XAF",
    "reference": "wages-2026-11",
    "description": "Wages of November",
    "lines": [
        {"phone": "677 00 00 03", "amount": 1000, "name": "Awa Ndiaye", "reference": "wages-7"},
        {"phone": "677 00 00 04", "amount": 1500, "name": "Jean Mbarga"},
    ],
}
_NOT_SENT: dict[str, Any] = {
    "digest": None,
    "progress": {
        "total": 0, "ended": 0, "amount_total": 0, "amount_ended": 0, "fee_total": 0,
        "fee_tax_total": 0, "rate_per_minute": None, "ends_at": None, "seconds_left_min": None,
    },
    "submitted_at": None,
    "approved_at": None,
    "started_at": None,
    "completed_at": None,
}  # fmt: skip
NEW_BATCH = PayoutBatchOutput.example(**{**_NOT_SENT, "status": "checking", "lines": NO_LINES})
DISCARDED = PayoutBatchOutput.example(
    **{
        **_NOT_SENT,
        "status": "canceled",
        "lines": {**NO_LINES, "canceled": {**NONE, "count": 2, "amount": 2500}},
        "completed_at": "2026-11-22T08:03:00.000Z",
    }
)
UPLOAD_REQUEST: dict[str, Any] = {
    "file_name": "wages.xlsx",
    "size": 12000000,
    "sha256": "6f9bb1e1" * 8,
    "currency": "XAF",
    "reference": "wages-2026-11",
    "description": "Wages of November",
}
PIECE = {"offset": 0, "content": "cGhvbmUK"}
CORRECTION = {"amount": 1500}
CORRECTED = PayoutBatchLineOutput.example(status="ready", amount=1500, problems=[])
DROPPED = PayoutBatchLineOutput.example(status="dropped")
RESTORED = PayoutBatchLineOutput.example()
NAME_DIGEST = "7d4e1f0c" * 8
CONFIRMATION = {
    "digest": NAME_DIGEST,
    "reason": "Her husband's number: she asked for it in writing.",
}
CONFIRMED = PayoutBatchLineOutput.example(
    status="ready",
    amount=1500,
    problems=[],
    name_check={
        "result": "different",
        "score": 45,
        "name": "M••• D•••",
        "confirmed": True,
        "digest": NAME_DIGEST,
    },
)
