"""One payout throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

from apps.payouts.rules.representation import PayoutOutput

PAYOUT_REQUEST: dict[str, Any] = {
    "amount": 1000,
    "currency": "XAF",
    "payee": {"phone": "677 00 00 03"},
    "reference": "wages-7",
    "description": "Wages of November",
    "metadata": {"employee": "42"},
}
NEW_PAYOUT = PayoutOutput.example(status="pending", completed_at=None)
CANCELED_PAYOUT = PayoutOutput.example(status="canceled", approval="apv_01kasdc7v2n4q6s8v0x2z4b6d8")
