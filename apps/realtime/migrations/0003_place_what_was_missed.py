"""Give a place to every event that has none and knows no transaction. 10,000 rows a step.

Those were committed more than a day late, or while nobody gave places away. Safe to run again, and
beside a sequencer of the release before: it waits while a step lasts, so positions are committed in
their order.
"""

from django.db import migrations, transaction

ROWS_PER_STEP = 10_000

FIND = """
CREATE TEMPORARY TABLE missed AS
SELECT e.id FROM webhooks_event e
 WHERE e.transaction_id IS NULL
   AND NOT EXISTS (SELECT FROM realtime_feedentry f WHERE f.event_id = e.id)
"""
PLACE = """
WITH step AS (
    DELETE FROM missed WHERE id IN (SELECT id FROM missed ORDER BY id LIMIT %s) RETURNING id),
placed AS (
    INSERT INTO realtime_feedentry (event_id, merchant_id, livemode, created_at)
    SELECT e.id, e.merchant_id, e.livemode, clock_timestamp()
      FROM step JOIN webhooks_event e ON e.id = step.id
     ORDER BY e.id
        ON CONFLICT DO NOTHING)
SELECT count(*) FROM step
"""


def place(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(FIND)
        found = ROWS_PER_STEP
        while found == ROWS_PER_STEP:
            with transaction.atomic():
                cursor.execute("LOCK TABLE realtime_feedentry IN SHARE ROW EXCLUSIVE MODE")
                cursor.execute(PLACE, [ROWS_PER_STEP])
                (found,) = cursor.fetchone()
        cursor.execute("DROP TABLE missed")
        cursor.execute("RESET statement_timeout")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('realtime', '0002_sequencer_lease'),
        ('webhooks', '0005_events_know_their_transaction'),
    ]

    operations = [
        migrations.RunPython(place, migrations.RunPython.noop),
    ]
