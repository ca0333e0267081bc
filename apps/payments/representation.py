"""A payment as merchants see it: in answers, events and webhooks alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.public_ids import encode_id
from apps.payments.models import Payment


def payment_as_json(payment: Payment) -> dict[str, Any]:
    """The public shape. No query: everything is in the row."""
    return {
        "id": encode_id("pay", payment.pk),
        "object": "payment",
        "livemode": payment.livemode,
        "status": payment.status,
        "amount": payment.amount,
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
        "expires_at": _instant(payment.expires_at),
        "created_at": _instant(payment.created_at),
        "completed_at": _instant(payment.completed_at) if payment.completed_at else None,
    }


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
