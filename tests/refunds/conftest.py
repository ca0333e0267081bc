from __future__ import annotations

from typing import Any

import pytest

from apps.ledger.models import Balance
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.reconciliation.selectors.find_violations import find_violations
from apps.refunds.models import Refund
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.factories import PaymentFactory
from tests.fakes import open_account

EVERYTHING = ["collect", "refund", "disburse"]


@pytest.fixture
def account(provider):
    return open_account(operations=EVERYTHING)


@pytest.fixture
def paid(clock, request):
    """A payment of 10,000 that succeeded, without a fee."""

    def pay(**fields: Any) -> Payment:
        if "account" not in fields:
            fields["account"] = request.getfixturevalue("account")
        usual = {"succeeded": True, "amount": 10_000, "fee": 0}
        return PaymentFactory(**{"created_at": clock.now, **usual, **fields})

    return pay


@pytest.fixture
def refund(clock):
    """Refund a payment as the API does; returns the row."""

    def create(payment: Payment, amount: int | None = None, **order: Any) -> Refund:
        return create_refund(
            payment_id=payment.pk,
            order=RefundOrder(amount=amount, **order),
            source="api",
            now=clock.now,
        )

    return create


@pytest.fixture
def reply(clock):
    """An answer about the latest attempt of a refund, applied; returns the refund."""

    def answer(refund: Refund, said: Any, *, is_submission: bool = False) -> Refund:
        attempt = refund.attempts.latest("id")
        return apply_reply(
            attempt_id=attempt.pk,
            answer=said,
            is_submission=is_submission,
            source="poll",
            now=clock.now,
        )

    return answer


@pytest.fixture
def broken_books(clock):
    """The invariants broken now, by name: none, one hopes."""

    def check(among=None):
        found = find_violations(now=clock.now, among=among)
        return {finding.invariant.name: finding.examples for finding in found if finding.violations}

    return check


def balances(merchant) -> dict[str, int]:
    """What we owe the merchant, and what is set aside."""
    found = Balance.objects.filter(account__owner_id=merchant.pk)
    return dict(found.values_list("account__kind", "amount"))
