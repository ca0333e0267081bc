"""One refund throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

REFUND_REQUEST: dict[str, Any] = {
    "payment": "pay_01kasd9y7nfx58m4vqgh3w2z6t",
    "amount": 500,
    "reason": "One ticket returned",
    "metadata": {"cart": "42"},
}
NEW_REFUND: dict[str, Any] = {
    "id": "ref_01kasdc2s4h7j9n1q3t5v8x0zb",
    "object": "refund",
    "livemode": False,
    "payment": "pay_01kasd9y7nfx58m4vqgh3w2z6t",
    "status": "pending",
    "amount": 500,
    "currency": "XAF",
    "way": "refund",
    "provider": "mtn_momo",
    "reason": "One ticket returned",
    "metadata": {"cart": "42"},
    "failure_code": None,
    "created_at": "2026-11-22T09:00:00.000Z",
    "completed_at": None,
}
REFUND = {**NEW_REFUND, "status": "succeeded", "completed_at": "2026-11-22T09:00:02.000Z"}

ORANGE_REQUEST = {**REFUND_REQUEST, "payment": "order-7"}
NEW_ORANGE_REFUND = {**NEW_REFUND, "way": "disburse"}

TIMELINE_ENTRY: dict[str, Any] = {
    "at": "2026-11-22T09:00:02.000Z",
    "kind": "status",
    "title": "refund succeeded",
    "detail": "",
    "data": {"from": "processing", "to": "succeeded", "source": "poll"},
}
