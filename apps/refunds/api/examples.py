"""One refund throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

from apps.refunds.rules.representation import RefundOutput

REFUND_REQUEST: dict[str, Any] = {
    "payment": RefundOutput.example()["payment"],
    "amount": 500,
    "reason": "One ticket returned",
    "metadata": {"cart": "42"},
}
NEW_REFUND = RefundOutput.example(status="pending", completed_at=None)
CANCELED_REFUND = RefundOutput.example(status="canceled", approval="apv_01kasdc7v2n4q6s8v0x2z4b6d8")

ORANGE_REQUEST = {**REFUND_REQUEST, "payment": "order-7"}
NEW_ORANGE_REFUND = {**NEW_REFUND, "way": "disburse"}
