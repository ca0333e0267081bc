"""One payment throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

PAYMENT_REQUEST: dict[str, Any] = {
    "amount": 1500,
    "currency": "XAF",
    "payer": {"phone": "677 00 00 01"},
    "reference": "order-7",
    "description": "Two tickets",
    "metadata": {"cart": "42"},
}
NEW_PAYMENT: dict[str, Any] = {
    "id": "pay_01kasd9y7nfx58m4vqgh3w2z6t",
    "object": "payment",
    "livemode": False,
    "status": "pending",
    "amount": 1500,
    "amount_received": None,
    "amount_refunded": 0,
    "currency": "XAF",
    "fee": 30,
    "country": "CM",
    "method": "mobile_money",
    "operator": "mtn",
    "provider": "mtn_momo",
    "payer": {"phone": "+237 •••••••01"},
    "reference": "order-7",
    "description": "Two tickets",
    "metadata": {"cart": "42"},
    "next_action": None,
    "failure_code": None,
    "return_url": None,
    "cancel_url": None,
    "expires_at": "2026-11-22T08:10:00.000Z",
    "created_at": "2026-11-22T08:00:00.000Z",
    "completed_at": None,
}
PAYMENT = {
    **NEW_PAYMENT,
    "status": "succeeded",
    "amount_received": 1500,
    "completed_at": "2026-11-22T08:00:21.000Z",
}
CANCELED_PAYMENT = {
    **NEW_PAYMENT,
    "status": "canceled",
    "completed_at": "2026-11-22T08:00:00.400Z",
}

ORANGE_REQUEST = {
    **PAYMENT_REQUEST,
    "payer": {"phone": "699 00 00 01"},
    "return_url": "https://shop.example/thanks",
}
NEW_ORANGE_PAYMENT = {
    **NEW_PAYMENT,
    "operator": "orange",
    "provider": "orange_webpay",
    "return_url": "https://shop.example/thanks",
    "expires_at": "2026-11-22T08:15:00.000Z",
}
ORANGE_PAYMENT = {
    **NEW_ORANGE_PAYMENT,
    "status": "requires_action",
    "next_action": {"kind": "redirect", "url": "https://webpayment.example/v1abc"},
}

ATTEMPT: dict[str, Any] = {
    "id": "att_01kasd9y7p4q2m6t8w0z5x3v9r",
    "object": "attempt",
    "livemode": False,
    "payment": PAYMENT["id"],
    "operation": "collect",
    "kind": "collect",
    "provider": "mtn_momo",
    "status": "succeeded",
    "reference": "5f1c9c1e-8f0a-4c39-9a64-0d7f8a1f2b3c",
    "provider_reference": "363440463",
    "failure_code": None,
    "created_at": "2026-11-22T08:00:00.000Z",
    "submitted_at": "2026-11-22T08:00:00.012Z",
    "completed_at": "2026-11-22T08:00:21.000Z",
}
TIMELINE_ENTRY: dict[str, Any] = {
    "at": "2026-11-22T08:00:21.000Z",
    "kind": "status",
    "title": "payment succeeded",
    "detail": "",
    "data": {"from": "pending", "to": "succeeded", "source": "callback"},
}
