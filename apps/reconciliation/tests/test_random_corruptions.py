"""Any row, any change: fourteen kinds of corruption, drawn by a seed, and not one goes unseen.

LOMI_CORRUPTIONS=1000 draws so many; LOMI_SEED another beginning.
"""

import os
import random

import pytest
from django.db import connection, transaction

from apps.core.public_ids import new_id
from apps.orchestration.models import AttemptStatus
from apps.payments.models import PaymentStatus
from apps.payments.rules.event_types import TYPES
from apps.reconciliation.selectors.find_violations import find_violations
from tests.tries import at_length

from .corruption import lift_safeguards
from .reports import NOON, NOW

COUNT = int(os.environ.get("LOMI_CORRUPTIONS", at_length(14, 140)))
SEED = int(os.environ.get("LOMI_SEED", "1"))

DELETE = "DELETE FROM {table} WHERE id = {id}"
# A copy of the row under another id.
DOUBLE = """
INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table},
       to_jsonb(t) || jsonb_build_object('id', {uuid}::uuid))).* FROM {table} t WHERE id = {id}
"""


def body(path, value):
    return f"body = jsonb_set(body::jsonb, '{{{{{path}}}}}', {value})::text"


# Kind -> [(table, which of its rows, what may be set in one of them, or a whole statement)].
# {n} is a number from 1 to 1,000, {days} from 3 to 1,000; {other} another row of the same choice;
# {status} another status of its kind, {type} another type of event.
KINDS = {
    "event's type": [("webhooks_event", "true", ["type = {type}"])],
    "event's body": [
        (
            "webhooks_event",
            "true",
            [
                body("data,amount", "to_jsonb(5000 + {n})"),
                body("data,fee", "to_jsonb(100 + {n})"),
                body("data,currency", "to_jsonb('XOF'::text)"),
                body("data,status", "to_jsonb({n})"),
                body("data,id", "to_jsonb('pay_' || {n})"),
                body("data,expires_at", "to_jsonb({n})"),
                body("id", "to_jsonb('evt_' || {n})"),
                body("sequence", "to_jsonb(2 + {n})"),
                body("livemode", "to_jsonb(NOT livemode)"),
                "body = left(body, -{n} %% 500 - 1)",
                "body = (SELECT body FROM webhooks_event WHERE id = {other})",
            ],
        )
    ],
    "event's place": [
        (
            "webhooks_event",
            "true",
            [
                DELETE,
                DOUBLE,
                "sequence = sequence + {n}",
                "object_id = {uuid}",
                "livemode = NOT livemode",
                "created_at = created_at + {n} * interval '1 second'",
                "merchant_id = (SELECT id FROM merchants_merchant m"
                " WHERE m.id <> merchant_id ORDER BY id LIMIT 1)",
            ],
        )
    ],
    "delivery's end": [
        (
            "webhooks_delivery",
            "status <> 'delivered'",
            ["status = 'delivered'", "status = 'delivered', delivered_at = {now}, tries = 0"],
        ),
        (
            "webhooks_delivery",
            "status <> 'failed'",
            ["status = 'failed'", "status = 'failed', last_error = 'endpoint deleted'"],
        ),
        (
            "webhooks_delivery",
            "status = 'delivered'",
            ["tries = 0", "delivered_at = NULL", "last_status_code = 500"],
        ),
    ],
    "delivery's way": [
        ("webhooks_delivery", "true", [DELETE]),
        (
            "webhooks_delivery",
            "true",
            [
                "endpoint_id = (SELECT w.id FROM webhooks_endpoint w"
                " WHERE w.created_at = {now} ORDER BY w.id LIMIT 1 OFFSET {n} %% 2)"
            ],
        ),
        (
            "webhooks_delivery",
            "status = 'pending'",
            [
                "next_attempt_at = {now} + {days} * interval '1 day'",
                "next_attempt_at = {now} - {days} * interval '1 day'",
                "tries = 30 + {n}",
            ],
        ),
    ],
    "payment's money": [
        (
            "payments_payment",
            "true",
            ["amount = amount + {n}", "fee = fee + {n}", "currency = 'XOF'"],
        )
    ],
    "payment's end": [
        (
            "payments_payment",
            "true",
            [
                "status = {status}",
                "expires_at = expires_at + {days} * interval '1 day'",
                "expires_at = expires_at - {days} * interval '1 day'",
                "created_at = created_at - {n} * interval '1 second'",
                "sequence = sequence + {n}",
                "completed_at = created_at + {n} * interval '1 minute' + interval '1 second'",
            ],
        ),
        ("payments_payment", "completed_at IS NOT NULL", ["completed_at = NULL"]),
        ("payments_payment", "failure_code <> ''", ["failure_code = ''"]),
        ("payments_payment", "failure_code = ''", ["failure_code = 'payer_blocked'"]),
    ],
    "attempt's state": [
        (
            "payments_attempt",
            "true",
            [
                DELETE,
                "status = {status}",
                "sequence = sequence + {n}",
                "created_at = created_at - {n} * interval '1 second'",
            ],
        ),
        (
            "payments_attempt",
            "status = 'pending'",
            [
                "next_check_at = {now} + {days} * interval '1 day'",
                "next_check_at = {now} - {days} * interval '1 day'",
                "submitted_at = NULL",
            ],
        ),
        ("payments_attempt", "completed_at IS NOT NULL", ["completed_at = NULL"]),
        ("payments_attempt", "status = 'failed'", ["failure_code = ''"]),
    ],
    "attempt's identity": [
        (
            "payments_attempt",
            "true",
            [
                "reference = {uuid}",
                "statement_reference = {n}::text",
                "payment_id = (SELECT payment_id FROM payments_attempt WHERE id = {other})",
                "provider_account_id = (SELECT id FROM providers_provideraccount x"
                " WHERE x.id <> provider_account_id ORDER BY id LIMIT 1)",
            ],
        ),
        (
            "payments_attempt",
            "status = 'succeeded'",
            [
                "provider_reference = ''",
                "provider_reference = (SELECT provider_reference FROM payments_attempt"
                " WHERE id = {other})",
            ],
        ),
    ],
    "history": [
        (
            "payments_statuschange",
            "true",
            [
                DELETE,
                DOUBLE,
                "to_status = to_status || {n}",
                "from_status = from_status || {n}",
                "sequence = sequence + {n}",
                "payment_id = {uuid}",
                "created_at = created_at + {days} * interval '1 day'",
                "created_at = created_at - {days} * interval '1 day'",
            ],
        )
    ],
    "transfer": [
        (
            "ledger_transfer",
            "true",
            [
                DELETE,
                DOUBLE,
                "amount = amount + {n}",
                "from_account_id = to_account_id, to_account_id = from_account_id",
                "source_id = {uuid}",
                "currency = 'XOF'",
                "kind = CASE kind WHEN 'fee' THEN 'gross' ELSE 'fee' END",
            ],
        )
    ],
    "statement": [
        (
            "reconciliation_statementline",
            "true",
            [
                DELETE,
                "amount = amount + {n}",
                "fee = fee + {n}",
                "reference = reference || {n}",
                "provider_reference = provider_reference || {n}",
                "outcome = 'failed'",
                "match = 'waiting'",
            ],
        ),
        (
            "reconciliation_statementline",
            "match = 'exception'",
            [
                "match = 'matched'",
                "match = 'matched', attempt_id = (SELECT id FROM payments_attempt a"
                " WHERE a.status = 'succeeded' ORDER BY id LIMIT 1 OFFSET {n} %% 3)",
            ],
        ),
        (
            "reconciliation_statementline",
            "match = 'matched'",
            ["match = 'exception'", "attempt_id = {uuid}", "attempt_id = NULL"],
        ),
        (
            "reconciliation_statement",
            "true",
            [
                "lines_read = lines_read + {n}",
                """
                WITH d AS (DELETE FROM reconciliation_discrepancy WHERE statement_id = {id}),
                     l AS (DELETE FROM reconciliation_statementline WHERE statement_id = {id})
                DELETE FROM reconciliation_statement WHERE id = {id}
                """,
            ],
        ),
    ],
    "discrepancy": [
        ("reconciliation_discrepancy", "status = 'open' OR line_id IS NOT NULL", [DELETE]),
        (
            "reconciliation_discrepancy",
            "status = 'open'",
            [
                "status = 'repaired'",
                "status = 'resolved'",
                "status = 'resolved', closed_at = {now}",
                "closed_at = {now}",
            ],
        ),
        (
            "reconciliation_discrepancy",
            "status = 'resolved'",
            ["resolution = ''", "owner_id = NULL", "closed_at = NULL", "status = 'open'"],
        ),
    ],
    "what waits": [
        (
            "core_outboxmessage",
            "true",
            ["available_at = {now} - {days} * interval '1 day'"],
        ),
        (
            "providers_callback",
            "true",
            ["status = 'received', handled_at = NULL", "handled_at = NULL"],
        ),
        ("ledger_snapshot", "true", ["balance = balance + {n}"]),
        (
            "reconciliation_statement",
            "true",
            ["status = 'staged', created_at = {now} - {days} * interval '1 day'"],
        ),
    ],
}

assert len(KINDS) == 14


def draw(kind, drawn):
    """A statement that corrupts one row."""
    table, which, changes = drawn.choice(KINDS[kind])
    change = drawn.choice(changes)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {which} ORDER BY id")
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    row, other = drawn.sample(rows, 2) if len(rows) > 1 else (rows[0], rows[0])
    statuses = AttemptStatus if table == "payments_attempt" else PaymentStatus
    values = {
        "table": table,
        "id": f"'{row['id']}'",
        "other": f"'{other['id']}'",
        "uuid": f"'{new_id()}'",
        "now": f"'{NOW.isoformat()}'::timestamptz",
        "n": drawn.randint(1, 1000),
        "days": drawn.randint(3, 1000),
        "status": f"'{_another(drawn, statuses.values, row.get('status'))}'",
        "type": f"'{_another(drawn, TYPES.values(), row.get('type'))}'",
    }
    is_statement = change.lstrip().startswith(("DELETE", "INSERT", "WITH"))
    template = change if is_statement else f"UPDATE {{table}} SET {change} WHERE id = {{id}}"
    return template.format_map(values).replace("%%", "%")


def _another(drawn, values, than):
    return drawn.choice(sorted(str(value) for value in values if value != than))


def alarms(**options):
    return sum(found.violations for found in find_violations(now=NOW, **options))


@pytest.mark.longer
@pytest.mark.timeout(0)
def test_no_corruption_of_any_kind_goes_unseen(books, capsys):
    raised = alarms() + alarms(since=NOON)
    lift_safeguards()
    unseen = []
    for number in range(COUNT):
        drawn = random.Random(f"{SEED}-{number}")
        kind = list(KINDS)[number % len(KINDS)]
        statement = draw(kind, drawn)
        savepoint = transaction.savepoint()
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.rowcount == 1, statement
        if not alarms():
            unseen.append(f"{number} {kind}: {statement}")
        transaction.savepoint_rollback(savepoint)
    raised += alarms() + alarms(since=NOON)
    with capsys.disabled():
        print(f"\nR2 corruptions={COUNT} found={COUNT - len(unseen)} alarms={raised}")  # noqa: T201
    assert not unseen, "\n".join(unseen)
    assert raised == 0
