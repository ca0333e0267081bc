"""Each invariant is broken on purpose, one row at a time: the checker must see it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.approvals.invariants import INVARIANTS as APPROVALS
from apps.disputes.invariants import INVARIANTS as DISPUTES
from apps.fees.invariants import INVARIANTS as FEES
from apps.payout_batches.invariants import INVARIANTS as BATCHES
from apps.payouts import invariants as payouts
from apps.reconciliation.selectors.find_violations import all_invariants, find_violations
from apps.refunds.invariants import INVARIANTS as REFUNDS

from .corruption import lift_safeguards
from .reports import NOON, NOW

pytestmark = pytest.mark.django_db

# What breaks -> the statement that breaks it. {paid} and the others are ids of `books`.
CORRUPTIONS = {
    "transfer in another currency": (
        "I1", "UPDATE ledger_transfer SET currency = 'XOF' WHERE source_id = {paid}"),
    "account of another currency": (
        "I1", "UPDATE ledger_account SET currency = 'XOF' WHERE kind = 'fee_revenue'"),
    "account of the other mode": (
        "I1", "UPDATE ledger_account SET livemode = true WHERE kind = 'fee_revenue'"),
    "open of another amount than its line": (
        "I9", "UPDATE reconciliation_discrepancy SET their_amount = 71 WHERE kind = 'fee_differs'"),
    "fees of a statement that nobody charged": (
        "I15", "UPDATE reconciliation_feefigures SET charged = charged + 1"),
    "figures of lines that are not there": (
        "I15", "UPDATE reconciliation_statementfigures SET matched = matched + 1"),
    "booked the wrong way round": (
        "I1", "UPDATE ledger_transfer SET from_account_id = to_account_id,"
              " to_account_id = from_account_id WHERE source_id = {paid} AND kind = 'gross'"),
    "attempt of another amount": (
        "I4", "UPDATE payments_attempt SET amount = amount + 1 WHERE id = {open_attempt}"),
    "asked for a number and being paid": (
        "I4", "UPDATE payments_payment SET payer_choice = 'open' WHERE id = {open}"),
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
    "tax on a fee nobody promised": (
        "I2", "UPDATE payments_payment SET fee_tax = 1 WHERE id = {paid}"),
    "fee by no line of its merchant": (
        "I17", "UPDATE payments_payment SET fee_line_id = {stranger} WHERE id = {paid}"),
    "tax by no line": (
        "I17", "UPDATE payments_payment SET fee_tax = 1 WHERE id = {paid}"),
    "booked without payment": (
        "I2", "UPDATE ledger_transfer SET source_id = {stranger} WHERE source_id = {paid}"),
    "booked to another merchant": (
        "I2", "UPDATE ledger_account SET owner_id = {stranger} WHERE kind = 'merchant_payable'"),
    "booked from another provider": (
        "I2", "UPDATE ledger_account SET owner_id = {stranger} WHERE kind = 'provider_clearing'"),
    "move not in the table": (
        "I3", "UPDATE payments_statuschange SET from_status = 'failed'"
              " WHERE payment_id = {paid} AND to_status = 'succeeded' AND attempt_id IS NULL"),
    "move of an attempt not in the table": (
        "I3", "UPDATE payments_statuschange SET from_status = 'failed'"
              " WHERE attempt_id = {paid_attempt} AND to_status = 'succeeded'"),
    "attempt of nobody": (
        "I3", "UPDATE payments_attempt SET owner_type = 'gift' WHERE id = {open_attempt}"),
    "move of nobody's": (
        "I3", "UPDATE payments_statuschange SET owner_type = 'gift'"
              " WHERE payment_id = {open} AND attempt_id IS NULL"),
    "attempt of a payment that is gone": (
        "I3", "DELETE FROM payments_payment WHERE id = {open}"),
    "move forgotten": (
        "I3", "DELETE FROM payments_statuschange"
              " WHERE attempt_id = {paid_attempt} AND to_status = 'pending'"),
    "move of a payment skipped": (
        "I3", "UPDATE payments_statuschange SET sequence = 7"
              " WHERE payment_id = {paid} AND to_status = 'succeeded' AND attempt_id IS NULL"),
    "move of an attempt skipped": (
        "I3", "UPDATE payments_statuschange SET sequence = 7"
              " WHERE attempt_id = {paid_attempt} AND to_status = 'succeeded'"),
    "history without end": (
        "I3", "DELETE FROM payments_statuschange"
              " WHERE attempt_id = {open_attempt} AND to_status = 'pending'"),
    "move of another payment": (
        "I3", "UPDATE payments_statuschange SET payment_id = {failed}"
              " WHERE attempt_id = {paid_attempt}"),
    "attempt of which only the history is left": (
        "I3", "DELETE FROM payments_attempt WHERE payment_id = {failed}"),
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
    "event of another type": (
        "I6", "UPDATE webhooks_event SET type = 'payment.failed'"
              " WHERE object_id = {paid} AND sequence = 2"),
    "event of another type, in its body too": (
        "I6", "UPDATE webhooks_event SET type = 'payment.failed',"
              " body = replace(body, 'payment.succeeded', 'payment.failed')"
              " WHERE object_id = {paid} AND sequence = 2"),
    "event with another amount": (
        "I6", "UPDATE webhooks_event SET body = replace(body, '\"amount\":5000',"
              " '\"amount\":5001') WHERE object_id = {paid} AND sequence = 2"),
    "event with another payment's body": (
        "I6", "UPDATE webhooks_event SET body = (SELECT body FROM webhooks_event"
              " WHERE object_id = {other_paid} AND sequence = 2)"
              " WHERE object_id = {paid} AND sequence = 2"),
    "event without a readable body": (
        "I6", "UPDATE webhooks_event SET body = '{{' WHERE object_id = {paid} AND sequence = 2"),
    "events swapped": (
        "I6", "UPDATE webhooks_event SET sequence = 3 - sequence WHERE object_id = {paid}"),
    "events swapped, in their bodies too": (
        "I6", "UPDATE webhooks_event SET sequence = 3 - sequence, body = replace(body,"
              " '\"sequence\":' || sequence, '\"sequence\":' || 3 - sequence)"
              " WHERE object_id = {paid}"),
    "event of another time": (
        "I6", "UPDATE webhooks_event SET created_at = created_at + interval '1 s'"
              " WHERE object_id = {paid} AND sequence = 2"),
    "endpoint's event with another body": (
        "I6", "INSERT INTO webhooks_event (id, merchant_id, livemode, type, object_id, sequence,"
              " body, created_at) SELECT {stranger}, merchant_id, livemode, 'api_key.created',"
              " {stranger}, 1, body, created_at FROM webhooks_event WHERE object_id = {open}"),
    "delivered but never tried": (
        "I7", "UPDATE webhooks_delivery SET status = 'delivered', next_attempt_at = NULL,"
              " delivered_at = {now} WHERE status = 'pending'"),
    "given up but never tried": (
        "I7", "UPDATE webhooks_delivery SET status = 'failed', next_attempt_at = NULL"
              " WHERE status = 'pending'"),
    "given up for an endpoint that is there": (
        "I7", "UPDATE webhooks_delivery SET status = 'failed', next_attempt_at = NULL,"
              " last_error = 'endpoint deleted' WHERE status = 'pending'"),
    "delivery to another merchant": (
        "I7", "UPDATE webhooks_delivery SET endpoint_id = (SELECT w.id FROM webhooks_endpoint w"
              " JOIN payments_payment p ON p.id = {open} AND p.merchant_id <> w.merchant_id)"),
    "delivery to the other mode": (
        "I7", "UPDATE webhooks_delivery SET endpoint_id ="
              " (SELECT id FROM webhooks_endpoint WHERE livemode)"),
    "delivery due in 2100": (
        "I7", "UPDATE webhooks_delivery SET next_attempt_at = '2100-01-01'"
              " WHERE status = 'pending'"),
    "delivery tried for ever": (
        "I7", "UPDATE webhooks_delivery SET tries = 50 WHERE status = 'pending'"),
    "amount of an open payment": (
        "I6", "UPDATE payments_payment SET amount = amount + 1 WHERE id = {open}"),
    "fee of an open payment": (
        "I6", "UPDATE payments_payment SET fee = fee + 1 WHERE id = {open}"),
    "currency of an open payment": (
        "I6", "UPDATE payments_payment SET currency = 'XOF' WHERE id = {open}"),
    "payment that never expires": (
        "I6", "UPDATE payments_payment SET expires_at = '2100-01-01' WHERE id = {open}"),
    "payment waited for a year past its time": (
        "I14", "UPDATE payments_payment SET expires_at = expires_at - interval '1 year'"
               " WHERE id = {open}"),
    "over without an end": (
        "I3", "UPDATE payments_payment SET completed_at = NULL WHERE id = {paid}"),
    "over at another time": (
        "I3", "UPDATE payments_payment SET completed_at = completed_at + interval '1 s'"
              " WHERE id = {paid}"),
    "ended while it is open": (
        "I3", "UPDATE payments_payment SET completed_at = created_at WHERE id = {open}"),
    "failed without a reason": (
        "I3", "UPDATE payments_payment SET failure_code = '' WHERE id = {failed}"),
    "succeeded with a reason to fail": (
        "I3", "UPDATE payments_payment SET failure_code = 'payer_declined' WHERE id = {paid}"),
    "failed for another reason": (
        "I6", "UPDATE payments_payment SET failure_code = 'payer_blocked' WHERE id = {failed}"),
    "created at another time": (
        "I3", "UPDATE payments_payment SET created_at = created_at - interval '1 s'"
              " WHERE id = {open}"),
    "attempt over without an end": (
        "I3", "UPDATE payments_attempt SET completed_at = NULL WHERE id = {paid_attempt}"),
    "attempt failed without a reason": (
        "I3", "UPDATE payments_attempt SET failure_code = '' WHERE status = 'failed'"),
    "attempt sent, nobody knows when": (
        "I3", "UPDATE payments_attempt SET submitted_at = NULL WHERE id = {open_attempt}"),
    "move dated after the next one": (
        "I3", "UPDATE payments_statuschange SET created_at = created_at + interval '2 minutes'"
              " WHERE attempt_id = {paid_attempt} AND to_status = 'submitted'"),
    "last move of an open attempt dated later": (
        "I3", "UPDATE payments_statuschange SET created_at = created_at + interval '2 hours'"
              " WHERE attempt_id = {open_attempt} AND to_status = 'pending'"),
    "over with an open attempt": (
        "I4", "UPDATE payments_attempt SET payment_id = {failed} WHERE id = {open_attempt}"),
    "attempt with another reference": (
        "I4", "UPDATE payments_attempt SET reference = {stranger} WHERE id = {open_attempt}"),
    "attempt with another statement reference": (
        "I4", "UPDATE payments_attempt SET statement_reference = 'x' WHERE id = {open_attempt}"),
    "attempt with another provider's reference": (
        "I4", "UPDATE payments_attempt SET provider_reference = '777',"
              " raw = jsonb_build_object('financialTransactionId', '778')"
              " WHERE id = {paid_attempt}"),
    "attempt at an account nobody chose": (
        "I4", "UPDATE payments_attempt SET provider_account_id = {other_account}"
              " WHERE id = {open_attempt}"),
    "payment with another provider": (
        "I4", "UPDATE payments_payment SET provider = 'orange_webpay' WHERE id = {open}"),
    "attempt at an account of another country": (
        "I4", "UPDATE providers_provideraccount SET country = 'CI' WHERE id = {account}"),
    "succeeded without the provider's reference": (
        "I4", "UPDATE payments_attempt SET provider_reference = '' WHERE id = {paid_attempt}"),
    "contradiction nobody looks at": (
        "I9", "UPDATE payments_attempt SET contradiction = 'succeeded, then failed'"
              " WHERE id = {paid_attempt}"),
    "contradiction forgotten": (
        "I9", "DELETE FROM reconciliation_discrepancy WHERE kind = 'contradiction'"),
    "discrepancy of a line deleted": (
        "I9", "DELETE FROM reconciliation_discrepancy WHERE kind = 'fee_differs'"),
    "discrepancy of what is not mentioned deleted": (
        "I9", "DELETE FROM reconciliation_discrepancy WHERE kind = 'unknown_to_them'"),
    "resolved without a reason": (
        "I9", "UPDATE reconciliation_discrepancy SET resolution = '' WHERE status = 'resolved'"),
    "resolved by nobody": (
        "I9", "UPDATE reconciliation_discrepancy SET owner_id = NULL WHERE status = 'resolved'"),
    "resolved, nobody knows when": (
        "I9", "UPDATE reconciliation_discrepancy SET closed_at = NULL WHERE status = 'resolved'"),
    "decision without its history": (
        "I9", "UPDATE reconciliation_discrepancy SET sequence = sequence + 1"
              " WHERE status = 'resolved'"),
    "written off and not booked": (
        "I9", "UPDATE reconciliation_discrepancy SET status = 'written_off'"
              " WHERE status = 'resolved'"),
    "corrected and not booked": (
        "I9", "UPDATE reconciliation_discrepancy SET status = 'corrected'"
              " WHERE status = 'resolved'"),
    "taken back and never booked": (
        "I9", "UPDATE reconciliation_discrepancy SET status = 'taken_back'"
              " WHERE status = 'resolved'"),
    "matched by hand with another amount": (
        "I9", "INSERT INTO reconciliation_handmatch (id, line_id, attempt_id, amount, currency,"
              " difference, explained_as, decision_id, requested_by_id, approved_by_id, made_at)"
              " SELECT {stranger}, id, {paid_attempt}, amount + 1, currency, 0, '', {stranger},"
              " 1, 2, {now} FROM reconciliation_statementline WHERE match = 'matched'"),
    "statement deleted": (
        "I9", "WITH d AS (DELETE FROM reconciliation_discrepancy WHERE statement_id IS NOT NULL),"
              " l AS (DELETE FROM reconciliation_statementline)"
              " DELETE FROM reconciliation_statement"),
    "fee of a matched line": (
        "I9", "UPDATE reconciliation_statementline SET fee = fee + 1 WHERE match = 'matched'"),
    "amount of an exception": (
        "I9", "UPDATE reconciliation_statementline SET amount = amount + 1"
              " WHERE match = 'exception'"),
    "exception rewritten as matched": (
        "I9", "UPDATE reconciliation_statementline SET match = 'matched'"
              " WHERE match = 'exception' AND attempt_id IS NULL"),
    "exception rewritten as matched, its discrepancy as repaired": (
        "I9", "WITH d AS (UPDATE reconciliation_discrepancy SET status = 'repaired',"
              " closed_at = {now} WHERE kind = 'fee_differs' RETURNING line_id)"
              " UPDATE reconciliation_statementline SET match = 'matched'"
              " WHERE id IN (SELECT line_id FROM d)"),
    "movement matched twice": (
        "I9", "UPDATE reconciliation_statementline SET match = 'matched', provider_reference ="
              " (SELECT provider_reference FROM payments_attempt WHERE id = {paid_attempt})"),
    "matched with an attempt it does not name": (
        "I9", "UPDATE reconciliation_statementline SET attempt_id ="
              " (SELECT id FROM payments_attempt WHERE payment_id = {other_paid})"
              " WHERE match = 'matched'"),
    "matched by a number it has not": (
        "I9", "UPDATE reconciliation_statementline SET pass = 'number' WHERE match = 'matched'"),
    "matched by a merchant's reference it has not": (
        "I9", "UPDATE reconciliation_statementline SET pass = 'merchant_reference',"
              " merchant_reference = 'another' WHERE match = 'matched'"),
    "taken back, and paid with us": (
        "I9", "UPDATE reconciliation_statementline SET pass = 'reversal' WHERE match = 'matched'"),
    "transfer without its other side": (
        "I9", "UPDATE reconciliation_statementline SET pass = 'own_transfer'"
              " WHERE match = 'matched'"),
    "total of a settlement without lines": (
        "I9", "UPDATE reconciliation_statementline SET pass = 'settlement',"
              " settlement_line_id = id WHERE match = 'matched'"),
    "attempt asked about in 2100": (
        "I14", "UPDATE payments_attempt SET next_check_at = '2100-01-01'"
               " WHERE id = {open_attempt}"),
    "attempt open for a year": (
        "I14", "UPDATE payments_attempt SET created_at = created_at - interval '1 year'"
               " WHERE id = {open_attempt}"),
    "attempt that hangs on its way out": (
        "I14", "UPDATE payments_attempt SET status = 'submitted' WHERE id = {open_attempt}"),
    "attempt waiting to be sent for ever": (
        "I14", "UPDATE payments_attempt SET status = 'created' WHERE payment_id = {expired}"),
    "callback never handled": (
        "I14", "UPDATE providers_callback SET status = 'received', handled_at = NULL"),
    "callback handled, nobody knows when": (
        "I14", "UPDATE providers_callback SET handled_at = NULL"),
    "delivery missing": (
        "I7", "DELETE FROM webhooks_delivery"
              " WHERE event_id IN (SELECT id FROM webhooks_event WHERE object_id = {paid})"),
    "delivery forgotten": (
        "I7", "UPDATE webhooks_delivery SET next_attempt_at = next_attempt_at - interval '61 s'"),
    "payment that nobody finds": (
        "I14", "DELETE FROM payments_paymentstate WHERE payment_id = {open}"),
    "payment found as another": (
        "I14", "UPDATE payments_paymentstate SET status = 'failed' WHERE payment_id = {open}"),
    "payment found twice": (
        "I14", "INSERT INTO payments_paymentstate (merchant_id, livemode, status, operator,"
               " provider, currency, payment_id) SELECT merchant_id, livemode, 'failed', operator,"
               " provider, currency, id FROM payments_payment WHERE id = {paid}"),
    "payment that expires at another time": (
        "I14", "UPDATE payments_paymentstate SET expires_at = NULL WHERE payment_id = {open}"),
    "attempt in no queue": (
        "I14", "DELETE FROM payments_dueattempt WHERE attempt_id = {open_attempt}"),
    "attempt in the other queue": (
        "I14", "UPDATE payments_dueattempt SET is_sent = NOT is_sent"),
    "attempt in a queue, though it is over": (
        "I14", "INSERT INTO payments_dueattempt (is_sent, provider_account_id, next_check_at,"
               " attempt_id) SELECT true, provider_account_id, {now}, id FROM payments_attempt"
               " WHERE id = {paid_attempt}"),
    "failed attempt spent as another": (
        "I14", "UPDATE payments_attempt SET spent_id = {stranger} WHERE status = 'failed'"),
    "delivery that nobody finds": (
        "I7", "DELETE FROM webhooks_deliverystate WHERE status = 'pending'"),
    "delivery found at another time": (
        "I7", "UPDATE webhooks_deliverystate SET next_attempt_at = next_attempt_at"
              " + interval '1 s' WHERE status = 'pending'"),
    "state of a delivery that is over": (
        "I7", "INSERT INTO webhooks_deliverystate (endpoint_id, status, delivery_id, is_backlog,"
              " is_waiting, is_held, next_attempt_at) SELECT endpoint_id, 'pending', id, false,"
              " false, false, {now} FROM webhooks_delivery WHERE status = 'delivered'"),
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
    "transfer to no account": (
        "I1", "UPDATE ledger_transfer SET to_account_id = {stranger} WHERE source_id = {paid}"),
    "balance that came from nowhere": (
        "I1", "UPDATE ledger_snapshot s SET balance = balance + 1"
              " FROM ledger_account a WHERE a.id = s.account_id AND a.kind = 'merchant_payable'"),
    "seen before nothing": (
        "I9", "UPDATE reconciliation_statementline SET match = 'seen_before'"
              " WHERE match = 'matched'"),
    "superseded by nothing": (
        "I9", "UPDATE reconciliation_statementline SET match = 'superseded'"
              " WHERE match = 'matched'"),
    "paid, covered, and in no report": (
        "I9", "DELETE FROM reconciliation_discrepancy WHERE kind = 'unknown_to_them'"),
    "day with money, without report": (
        "I9", "UPDATE payments_attempt SET completed_at = completed_at - interval '2 days'"
              " WHERE id = {paid_attempt}"),
    "withdrawn and never matched again": (
        "I14", "INSERT INTO reconciliation_statementwithdrawal"
               " (statement_id, reason, requested_by_id, approved_by_id, withdrawn_at)"
               " SELECT id, '', 1, 2, {now} - interval '61 minutes' FROM reconciliation_statement"),
    "snapshot too high": (
        "I13", "UPDATE ledger_snapshot SET balance = balance + 1"),
    "transfer slipped in behind the newest snapshot": (
        "I13", "UPDATE ledger_transfer SET database_transaction = '15'"
               " WHERE database_transaction > '99'"),
    "snapshot of what is yet to come": (
        "I13", "UPDATE ledger_snapshot SET horizon = '9000000000000000' WHERE horizon = '20'"),
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
    "message due too far ahead": (
        "I14", "UPDATE core_outboxmessage SET available_at = {now} + interval '121 minutes'"),
    "message leased too far ahead": (
        "I14", "UPDATE core_outboxmessage SET leased_until = {now} + interval '121 minutes'"),
    "message tried without end": (
        "I14", "UPDATE core_outboxmessage SET tries = 50"),
    "message older than a day": (
        "I14", "UPDATE core_outboxmessage SET created_at = {now} - interval '25 hours'"),
    "payment without a way on": (
        "I14", "UPDATE payments_attempt SET status = 'not_sent' WHERE id = {open_attempt}"),
    "statement never matched": (
        "I14", "UPDATE reconciliation_statement SET status = 'staged',"
               " created_at = {now} - interval '61 minutes'"),
}  # fmt: skip


def corrupt(statement, ids):
    values = {name: f"'{value}'" for name, value in ids.items()}
    values["now"] = f"'{NOW.isoformat()}'::timestamptz"
    lift_safeguards()
    with connection.cursor() as cursor:
        cursor.execute(statement.format_map(values))
        assert cursor.rowcount


def findings_of_each(books, **options):
    """(what breaks, the id that ought to be broken, which of its invariants are) of each."""
    # Of the same books, which take longer to make than to check.
    for name, (expected, statement) in CORRUPTIONS.items():
        savepoint = transaction.savepoint()
        corrupt(statement, books)
        # Of this id: to plan the other ninety queries costs ten times as much.
        own = [one for one in all_invariants() if one.id == expected]
        findings = find_violations(now=NOW, among=own, **options)
        transaction.savepoint_rollback(savepoint)
        yield name, expected, {found.invariant for found in findings if found.violations}


def test_every_corruption_is_found_and_every_query_finds_one(books):
    unseen, useful = {}, set()
    for name, expected, found in findings_of_each(books):
        useful |= found
        if expected not in (ids := {one.id for one in found}):
            unseen[name] = (expected, ids)

    assert unseen == {}
    # Broken in each app's books tests, tests/payouts/test_invariants.py and
    # tests/reporting/test_rollups.py.
    above = {
        one for one in all_invariants() if one.id in {"I15", "I16", "I18", "I19", "I23", "I24"}
    }
    elsewhere = {*APPROVALS, *FEES, *REFUNDS, *DISPUTES, *BATCHES, *payouts.INVARIANTS, *above}
    elsewhere |= {one for one in all_invariants() if one.id == "I20" or "settlement" in one.name}
    assert [one.name for one in all_invariants() if one not in useful | elsewhere] == []


def test_a_corruption_is_found_among_what_changed(books):
    since = NOON - timedelta(days=1)

    assert [
        (name, expected, {one.id for one in found})
        for name, expected, found in findings_of_each(books, since=since)
        if expected not in {one.id for one in found}
    ] == []


def test_a_line_of_no_statement_is_found(books, broken):
    line = (
        "INSERT INTO reconciliation_statementline (id, statement_id, line_number, reference,"
        " provider_reference, currency, outcome, problem, raw, match)"
        " VALUES (gen_random_uuid(), {stranger}, 1, '', '', '', '', '', '', 'superseded')"
    )

    corrupt(line, books)

    assert broken() == ["I9"]


def test_clean_books_raise_no_alarm(books, broken):
    assert broken() == []
    assert broken(since=NOON) == []


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

    assert found.violations == 7
    assert len(found.examples) == 5
