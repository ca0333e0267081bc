"""A balance and what moved it, for the documentation."""

from __future__ import annotations

from typing import Any

# As in the examples of payments, refunds and payouts, which this app may not know.
PAYMENT_ID = "pay_01kasd9y7nfx58m4vqgh3w2z6t"
REFUND_ID = "ref_01kasdc2s4h7j9n1q3t5v8x0zb"
PAYOUT_ID = "po_01kasdc3v8hq2n5r7t9w1y4b6d"

BALANCE: dict[str, Any] = {
    "object": "balance",
    "livemode": False,
    "available": [{"amount": 1470, "currency": "XAF"}],
}
TRANSFER: dict[str, Any] = {
    "id": "tr_01kasdak2r7s9v1x3z5b7d9f1h",
    "object": "transfer",
    "livemode": False,
    "kind": "gross",
    "direction": "in",
    "amount": 1500,
    "currency": "XAF",
    "payment": PAYMENT_ID,
    "source": PAYMENT_ID,
    "created_at": "2026-11-22T08:00:21.000Z",
}
