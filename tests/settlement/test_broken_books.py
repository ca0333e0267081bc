"""Whatever a hand in the database does to settlements, the check of the books names it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from apps.payouts.models import Payout
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.tests.corruption import lift_safeguards, unseen
from apps.settlement.invariants import INVARIANTS
from tests.settlement.conftest import give

pytestmark = pytest.mark.django_db(transaction=True)

(
    ADDS_UP, LINE_IS_TRANSFER, BEGINS_AT_END, NUMBERED, HELD, ITS_OWN, IS_PAYOUT, IS_FILE, MOVES,
    OWNED, TOLD, IN_TIME, TOLD_RIGHT, AGREED,
) = INVARIANTS  # fmt: skip
OTHER = "'00000000-0000-4000-8000-000000000001'"
ONE = "UPDATE settlement_settlement SET {} WHERE number = 1"
TWO = "UPDATE settlement_settlement SET {} WHERE number = 2"
TERMS = "UPDATE settlement_settlementterms SET {} WHERE number = 1"
LINE = (
    "UPDATE settlement_settlementline SET {} WHERE id ="
    " (SELECT id FROM settlement_settlementline ORDER BY id LIMIT 1)"
)
# What is done -> the invariants that find it.
CORRUPTIONS = {
    "another amount on a line": ({ADDS_UP, LINE_IS_TRANSFER}, LINE.format("amount = amount + 1")),
    "another kind on a line": ({LINE_IS_TRANSFER}, LINE.format("kind = 'fee'")),
    "a line of nothing": ({LINE_IS_TRANSFER}, LINE.format(f"id = {OTHER}")),
    "a line that is gone": (
        {ADDS_UP},
        "DELETE FROM settlement_settlementline WHERE id ="
        " (SELECT id FROM settlement_settlementline ORDER BY id LIMIT 1)",
    ),
    "another closing balance": ({ADDS_UP, BEGINS_AT_END}, ONE.format("closing_balance = 9999999")),
    "other sums": ({ADDS_UP}, ONE.format("totals = '{}'")),
    "another opening balance": ({ADDS_UP, BEGINS_AT_END}, TWO.format("opening_balance = 1")),
    "another beginning": ({BEGINS_AT_END}, TWO.format("horizon_from = horizon_from - 1")),
    "a cycle elsewhere": (
        {BEGINS_AT_END},
        "UPDATE settlement_settlementcycle SET balance = balance + 1",
    ),
    "a number left out": ({NUMBERED}, TWO.format("number = 3")),
    "another amount": ({HELD, IS_PAYOUT}, ONE.format("amount = amount - 1")),
    "paid and not gone": ({HELD}, TWO.format("status = 'paid'")),
    "held twice": (
        {HELD},
        "UPDATE ledger_transfer SET amount = amount + 1 WHERE kind = 'settle_held'",
    ),
    "another merchant's money": (
        {ITS_OWN},
        "UPDATE ledger_account SET owner_id = gen_random_uuid() WHERE kind = 'merchant_held'",
    ),
    "given back and waiting": (
        {HELD},
        "UPDATE ledger_transfer SET kind = 'settle_returned' WHERE kind = 'settle_released'",
    ),
    "another merchant's payout": ({IS_PAYOUT}, "UPDATE payouts_payout SET livemode = NOT livemode"),
    "paid by what failed": ({IS_PAYOUT}, ONE.format("status = 'paid'")),
    "a file of nobody": (
        {IS_FILE},
        "INSERT INTO settlement_bankfile (id, livemode, currency, count, amount, content_encrypted,"
        " digest, status, created_by, approved_by, downloaded_by, created_at)"
        f" VALUES ({OTHER}, false, 'XAF', 1, 500, '', '', 'draft', 'user:1', '', '', now())",
    ),
    "a move that is none": (
        {MOVES},
        "UPDATE payments_statuschange SET to_status = 'failed'"
        " WHERE owner_type = 'settlement' AND to_status = 'sent'",
    ),
    "a move of nobody": (
        {OWNED, TOLD},
        f"UPDATE payments_statuschange SET payment_id = {OTHER} WHERE owner_type = 'settlement'",
    ),
    "nobody told": ({TOLD}, "DELETE FROM webhooks_event WHERE type LIKE 'settlement.%'"),
    "told of another amount": (
        {TOLD_RIGHT},
        "UPDATE webhooks_event SET body = jsonb_set(body::jsonb, '{data,amount}', '77')::text"
        " WHERE type = 'settlement.created'",
    ),
    "never paid": (
        {IN_TIME},
        TWO.format("due_at = now() - interval '40 years'"),
    ),
    "forgotten": ({IN_TIME}, TWO.format("due_at = NULL")),
    "never delivered": (
        {IN_TIME},
        "INSERT INTO settlement_bankfile (id, livemode, currency, count, amount, content_encrypted,"
        " digest, status, created_by, approved_by, downloaded_by, created_at, delivery_due_at)"
        f" VALUES ({OTHER}, false, 'XAF', 0, 0, '', '', 'delivering', 'user:1', 'user:2', 'user:3',"
        " now(), now() - interval '40 years')",
    ),
    "another payee": ({AGREED}, TERMS.format("payee_index = '\\x00'")),
    "another payee shown": ({AGREED}, TERMS.format("payee_masked = '+237 •••••••99'")),
    "another way": ({AGREED}, TERMS.format("paid_by = 'bank_file'")),
    "another least amount": ({AGREED}, TERMS.format("amount_min = 500")),
    "another hour": ({AGREED}, TERMS.format("hour = 7")),
    "another currency": ({AGREED}, TERMS.format("currency = 'XOF'")),
    "another beginning of terms": (
        {AGREED},
        TERMS.format("valid_from = valid_from - interval '1 day'"),
    ),
    "approved by another": ({AGREED}, TERMS.format("approved_by = 'user:9'")),
    "terms that are gone": ({AGREED}, TERMS.format("id = gen_random_uuid()")),
    "never closed": (
        {IN_TIME},
        "UPDATE settlement_settlementcycle SET due_at = now() - interval '40 years'",
    ),
}


@pytest.fixture
def books(clock, merchant, account, terms, close, pay):
    """Two statements: the first one's payout is under way, the second one waits."""
    pay(close(merchant))
    assert Payout.objects.exists()
    clock.advance(minutes=1)
    give(merchant, account, 700)
    close(merchant)


def broken(now):
    found = find_violations(now=now, among=INVARIANTS)
    return {one.invariant for one in found if one.violations}


def test_every_invariant_of_settlements_is_broken_here(clock, books):
    assert broken(clock.now + timedelta(seconds=1)) == set()
    assert set.union(*(found for found, _ in CORRUPTIONS.values())) == set(INVARIANTS)


def test_a_corruption_is_found_by_its_invariants(clock, books):
    with transaction.atomic(), connection.cursor() as cursor:
        lift_safeguards()
        for table, constraint in (
            ("settlement_settlement", "settlement_within_balance"),
            ("settlement_settlementline", "settlement_line_number"),
        ):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}")
        missed = unseen(CORRUPTIONS, now=clock.now)
        transaction.set_rollback(True)

    assert missed == []
