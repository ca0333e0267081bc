from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Facts
from apps.payments.models import Payment


def refund_facts(payload: Mapping[str, Any]) -> Facts:
    """What "refund.create" tells the rules: the amount, what operator the payer is of, and that
    staff make it."""
    payment = Payment.objects.only("operator").get(pk=UUID(payload["payment_id"]))
    return Facts(
        amount=payload["amount"],
        currency=payload["currency"],
        rails=frozenset({payment.operator}),
        how=ApprovalRule.How.HAND,
    )
