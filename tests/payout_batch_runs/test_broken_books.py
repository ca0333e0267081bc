"""Whatever a hand in the database does to a batch, the check of the books names it."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.payout_batches.invariants import INVARIANTS
from apps.payout_batches.models import NameCheck
from apps.payout_batches.services import send_lines
from apps.payout_batches.services.pause_batch import pause_batch
from apps.providers.contract import Outcome
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

BATCH = "UPDATE payout_batches_payoutbatch SET {} WHERE id = %(ended)s"
LINES = "UPDATE payout_batches_payoutbatchline SET {} WHERE batch_id = %(ended)s"
NAME = "UPDATE payout_batches_namecheck SET {} WHERE batch_id = %(ended)s"
TRANSFERS = "UPDATE ledger_transfer SET {} WHERE kind = 'batch_held'"
TELLS_APPROVAL = "an event of an approval tells its merchant what it was asked, and how it ended"
# What is done -> the place in the list of the invariant that finds it.
CORRUPTIONS = {
    "told of another sum": (
        15,
        "UPDATE webhooks_event SET body ="
        " jsonb_set(body::jsonb, '{data,progress,amount_total}', '77')::text"
        " WHERE type = 'payout_batch.completed'",
    ),
    "told another status": (
        15,
        "UPDATE webhooks_event SET body ="
        """ jsonb_set(body::jsonb, '{data,status}', '"paused"')::text"""
        " WHERE type = 'payout_batch.needs_approval'",
    ),
    "held too much": (0, TRANSFERS.format("amount = amount + 1")),
    "held no more": (
        0,
        "DELETE FROM ledger_transfer WHERE kind = 'batch_held' AND source_id = %(paused)s",
    ),
    "a line more to be sent": (
        0,
        "UPDATE payout_batches_payoutbatchline SET status = 'ready', amount = 7, payout_id = NULL"
        " WHERE batch_id = %(paused)s AND status = 'succeeded'",
    ),
    "released twice": (
        1,
        "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind,"
        " source_id, created_at) SELECT gen_random_uuid(), from_account_id, to_account_id, amount,"
        " currency, kind, source_id, created_at FROM ledger_transfer WHERE kind = 'batch_released'",
    ),
    "another merchant's": (
        2,
        "UPDATE payout_batches_payoutbatch SET merchant_id = %(other_merchant)s",
    ),
    "of nobody": (2, TRANSFERS.format("source_id = gen_random_uuid()")),
    "the wrong way": (
        2,
        TRANSFERS.format("from_account_id = to_account_id, to_account_id = from_account_id"),
    ),
    "not this line's payout": (3, LINES.format("number = number + 100")),
    "another amount": (3, LINES.format("amount = amount + 1")),
    "another fee": (3, LINES.format("fee = fee + 1")),
    "a fee that is not held": (
        0,
        "UPDATE payout_batches_payoutbatchline SET fee_tax = fee_tax + 1"
        " WHERE batch_id = %(paused)s AND status = 'ready'",
    ),
    "said to have failed": (
        4,
        LINES.format("status = 'failed', failure_code = 'no_rail'"),
    ),
    "said to have succeeded": (4, LINES.format("status = 'succeeded'")),
    "never ended": (
        4,
        "WITH p AS (UPDATE payouts_payout SET completed_at = completed_at - interval '2 hours')"
        + LINES.format("status = 'sent'"),
    ),
    "over too early": (5, LINES.format("status = 'sent'")),
    "sent as a draft": (5, BATCH.format("status = 'draft'")),
    "a count that is wrong": (
        6,
        "UPDATE payout_batches_payoutbatchsum SET count = count + 1 WHERE batch_id = %(ended)s",
    ),
    "a move the table has not": (
        7,
        "UPDATE payments_statuschange SET from_status = 'completed'"
        " WHERE owner_type = 'payout_batch' AND to_status = 'running'",
    ),
    "a move of nothing": (
        8,
        "UPDATE payments_statuschange SET payment_id = gen_random_uuid()"
        " WHERE owner_type = 'payout_batch'",
    ),
    "a status without a move": (9, BATCH.format("sequence = 99")),
    "another end": (9, BATCH.format("completed_at = now() + interval '1 day'")),
    "a move nobody is told of": (
        10,
        "DELETE FROM webhooks_event WHERE type = 'payout_batch.completed'",
    ),
    "told of nobody": (
        10,
        "UPDATE webhooks_event SET object_id = gen_random_uuid()"
        " WHERE type = 'payout_batch.created'",
    ),
    "paid under another name": (11, NAME.format("result = 'different', score = 10")),
    "paid before it was checked": (11, NAME.format("result = 'waiting', due_at = now()")),
    "confirmed by who made it": (
        12,
        NAME.format(
            "result = 'different', score = 10, confirmed_by = 'key:maker', confirmed_at = now(),"
            " confirmation_reason = 'Right.', rail_name_encrypted = ''"
        ),
    ),
    "confirmed by who corrected it once": (
        12,
        "WITH l AS ("
        + LINES.format("correctors = '[\"key:two\"]'")
        + ")"
        + NAME.format(
            "result = 'different', score = 10, confirmed_by = 'key:two', confirmed_at = now(),"
            " confirmation_reason = 'Right.', rail_name_encrypted = ''"
        ),
    ),
    "a name of another batch's line": (12, NAME.format("batch_id = %(paused)s")),
    "a name nobody asks about": (
        13,
        NAME.format("result = 'waiting', due_at = now(), opened_at = opened_at - interval '1 day'"),
    ),
    "a time nobody looks at": (14, BATCH.format("due_at = created_at - interval '1 day'")),
}


@pytest.fixture
def books(clock, running, turn, pay_all, monkeypatch):
    """A batch that ended, paid and unpaid, and one that is paused with a line of it sent."""
    ended = running(2)
    turn(ended)
    pay_all(limit=1)
    pay_all(Outcome.FAILED)
    turn(ended)
    monkeypatch.setattr(send_lines, "CHUNK", 1)
    NameCheck.objects.bulk_create(
        NameCheck(line=line, batch=ended, result="no_account", opened_at=clock.now)
        for line in ended.lines.all()
    )
    paused = running(2)
    turn(paused)
    pay_all()
    pause_batch(batch_id=paused.pk, source="api", now=clock.now)
    turn(paused)
    lift_safeguards()
    return {
        "ended": ended.pk,
        "paused": paused.pk,
        "other_merchant": MerchantFactory().pk,
    }


def test_clean_books_raise_no_alarm(books, broken_books):
    assert broken_books() == {}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_what_was_done_to_it_is_found(books, broken_books, name):
    number, statement = CORRUPTIONS[name]
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE payout_batches_payoutbatchline DROP CONSTRAINT payout_line_sent_as_payout"
        )
        cursor.execute(statement, books)

    assert INVARIANTS[number].name in broken_books(among=INVARIANTS)


def test_each_invariant_is_broken_by_something():
    assert {number for number, _ in CORRUPTIONS.values()} == set(range(len(INVARIANTS)))


@pytest.mark.parametrize("column", ["amount = amount + 1", "livemode = NOT livemode"])
def test_what_differs_from_what_its_approval_told_is_found(books, broken_books, column):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_approval SET {column} WHERE status = 'approved'")

    assert TELLS_APPROVAL in broken_books()
