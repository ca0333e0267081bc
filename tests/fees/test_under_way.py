"""What the release before accepted costs nothing, and ends as it would have."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.models import Payout
from apps.providers.contract import Outcome
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.factories import charge
from tests.fakes import submit_due
from tests.payout_batch_runs.conftest import (
    account,
    approve,
    balance,
    broken_books,
    draft,
    fresh,
    give,
    merchant,
    pay_all,
    provider,
    submit,
    turn,
)
from tests.payouts.conftest import BALANCE, create

__all__ = [
    "account", "approve", "broken_books", "create", "draft", "merchant", "pay_all", "provider",
    "submit", "turn",
]  # fmt: skip

# Migrations that never change any more.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800), pytest.mark.django_db(transaction=True)]

BEFORE = [
    ("payouts", "0001_initial"),
    ("refunds", "0001_initial"),
    ("payout_batches", "0004_initials_are_erased"),
]


def migrate(targets):
    MigrationExecutor(connection).migrate(targets)


def test_payouts_refunds_and_batches_under_way_end_without_a_fee(
    clock, merchant, account, create, draft, submit, approve, turn, pay_all, broken_books
):
    create()
    payment = give(merchant, account, 2_000)
    order = RefundOrder(amount=500)
    refund = create_refund(payment_id=payment.pk, order=order, source="api", now=clock.now)
    batch = draft(2)
    digest = bytes(submit(batch).digest)
    try:
        migrate(BEFORE)
    finally:
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    for operation in ("disburse", "refund"):
        charge(merchant, operation=operation, fixed=100)

    approve(batch, shown_digest=digest)
    turn(batch)
    submit_due(clock.now)
    pay_all(Outcome.SUCCEEDED)
    for attempt in refund.attempts:
        refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)
    turn(batch)

    assert fresh(batch).status == "completed"
    assert set(Payout.objects.values_list("status", "fee", "fee_tax")) == {("succeeded", 0, 0)}
    refund.refresh_from_db()
    assert (refund.status, refund.fee) == ("succeeded", 0)
    assert balance(merchant) == BALANCE + 2_000 - 1_000 - 500 - 2_000
    assert broken_books() == {}
