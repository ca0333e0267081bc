"""A hand in the database, with every safeguard out of its way."""

from contextlib import contextmanager

from django.db import connection, transaction

from apps.reconciliation.selectors.find_violations import find_violations

# What would refuse some of it.
CONSTRAINTS = (
    ("payments_attempt", "attempt_one_unspent"),
    ("payments_attempt", "attempt_open_has_next_check"),
    ("payments_statuschange", "status_change_once"),
    ("reconciliation_discrepancy", "discrepancy_once"),
    ("ledger_transfer", "transfer_once_each"),
    ("webhooks_event", "event_sequence"),
    ("webhooks_delivery", "delivery_scheduled"),
    ("support_tickets_ticketclock", "ticket_clock_looked_at_while_running"),
)


def lift_safeguards():
    with connection.cursor() as cursor:
        # Checks still to be made would forbid altering the tables; later ones never come.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name in CONSTRAINTS:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            cursor.execute(f"DROP INDEX IF EXISTS {name}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def corrupted(statement, values=None):
    """Within it the books are spoiled; afterwards they are what they were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount, statement
        yield
        transaction.set_rollback(True)


def broken_among(invariants, *, now, **options):
    """Which of these are broken: to plan all others as well costs a hundred times as much."""
    findings = find_violations(now=now, among=[*invariants], **options)
    return {found.invariant for found in findings if found.violations}


def unseen(corruptions, values=None, *, now):
    """The names of those that not all of their invariants find: {name: (invariants, statement)}."""
    names = []
    for name, (invariants, statement) in corruptions.items():
        with corrupted(statement, values):
            if broken_among(invariants, now=now) != set(invariants):
                names.append(name)
    return names
