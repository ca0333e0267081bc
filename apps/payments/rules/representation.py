"""Payments as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from typing import Any

from apps.core.json_format import instant_as_json
from apps.core.public_ids import encode_id
from apps.payments.models import Payment, PaymentStatus


def payment_as_json(payment: Payment) -> dict[str, Any]:
    """The public shape. No query: everything is in the row."""
    return {
        "id": encode_id("pay", payment.pk),
        "object": "payment",
        "livemode": payment.livemode,
        "status": payment.status,
        "amount": payment.amount,
        "amount_received": _received(payment),
        "amount_refunded": payment.amount_refunded,
        "currency": payment.currency,
        "fee": payment.fee,
        "country": payment.country,
        "method": payment.method,
        "operator": payment.operator,
        "provider": payment.provider,
        "payer": {"phone": payment.payer_msisdn_masked},
        "reference": payment.merchant_reference,
        "description": payment.description,
        "metadata": payment.metadata,
        "next_action": payment.next_action,
        "failure_code": payment.failure_code or None,
        "return_url": payment.return_url or None,
        "cancel_url": payment.cancel_url or None,
        "expires_at": instant_as_json(payment.expires_at),
        "created_at": instant_as_json(payment.created_at),
        "completed_at": instant_as_json(payment.completed_at),
    }


def _received(payment: Payment) -> int | None:
    return payment.received if payment.status == PaymentStatus.SUCCEEDED else None
