"""Whatever a hand in the database does to a dispute, the check of the books names it."""

import pytest
from django.db import connection

from apps.disputes.invariants import INVARIANTS
from apps.ledger.models import Account
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.fakes import open_account

pytestmark = pytest.mark.django_db

DISPUTE = "UPDATE disputes_dispute SET {} WHERE id = %(closed)s"
TOLD = (
    "UPDATE webhooks_event SET body ="
    """ jsonb_set(body::jsonb, '{{data,{}}}', '{}')::text WHERE type = 'dispute.{}'"""
)
# What is done -> the place in the list of the invariant that finds it.
CORRUPTIONS = {
    "disputed too little": (0, "UPDATE payments_payment SET amount_disputed = 1"),
    "disputed of nothing": (
        0,
        "UPDATE payments_payment SET amount_disputed = 1 WHERE id = %(other_payment)s",
    ),
    "lost twice": (
        1,
        "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind,"
        " source_id, created_at) SELECT gen_random_uuid(), from_account_id, to_account_id, amount,"
        " currency, kind, source_id, created_at FROM ledger_transfer WHERE kind = 'dispute_lost'",
    ),
    "never lost": (1, "DELETE FROM ledger_transfer WHERE kind = 'dispute_lost'"),
    "another amount": (1, "UPDATE ledger_transfer SET amount = 1 WHERE kind = 'dispute_returned'"),
    "lost more": (1, DISPUTE.format("amount_lost = amount_lost + 1")),
    "not held": (
        2,
        "DELETE FROM ledger_transfer WHERE kind = 'dispute_held' AND source_id = %(open)s",
    ),
    "held for nobody": (
        2,
        "UPDATE ledger_transfer SET amount = amount + 1"
        " WHERE kind = 'dispute_held' AND source_id = %(open)s",
    ),
    "another provider": (
        3,
        "UPDATE ledger_transfer SET to_account_id = %(other_account)s WHERE kind = 'dispute_lost'",
    ),
    "of nobody": (
        3,
        "UPDATE ledger_transfer SET source_id = gen_random_uuid() WHERE kind = 'dispute_lost'",
    ),
    "by an instruction": (
        3,
        "UPDATE ledger_transfer SET attempt_id = gen_random_uuid() WHERE kind = 'dispute_held'",
    ),
    "of a payment that failed": (4, "UPDATE payments_payment SET status = 'failed'"),
    "in another currency": (4, DISPUTE.format("currency = 'XOF'")),
    "a move the table has not": (
        5,
        "UPDATE payments_statuschange SET from_status = 'won' WHERE owner_type = 'dispute'"
        " AND to_status = 'partly_lost'",
    ),
    "a move of nothing": (
        6,
        "UPDATE payments_statuschange SET payment_id = gen_random_uuid()"
        " WHERE owner_type = 'dispute'",
    ),
    "a status without a move": (7, DISPUTE.format("sequence = 9")),
    "another beginning": (7, DISPUTE.format("opened_at = now()")),
    "another end": (7, DISPUTE.format("closed_at = now()")),
    "a move nobody is told of": (
        8,
        "DELETE FROM webhooks_event WHERE type = 'dispute.partly_lost'",
    ),
    "told of nobody": (
        8,
        "UPDATE webhooks_event SET object_id = gen_random_uuid() WHERE type = 'dispute.opened'",
    ),
    "told of another amount": (10, TOLD.format("amount", 77, "opened")),
    "told of another loss": (10, TOLD.format("amount_lost", 77, "partly_lost")),
    "a date nobody looks at": (
        9,
        "UPDATE disputes_dispute SET due_at = due_at - interval '30 days' WHERE id = %(open)s",
    ),
}


@pytest.fixture
def books(paid, dispute, decide):
    """A dispute that was lost in part, an open one of the same merchant, and a payment that nobody
    disputes."""
    other = paid(account=open_account())
    payment = paid()
    closed = dispute(payment, 4_000)
    decide(closed, 1_500)
    opened = dispute(payment, 2_000)
    lift_safeguards()
    sender = payment.attempts.get().provider_account_id
    clearing = Account.objects.filter(kind="provider_clearing").exclude(owner_id=sender)
    return {
        "closed": closed.pk,
        "open": opened.pk,
        "other_payment": other.pk,
        "other_account": clearing.get().pk,
    }


def test_clean_books_raise_no_alarm(books, broken_books):
    assert broken_books() == {}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_what_was_done_to_it_is_found(books, broken_books, name):
    number, statement = CORRUPTIONS[name]
    with connection.cursor() as cursor:
        cursor.execute(statement, books)

    assert INVARIANTS[number].name in broken_books(among=INVARIANTS)


def test_each_invariant_is_broken_by_something():
    assert {number for number, _ in CORRUPTIONS.values()} == set(range(len(INVARIANTS)))
