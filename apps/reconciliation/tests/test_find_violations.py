"""Each invariant is broken on purpose, one row at a time: the checker must see it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.public_ids import new_id
from apps.ledger.services.take_snapshots import take_snapshots
from apps.reconciliation.selectors.find_violations import all_invariants, find_violations
from tests.factories import (
    EndpointFactory,
    MerchantFactory,
    PaymentFactory,
    ProviderAccountFactory,
)

from .reports import NOON, NOW, foreign_line, line_of, stage_and_match

pytestmark = pytest.mark.django_db

# What breaks -> the statement that breaks it. {paid} and the others are ids of `books`.
CORRUPTIONS = {
    "transfer in another currency": (
        "I1", "UPDATE ledger_transfer SET currency = 'XOF' WHERE source_id = {paid}"),
    "account of another currency": (
        "I1", "UPDATE ledger_account SET currency = 'XOF' WHERE kind = 'fee_revenue'"),
    "account of the other mode": (
        "I1", "UPDATE ledger_account SET livemode = true WHERE kind = 'fee_revenue'"),
    "gross missing": (
        "I2", "DELETE FROM ledger_transfer WHERE source_id = {paid} AND kind = 'gross'"),
    "fee missing": (
        "I2", "DELETE FROM ledger_transfer WHERE source_id = {paid} AND kind = 'fee'"),
    "gross of another amount": (
        "I2", "UPDATE ledger_transfer SET amount = amount + 1"
              " WHERE source_id = {paid} AND kind = 'gross'"),
    "fee of another amount": (
        "I2", "UPDATE ledger_transfer SET amount = amount + 1"
              " WHERE source_id = {paid} AND kind = 'fee'"),
    "booked without payment": (
        "I2", "UPDATE ledger_transfer SET source_id = {stranger} WHERE source_id = {paid}"),
    "booked to another merchant": (
        "I2", "UPDATE ledger_account SET owner_id = {stranger} WHERE kind = 'merchant_payable'"),
    "booked from another provider": (
        "I2", "UPDATE ledger_account SET owner_id = {stranger} WHERE kind = 'provider_clearing'"),
    "move not in the table": (
        "I3", "UPDATE payments_statuschange SET from_status = 'failed'"
              " WHERE payment_id = {paid} AND to_status = 'succeeded' AND attempt_id IS NULL"),
    "move forgotten": (
        "I3", "DELETE FROM payments_statuschange"
              " WHERE attempt_id = {paid_attempt} AND to_status = 'pending'"),
    "history without end": (
        "I3", "DELETE FROM payments_statuschange"
              " WHERE attempt_id = {open_attempt} AND to_status = 'pending'"),
    "status without history": (
        "I3", "UPDATE payments_payment SET status = 'verifying' WHERE id = {open}"),
    "attempt without history": (
        "I3", "DELETE FROM payments_statuschange WHERE attempt_id = {open_attempt}"),
    "payment succeeded alone": (
        "I4", "UPDATE payments_payment SET status = 'succeeded' WHERE id = {open}"),
    "attempt succeeded alone": (
        "I4", "UPDATE payments_attempt SET status = 'succeeded' WHERE id = {open_attempt}"),
    "provider's reference twice": (
        "I4", "UPDATE payments_attempt SET provider_reference = 'same'"
              " WHERE status = 'succeeded' AND provider_account_id = {account}"),
    "two attempts succeeded": (
        "I4", "UPDATE payments_attempt SET payment_id = {other_paid}"
              " WHERE id = {paid_attempt}"),
    "event missing": (
        "I6", "DELETE FROM webhooks_event WHERE object_id = {open}"),
    "event skipped": (
        "I6", "UPDATE webhooks_event SET sequence = 7 WHERE object_id = {paid} AND sequence = 2"),
    "event of another object": (
        "I6", "UPDATE webhooks_event SET object_id = {stranger} WHERE object_id = {open}"),
    "event of the other mode": (
        "I6", "UPDATE webhooks_event SET livemode = true WHERE object_id = {open}"),
    "sequence too high": (
        "I6", "UPDATE payments_payment SET sequence = 3 WHERE id = {paid}"),
    "delivery missing": (
        "I7", "DELETE FROM webhooks_delivery"
              " WHERE event_id IN (SELECT id FROM webhooks_event WHERE object_id = {paid})"),
    "delivery forgotten": (
        "I7", "UPDATE webhooks_delivery SET next_attempt_at = next_attempt_at - interval '61 s'"),
    "line lost": (
        "I9", "DELETE FROM reconciliation_statementline WHERE match = 'matched'"),
    "line waiting": (
        "I9", "UPDATE reconciliation_statementline SET match = 'waiting' WHERE match = 'matched'"),
    "line matched with nothing": (
        "I9", "UPDATE reconciliation_statementline SET attempt_id = NULL WHERE match = 'matched'"),
    "line matched with another amount": (
        "I9", "UPDATE reconciliation_statementline SET amount = 1 WHERE match = 'matched'"),
    "line matched with what failed": (
        "I9", "UPDATE reconciliation_statementline SET outcome = 'failed' WHERE match = 'matched'"),
    "attempt matched twice": (
        "I9", "UPDATE reconciliation_statementline SET match = 'matched', amount = 5000,"
              " attempt_id = {paid_attempt} WHERE match = 'exception'"),
    "exception nobody carries": (
        "I9", "UPDATE reconciliation_discrepancy SET status = 'repaired'"
              " WHERE line_id IS NOT NULL"),
    "matched and open": (
        "I9", "UPDATE reconciliation_discrepancy SET line_id ="
              " (SELECT id FROM reconciliation_statementline WHERE match = 'matched')"
              " WHERE line_id IS NULL"),
    "snapshot too high": (
        "I13", "UPDATE ledger_balancesnapshot SET balance = balance + 1"),
    "transfer slipped in before a snapshot": (
        "I13", "UPDATE ledger_transfer SET amount = amount + 1 WHERE kind = 'fee'"),
    "attempt not asked about": (
        "I14", "UPDATE payments_attempt SET next_check_at = {now} - interval '61 s'"
               " WHERE id = {open_attempt}"),
    "created attempt not sent": (
        "I14", "UPDATE payments_attempt SET next_check_at = {now} - interval '61 s',"
               " status = 'created' WHERE id = {open_attempt}"),
    "message not taken": (
        "I14", "UPDATE core_outboxmessage SET available_at = {now} - interval '61 s'"),
    "payment without a way on": (
        "I14", "UPDATE payments_attempt SET status = 'not_sent' WHERE id = {open_attempt}"),
    "statement never matched": (
        "I14", "UPDATE reconciliation_statement SET status = 'staged',"
               " created_at = {now} - interval '61 minutes'"),
}  # fmt: skip


@pytest.fixture
def books():
    """Clean books with something of everything; the ids that corruptions name."""
    merchant, account = MerchantFactory(), ProviderAccountFactory(cost_basis_points=0)
    EndpointFactory(merchant=merchant, created_at=NOON - timedelta(days=1))
    of_all = {"merchant": merchant, "account": account}
    paid, other_paid, unseen = (
        PaymentFactory(succeeded=True, created_at=NOON, **of_all) for _ in range(3)
    )
    failed = PaymentFactory(failed=True, created_at=NOON, **of_all)
    open_payment = PaymentFactory(submitted=True, created_at=NOON, **of_all)
    PaymentFactory(created_at=NOON, **of_all)
    PaymentFactory(succeeded=True, created_at=NOON, fee=0, livemode=True)
    for hours in (2, 3):
        take_snapshots(now=NOON + timedelta(hours=hours))
        PaymentFactory(succeeded=True, created_at=NOON + timedelta(hours=hours), **of_all)
    stage_and_match(account, line_of(paid), foreign_line(), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_delivery SET next_attempt_at = %s", [NOW])
    yield {
        "paid": paid.pk,
        "paid_attempt": paid.attempts.get().pk,
        "other_paid": other_paid.pk,
        "unseen": unseen.pk,
        "failed": failed.pk,
        "open": open_payment.pk,
        "open_attempt": open_payment.attempts.get().pk,
        "account": account.pk,
        "stranger": new_id(),
        "now": NOW,
    }
    # What was corrupted is not worth checking once more before it is rolled back.
    transaction.set_rollback(True)


def corrupt(statement, ids):
    """Run it with every safeguard of the database out of the way."""
    values = {name: f"'{value}'" for name, value in ids.items()}
    values["now"] = f"'{NOW.isoformat()}'::timestamptz"
    with connection.cursor() as cursor:
        # Checks still to be made would forbid altering the tables; later ones never come.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name in (
            ("payments_attempt", "attempt_one_open"),
            ("reconciliation_discrepancy", "discrepancy_once"),
        ):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            cursor.execute(f"DROP INDEX IF EXISTS {name}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(statement.format_map(values))
        assert cursor.rowcount


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("since", [None, NOON - timedelta(days=1)], ids=["full", "since"])
def test_corruption_is_found(books, broken, name, since):
    expected, statement = CORRUPTIONS[name]
    corrupt(statement, books)

    assert expected in broken(since=since)


def test_clean_books_raise_no_alarm(books, broken):
    assert broken() == []
    assert broken(since=NOON) == []


def test_each_query_finds_something(books):
    found = set()
    for _, statement in CORRUPTIONS.values():
        savepoint = transaction.savepoint()
        corrupt(statement, books)
        found |= {finding.invariant for finding in find_violations(now=NOW) if finding.violations}
        transaction.savepoint_rollback(savepoint)

    assert [invariant.name for invariant in all_invariants() if invariant not in found] == []


def test_what_did_not_change_since_is_not_read(books, broken):
    corrupt(CORRUPTIONS["gross missing"][1], books)
    tomorrow = timezone.now() + timedelta(days=1)

    assert broken(since=tomorrow) == []


def test_violations_are_counted_and_a_few_are_named(books):
    corrupt("DELETE FROM ledger_transfer", books)

    [found] = [
        found
        for found in find_violations(now=NOW)
        if found.invariant.name.startswith("a succeeded payment is booked once")
    ]

    assert found.violations == 6
    assert len(found.examples) == 5
