"""Each invariant of payouts is broken on purpose: the checker must see it."""

from decimal import Decimal

import pytest
from django.db import connection, transaction

from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.invariants import INVARIANTS
from apps.providers.contract import Outcome
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.factories import charge

pytestmark = pytest.mark.django_db

# What breaks -> its invariant's name begins so, and the statement. {id} is a paid payout.
CORRUPTIONS = {
    "approved by nobody": (
        "a payout waits for approval exactly",
        "UPDATE payouts_payout SET approval_id = gen_random_uuid() WHERE id = {id}"),
    "move not in the table": (
        "every move of a payout is one the table allows",
        "UPDATE payments_statuschange SET from_status = 'failed' WHERE payment_id = {id}"
        " AND attempt_id IS NULL AND to_status = 'succeeded'"),
    "payout that is gone": (
        "an attempt, a move and a booking of a payout",
        "DELETE FROM payouts_payout WHERE id = {id}"),
    "status without history": (
        "a payout's history is one path",
        "UPDATE payouts_payout SET status = 'processing' WHERE id = {id}"),
    "end without a date": (
        "a payout is dated by its history",
        "UPDATE payouts_payout SET completed_at = NULL WHERE id = {id}"),
    "reason without failure": (
        "a payout is dated by its history",
        "UPDATE payouts_payout SET failure_code = 'payee_not_found' WHERE id = {id}"),
    "succeeded alone": (
        "a payout succeeded exactly if an attempt did",
        "UPDATE payments_attempt SET status = 'failed' WHERE payment_id = {id}"),
    "without attempts": (
        "a payout has attempts",
        "UPDATE payments_attempt SET payment_id = gen_random_uuid() WHERE payment_id = {id}"),
    "attempt of another amount": (
        "a payout's attempt sends its amount",
        "UPDATE payments_attempt SET amount = 999 WHERE payment_id = {id}"),
    "hold missing": (
        "a payout's amount is held once",
        "DELETE FROM ledger_transfer WHERE source_id = {id} AND kind = 'payout_held'"),
    "returned though paid": (
        "a payout's amount is held once",
        "UPDATE ledger_transfer SET kind = 'payout_returned' WHERE source_id = {id}"
        " AND kind = 'payout_sent'"),
    "sent of another amount": (
        "a payout's amount is held once",
        "UPDATE ledger_transfer SET amount = 999 WHERE source_id = {id} AND kind = 'payout_sent'"),
    "held again for nothing": (
        "a payout's amount is held once",
        "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind,"
        " source_id, attempt_id, created_at) SELECT gen_random_uuid(), h.from_account_id,"
        " h.to_account_id, h.amount, h.currency, h.kind, h.source_id, s.attempt_id, now()"
        " FROM ledger_transfer h JOIN ledger_transfer s USING (source_id)"
        " WHERE h.source_id = {id} AND h.kind = 'payout_held' AND s.kind = 'payout_sent'"),
    "held by what did not send it": (
        "a payout is booked between its own",
        "UPDATE ledger_transfer SET attempt_id = gen_random_uuid() WHERE source_id = {id}"
        " AND kind = 'payout_held'"),
    "sent from another merchant": (
        "a payout is booked between its own",
        "UPDATE ledger_account SET owner_id = gen_random_uuid() WHERE kind = 'merchant_held'"),
    "held by nothing": (
        "what payouts hold of a merchant",
        "DELETE FROM ledger_transfer WHERE source_id = {id} AND kind = 'payout_sent'"),
    "event missing": (
        "every move of a payout has its event",
        "DELETE FROM webhooks_event WHERE object_id = {id} AND type = 'payout.processing'"),
    "event of another type": (
        "an event of a payout is of one that is there",
        "UPDATE webhooks_event SET type = 'payout.failed' WHERE object_id = {id}"
        " AND type = 'payout.succeeded'"),
    "body of another amount": (
        "an event's body shows its payout",
        "UPDATE webhooks_event SET body = replace(body, '1000', '1001') WHERE object_id = {id}"),
    "fee not taken": (
        "the fee of a payout and the tax",
        "DELETE FROM ledger_transfer WHERE source_id = {id} AND kind = 'payout_fee'"),
    "tax of another amount": (
        "the fee of a payout and the tax",
        "UPDATE ledger_transfer SET amount = 4 WHERE source_id = {id} AND kind = 'payout_tax'"),
    "fee given back though paid": (
        "the fee of a payout and the tax",
        "UPDATE ledger_transfer SET kind = 'payout_fee_back' WHERE source_id = {id}"
        " AND kind = 'payout_fee'"),
    "fee that nobody promised": (
        "the fee of a payout and the tax",
        "UPDATE payouts_payout SET fee = 0 WHERE id = {id}"),
    "fee held by what did not send it": (
        "a payout is booked between its own",
        "UPDATE ledger_transfer SET attempt_id = gen_random_uuid() WHERE source_id = {id}"
        " AND kind = 'payout_fee_held'"),
    "tax taken for a fee": (
        "a payout is booked between its own",
        "UPDATE ledger_transfer SET to_account_id = (SELECT id FROM ledger_account WHERE kind ="
        " 'fee_revenue' LIMIT 1) WHERE source_id = {id} AND kind = 'payout_tax'"),
    "something else": (
        "nothing else is booked of a payout",
        "UPDATE ledger_transfer SET kind = 'fee' WHERE source_id = {id} AND kind = 'payout_fee'"),
    "under way with nothing to do": (
        "a payout under way has an open attempt",
        "UPDATE payouts_payout SET status = 'processing' WHERE id = {id}"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _priced(merchant):
    charge(merchant, operation="disburse", fixed=25, tax_basis_points=Decimal(1925))


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_the_checker_sees_what_a_hand_in_the_database_does(
    clock, provider, sent, broken_books, corruption
):
    payout, attempt = sent
    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)
    name, statement = CORRUPTIONS[corruption]
    assert broken_books(among=INVARIANTS) == {}

    with transaction.atomic(), connection.cursor() as cursor:
        lift_safeguards()
        cursor.execute(statement.format(id=f"'{payout.pk}'"))
        found = broken_books(among=INVARIANTS)
        transaction.set_rollback(True)

    assert any(one.startswith(name) for one in found), found


def test_every_invariant_of_payouts_has_its_corruption():
    begun = {name for name, _ in CORRUPTIONS.values()}

    assert [one.name for one in INVARIANTS if not one.name.startswith(tuple(begun))] == []
