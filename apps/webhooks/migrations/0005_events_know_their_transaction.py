"""Events know the transaction that made them: by it the sequencer finds all that are committed.

The column is the database's alone: no model names it, and whoever inserts an event gets it. Old
rows have none. Safe to run again; no lock is waited for long, so traffic goes on.
"""

import time

from django.db import OperationalError, migrations

# With the default in a step of its own no row is written anew.
ADD_COLUMN = """
ALTER TABLE webhooks_event
      ADD COLUMN IF NOT EXISTS transaction_id bigint,
      ALTER COLUMN transaction_id SET DEFAULT (pg_current_xact_id()::text::bigint)
"""
IS_INVALID = """
SELECT EXISTS (SELECT FROM pg_index
                WHERE indexrelid = to_regclass('event_by_transaction') AND NOT indisvalid)
"""
BUILD = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS event_by_transaction
    ON webhooks_event (transaction_id) WHERE transaction_id IS NOT NULL
"""


def add_column(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
        for tries_left in reversed(range(600)):
            try:
                cursor.execute(ADD_COLUMN)
                break
            except OperationalError:
                if not tries_left:
                    raise
                time.sleep(0.5)
        cursor.execute("RESET lock_timeout")


def build_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        # It waits for every transaction that is open.
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(IS_INVALID)
        if cursor.fetchone()[0]:
            cursor.execute("DROP INDEX CONCURRENTLY event_by_transaction")
        cursor.execute(BUILD)
        cursor.execute("RESET lock_timeout")
        cursor.execute("RESET statement_timeout")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('webhooks', '0004_events_by_type'),
    ]

    operations = [
        migrations.RunPython(add_column, migrations.RunPython.noop),
        migrations.RunPython(build_index, migrations.RunPython.noop),
    ]
