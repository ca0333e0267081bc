from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.utils.module_loading import module_has_submodule

from apps.core.invariant import Invariant
from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import first_id_at
from apps.reconciliation.invariants import BOOK_INVARIANTS

EXAMPLES_MAX = 5

# A callback left alone for longer is found by the check of everything.
CALLBACKS_WAIT_MAX = timedelta(days=1)

TABLES = {
    "payments": "payments_payment",
    "refunds": "refunds_refund",
    "payouts": "payouts_payout",
    "disputes": "disputes_dispute",
    "batches": "payout_batches_payoutbatch",
    "settlements": "settlement_settlement",
    "attempts": "payments_attempt",
    "changes": "payments_statuschange",
    "transfers": "ledger_transfer",
    "pending_amounts": "ledger_pendingamount",
    "releases": "ledger_release",
    "reserved_amounts": "ledger_reservedamount",
    "reserve_releases": "ledger_reserverelease",
    "events": "webhooks_event",
    "payment_states": "payments_paymentstate",
    "deliveries": "webhooks_delivery",
    "delivery_states": "webhooks_deliverystate",
    "callbacks": "providers_callback",
    "snapshots": "ledger_snapshot",
    "statements": "reconciliation_statement",
    "lines": "reconciliation_statementline",
}

# A payment, a payout, a dispute changed when anything about it was written: ids begin with that
# time.
CHANGED_PAYMENTS = """
CREATE TEMP TABLE changed_payment ON COMMIT DROP AS
SELECT id FROM payments_payment WHERE id >= %(first_id)s
 UNION SELECT id FROM payouts_payout WHERE id >= %(first_id)s
 UNION SELECT payment_id FROM payments_statuschange WHERE id >= %(first_id)s
 UNION SELECT payment_id FROM payments_attempt WHERE id >= %(first_id)s
 UNION SELECT source_id FROM ledger_transfer WHERE id >= %(first_id)s
 UNION SELECT object_id FROM webhooks_event WHERE id >= %(first_id)s
"""

CHANGED_STATEMENTS = """
CREATE TEMP TABLE changed_statement ON COMMIT DROP AS
SELECT id FROM reconciliation_statement WHERE created_at >= %(since)s OR matched_at >= %(since)s
"""

CHANGED = {
    name: f"(SELECT * FROM {TABLES[name]} WHERE {column} IN (SELECT id FROM {changed}))"  # noqa: S608
    for name, column, changed in (
        ("payments", "id", "changed_payment"),
        ("refunds", "id", "changed_payment"),
        ("payouts", "id", "changed_payment"),
        ("disputes", "id", "changed_payment"),
        ("batches", "id", "changed_payment"),
        ("settlements", "id", "changed_payment"),
        ("attempts", "payment_id", "changed_payment"),
        ("changes", "payment_id", "changed_payment"),
        ("transfers", "source_id", "changed_payment"),
        ("pending_amounts", "source_id", "changed_payment"),
        ("reserved_amounts", "source_id", "changed_payment"),
        ("events", "object_id", "changed_payment"),
        ("payment_states", "payment_id", "changed_payment"),
        ("statements", "id", "changed_statement"),
        ("lines", "statement_id", "changed_statement"),
    )
} | {
    "snapshots": "(SELECT * FROM ledger_snapshot WHERE taken_at >= %(since)s)",
    # One that was never booked changed nothing else.
    "releases": (
        "(SELECT * FROM ledger_release WHERE id >= %(first_id)s"
        " OR id IN (SELECT id FROM changed_payment))"
    ),
    "reserve_releases": (
        "(SELECT * FROM ledger_reserverelease WHERE id >= %(first_id)s"
        " OR id IN (SELECT id FROM changed_payment))"
    ),
    "deliveries": (
        "(SELECT * FROM webhooks_delivery WHERE id >= %(first_id)s OR event_id IN"
        " (SELECT id FROM webhooks_event WHERE object_id IN (SELECT id FROM changed_payment)))"
    ),
    "delivery_states": ("(SELECT * FROM webhooks_deliverystate WHERE delivery_id >= %(first_id)s)"),
    # One that is not handled is due an hour after it came.
    "callbacks": "(SELECT * FROM providers_callback WHERE id >= %(first_id_before)s)",
}


class UnreadableBook(ValueError):
    """A line of a simulator's book is not what it should be."""


@dataclass(frozen=True, slots=True)
class Book:
    """A simulator's own books: JSON objects, one a line, or a JSON array with one item a line.

    Of each: reference, amount, times_executed; `provider` is the connector's code.
    """

    provider: str
    lines: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Finding:
    """How often an invariant is broken, and the ids of a few rows that break it."""

    invariant: Invariant
    violations: int
    examples: Sequence[str]


def find_violations(
    *,
    now: datetime,
    since: datetime | None = None,
    books: Sequence[Book] = (),
    among: Sequence[Invariant] | None = None,
) -> list[Finding]:
    """Check every invariant, or those `among` which one asks; one finding for each, clean ones too,
    in the order of the list.

    With `since` only what was written from then on is checked, except what waits past its time.
    With `books` our test-mode attempts are compared with what their simulators executed.

    Raises:
        UnreadableBook: with the provider and the line.
    """
    tables = CHANGED if since else TABLES
    values = {
        "now": now,
        "since": since,
        "first_id": first_id_at(since) if since else None,
        "first_id_before": first_id_at(since - CALLBACKS_WAIT_MAX) if since else None,
    }
    ours = all_invariants() if among is None else among
    invariants = [*ours, *(BOOK_INVARIANTS if books else ())]
    with transaction.atomic(), long_statements(), connection.cursor() as cursor:
        # Histories are sorted and aggregated in memory.
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(
            "DROP TABLE IF EXISTS pg_temp.changed_payment, pg_temp.changed_statement, "
            "pg_temp.book, pg_temp.provider_in_book"
        )
        if since:
            for statement in (CHANGED_PAYMENTS, CHANGED_STATEMENTS):
                cursor.execute(statement, values)
            cursor.execute("ANALYZE changed_payment, changed_statement")
        if books:
            _copy_books(cursor, books)
        return [_check(cursor, invariant, tables, values) for invariant in invariants]


@cache
def all_invariants() -> tuple[Invariant, ...]:
    """What the apps declare, each in its `invariants.py`, in the order of the settings."""
    modules = [
        import_module(f"{config.name}.invariants")
        for config in apps.get_app_configs()
        if config.module is not None and module_has_submodule(config.module, "invariants")
    ]
    return tuple(invariant for module in modules for invariant in module.INVARIANTS)


def _check(
    cursor: Any, invariant: Invariant, tables: Mapping[str, str], values: Mapping[str, Any]
) -> Finding:
    cursor.execute(
        f"""
        WITH violation (id) AS MATERIALIZED ({invariant.sql.format_map(tables)})
        SELECT count(*), ARRAY(SELECT DISTINCT id::text FROM violation
                                ORDER BY id::text LIMIT {EXAMPLES_MAX})
          FROM violation
        """,  # noqa: S608 (the list of invariants)
        values,
    )
    violations, examples = cursor.fetchone()
    return Finding(invariant=invariant, violations=violations, examples=examples)


def _copy_books(cursor: Any, books: Sequence[Book]) -> None:
    cursor.execute(
        "CREATE TEMP TABLE book (provider text, reference text, amount bigint, executed int) "
        "ON COMMIT DROP"
    )
    cursor.execute("CREATE TEMP TABLE provider_in_book (provider text) ON COMMIT DROP")
    for book in books:
        cursor.execute("INSERT INTO provider_in_book VALUES (%s)", [book.provider])
        with cursor.copy("COPY book FROM STDIN") as copy:
            for row in _book_rows(book):
                copy.write_row(row)
    cursor.execute("ANALYZE book")


def _book_rows(book: Book) -> Iterator[tuple[str, str, int, int]]:
    for number, line in enumerate(book.lines, start=1):
        text = line.strip().lstrip(b"[,").rstrip(b",]")
        if not text:
            continue
        try:
            entry = json.loads(text)
            yield (
                book.provider,
                str(entry["reference"]),
                int(entry["amount"]),
                int(entry["times_executed"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableBook(f"book of {book.provider}, line {number}: {error!r}") from error
