"""Attempts say what they move. Safe to run again; 1,000 rows a batch, each with its own commit.

A process of the release before still writes attempts that do not: of these the owner's is read.
"""

from django.db import migrations

NOBODY = "00000000-0000-0000-0000-000000000000"

# Of one that was booked with another amount than was asked, what it moved.
BATCH = """
WITH batch AS (
    SELECT id FROM payments_attempt WHERE id > %s ORDER BY id LIMIT 1000
), filled AS (
    UPDATE payments_attempt a
       SET currency = p.currency,
           amount = CASE WHEN a.status = 'succeeded' THEN COALESCE(p.amount_received, p.amount)
                         ELSE p.amount END
      FROM payments_payment p
     WHERE a.id IN (SELECT id FROM batch) AND p.id = a.payment_id AND a.amount IS NULL
)
SELECT max(id::text) FROM batch
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        last = NOBODY
        while last:
            cursor.execute(BATCH, [last])
            (last,) = cursor.fetchone()


class Migration(migrations.Migration):

    # Each batch commits by itself.
    atomic = False

    dependencies = [
        ('orchestration', '0001_attempts_come'),
        ('payments', '0013_attempts_leave'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
