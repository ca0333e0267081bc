from __future__ import annotations

from typing import Any

import pytest

from apps.disputes.models import Dispute
from apps.disputes.services.decide_dispute import decide_dispute
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.payments.models import Payment
from tests.refunds.conftest import account, broken_books, paid, refund

__all__ = ["account", "broken_books", "paid", "refund"]


@pytest.fixture
def dispute(clock):
    """Dispute a payment; returns the row."""

    def create(
        payment: Payment, amount: int | None = None, *, opened_by: str = "provider", **order: Any
    ) -> Dispute:
        return open_dispute(
            payment_id=payment.pk,
            order=DisputeOrder(**{"reason": "fraud", "amount": amount, **order}),
            opened_by=opened_by,
            now=clock.now,
        )

    return create


@pytest.fixture
def decide(clock):
    """Two people decide, or a provider does; returns the row."""

    def close(dispute: Dispute, lost: int | None, **how: Any) -> Dispute:
        return decide_dispute(
            dispute_id=dispute.pk, amount_lost=lost, source="staff", now=clock.now, **how
        )

    return close
