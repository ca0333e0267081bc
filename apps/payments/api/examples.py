"""One payment throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

from apps.payments.rules.representation import NextActionOutput, PaymentOutput

PAYMENT_REQUEST: dict[str, Any] = {
    "amount": 1500,
    "currency": "XAF",
    "payer": {"phone": "677 00 00 01"},
    "reference": "order-7",
    "description": "Two tickets",
    "metadata": {"cart": "42"},
}
NEW_PAYMENT = PaymentOutput.example(status="pending", amount_received=None, completed_at=None)
CANCELED_PAYMENT = PaymentOutput.example(
    status="canceled", amount_received=None, completed_at="2026-11-22T08:00:00.400Z"
)

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
    "next_action": NextActionOutput.example(),
}
