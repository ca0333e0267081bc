"""A balance and what moved it, for the documentation."""

from __future__ import annotations

from typing import Any

# As in the examples of payments, which this app may not know.
PAYMENT_ID = "pay_01kasd9y7nfx58m4vqgh3w2z6t"

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
    "refund": None,
    "created_at": "2026-11-22T08:00:21.000Z",
}
