"""A payout that was sent and came back is the merchant's again, with its fee, and stays sent."""

import pytest
from django.utils import timezone

from apps.ledger.models import Transfer
from apps.ledger.services.reverse_transfer import reverse_transfer
from apps.orchestration.services.apply_replies import apply_reply
from apps.providers.contract import Outcome, ProviderResult
from tests.factories import charge
from tests.fakes import submit_due
from tests.payouts.conftest import BALANCE, balance, fresh

pytestmark = pytest.mark.django_db


def test_what_came_back_is_in_the_balance_with_its_fee_and_no_book_is_broken(
    clock, merchant, create, broken_books
):
    charge(merchant, operation="disburse", fixed=100, tax_basis_points=1_925)
    payout = create()
    submit_due(clock.now)
    success = ProviderResult(Outcome.SUCCEEDED, amount=1_000, currency="XAF")
    apply_reply(attempt_id=payout.attempts.get().pk, answer=success, source="poll", now=clock.now)
    assert balance(merchant) == BALANCE - 1_119

    for kind in ("payout_sent", "payout_fee", "payout_tax"):
        booked = Transfer.objects.get(source_id=payout.pk, kind=kind)
        reverse_transfer(
            {
                "transfer_id": str(booked.pk), "kind": kind, "amount": booked.amount,
                "currency": "XAF", "evidence": "REV-1",
            },
            requested_by="user:1", approved_by="user:2", reason="Returned.", now=timezone.now(),
        )  # fmt: skip

    assert balance(merchant) == BALANCE
    assert fresh(payout).status == "succeeded"
    assert broken_books() == {}
