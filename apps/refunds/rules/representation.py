"""Refunds as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from typing import Any

from apps.core.json_format import instant_as_json
from apps.core.public_ids import encode_id
from apps.refunds.models import Refund


def refund_as_json(refund: Refund) -> dict[str, Any]:
    """The public shape. No query: everything is in the row."""
    return {
        "id": encode_id("ref", refund.pk),
        "object": "refund",
        "livemode": refund.livemode,
        "payment": encode_id("pay", refund.payment_id),
        "status": refund.status,
        "amount": refund.amount,
        "currency": refund.currency,
        "way": refund.way,
        "provider": refund.provider,
        "reason": refund.reason,
        "metadata": refund.metadata,
        "failure_code": refund.failure_code or None,
        "created_at": instant_as_json(refund.created_at),
        "completed_at": instant_as_json(refund.completed_at),
    }
