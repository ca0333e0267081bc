"""Whatever a hand in the database does to a refund, the check of the books names it."""

from decimal import Decimal

import pytest
from django.db import connection

from apps.fees.models import FeeLine
from apps.ledger.models import Account
from apps.providers.contract import Outcome, ProviderResult
from apps.reconciliation.tests.corruption import lift_safeguards
from apps.refunds.invariants import INVARIANTS
from tests.factories import MerchantFactory, charge
from tests.fakes import open_account, submit_due

pytestmark = pytest.mark.django_db

ATTEMPT = "UPDATE payments_attempt SET {} WHERE owner_type = 'refund'"
REFUND = "UPDATE refunds_refund SET {} WHERE id = %(refund)s"
TOLD = (
    "UPDATE webhooks_event SET body ="
    """ jsonb_set(body::jsonb, '{{data,{}}}', '{}')::text WHERE type = 'refund.{}'"""
)
# What is done -> the place in the list of the invariant that finds it.
CORRUPTIONS = {
    "approved by nobody": (16, REFUND.format("approval_id = gen_random_uuid()")),
    "refunded too little": (0, "UPDATE payments_payment SET amount_refunded = 1"),
    "refunded of nothing": (
        0,
        "UPDATE payments_payment SET amount_refunded = 1 WHERE id = %(other_payment)s",
    ),
    "never sent": (1, "DELETE FROM ledger_transfer WHERE kind = 'refund_sent'"),
    "held twice": (
        1,
        "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind,"
        " source_id, created_at) SELECT gen_random_uuid(), from_account_id, to_account_id, amount,"
        " currency, kind, source_id, created_at FROM ledger_transfer WHERE kind = 'refund_held'",
    ),
    "held again for nothing": (
        1,
        "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind,"
        " source_id, attempt_id, created_at) SELECT gen_random_uuid(), h.from_account_id,"
        " h.to_account_id, h.amount, h.currency, h.kind, h.source_id, s.attempt_id, now()"
        " FROM ledger_transfer h JOIN ledger_transfer s USING (source_id)"
        " WHERE h.kind = 'refund_held' AND s.kind = 'refund_sent'",
    ),
    "another amount": (1, "UPDATE ledger_transfer SET amount = 1 WHERE kind = 'refund_held'"),
    "another sender": (
        2,
        "UPDATE ledger_transfer SET to_account_id = %(other_account)s WHERE kind = 'refund_sent'",
    ),
    "held by what did not send it": (
        2,
        "UPDATE ledger_transfer SET attempt_id = gen_random_uuid() WHERE kind = 'refund_held'",
    ),
    "of nobody": (
        2,
        "UPDATE ledger_transfer SET source_id = gen_random_uuid() WHERE kind = 'refund_held'",
    ),
    "of a payment that failed": (3, "UPDATE payments_payment SET status = 'failed'"),
    "in another currency": (3, REFUND.format("currency = 'XOF'")),
    "a move the table has not": (
        4,
        "UPDATE payments_statuschange SET from_status = 'failed' WHERE owner_type = 'refund'"
        " AND attempt_id IS NULL AND to_status = 'succeeded'",
    ),
    "an attempt for nobody": (5, ATTEMPT.format("payment_id = gen_random_uuid()")),
    "a status without a move": (6, REFUND.format("sequence = 9")),
    "no end": (6, REFUND.format("completed_at = NULL")),
    "a reason without a failure": (6, REFUND.format("failure_code = 'x'")),
    "another way": (7, REFUND.format("way = 'disburse'")),
    "a success nobody saw": (8, ATTEMPT.format("status = 'failed'")),
    "open after its end": (9, ATTEMPT.format("status = 'pending', next_check_at = now()")),
    "nobody asks": (9, REFUND.format("status = 'verifying'")),
    "of the other mode": (10, REFUND.format("livemode = true")),
    "a move nobody is told of": (11, "DELETE FROM webhooks_event WHERE type = 'refund.processing'"),
    "told of nobody": (
        11,
        "UPDATE webhooks_event SET object_id = gen_random_uuid() WHERE type = 'refund.created'",
    ),
    "fee not taken": (12, "DELETE FROM ledger_transfer WHERE kind = 'refund_fee'"),
    "tax of another amount": (
        12,
        "UPDATE ledger_transfer SET amount = 4 WHERE kind = 'refund_tax_held'",
    ),
    "fee that nobody promised": (12, REFUND.format("fee = 0")),
    "fee given back that nobody booked": (13, REFUND.format("fee_returned = fee_returned + 1")),
    "tax given back twice": (
        13,
        "UPDATE ledger_transfer SET amount = 2 * amount WHERE kind = 'collect_tax_back'",
    ),
    "given back to another": (
        13,
        "UPDATE ledger_transfer SET to_account_id = %(other_account)s"
        " WHERE kind = 'collect_fee_back'",
    ),
    "more given back than the plan says": (14, REFUND.format("fee_returned = 41")),
    "another plan than what it was charged by": (
        14,
        "UPDATE fees_feeplanversion SET fee_return = 'none'",
    ),
    "something else": (15, "UPDATE ledger_transfer SET kind = 'fee' WHERE kind = 'refund_fee'"),
    "told of another amount": (17, TOLD.format("amount", 77, "created")),
    "told of another fee given back": (17, TOLD.format("fee_returned", 77, "succeeded")),
    "told another status": (
        17,
        """UPDATE webhooks_event SET body = replace(body, '"processing"', '"failed"')"""
        " WHERE type = 'refund.processing'",
    ),
    "tax taken for a fee": (
        2,
        "UPDATE ledger_transfer SET to_account_id = (SELECT id FROM ledger_account WHERE kind ="
        " 'fee_revenue' LIMIT 1) WHERE kind = 'refund_tax'",
    ),
}


@pytest.fixture
def books(clock, paid, refund, reply):
    """A refund that succeeded, and a payment without one."""
    other = paid(account=open_account())
    merchant = MerchantFactory()
    plan = charge(
        merchant,
        {"operation": "collect", "fixed": 100, "tax_basis_points": Decimal(1925)},
        {"operation": "refund", "fixed": 25, "tax_basis_points": Decimal(1925)},
        fee_return="proportional",
    )
    line = FeeLine.objects.get(version__plan=plan, operation="collect")
    payment = paid(merchant=merchant, fee=100, fee_tax=19, fee_line_id=line.pk)
    made = refund(payment, 4_000)
    submit_due(clock.now)
    reply(made, ProviderResult(Outcome.SUCCEEDED))
    lift_safeguards()
    sender = made.attempts.get().provider_account_id
    clearing = Account.objects.filter(kind="provider_clearing").exclude(owner_id=sender)
    return {
        "refund": made.pk,
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
