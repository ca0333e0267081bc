"""Payouts as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from typing import Any

from apps.core.json_format import instant_as_json
from apps.payouts.models import Payout


def payout_as_json(payout: Payout) -> dict[str, Any]:
    """The public shape. No query: everything is in the row."""
    return {
        "id": payout.public_id,
        "object": "payout",
        "livemode": payout.livemode,
        "status": payout.status,
        "amount": payout.amount,
        "currency": payout.currency,
        "country": payout.country,
        "operator": payout.operator,
        "provider": payout.provider,
        "payee": {"phone": payout.payee_msisdn_masked},
        "reference": payout.merchant_reference,
        "description": payout.description,
        "metadata": payout.metadata,
        "failure_code": payout.failure_code or None,
        "created_at": instant_as_json(payout.created_at),
        "completed_at": instant_as_json(payout.completed_at),
    }
