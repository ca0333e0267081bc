"""payee_blocked was said of our own account: it is merchant_account_blocked. Safe to re-run; 1,000
rows a batch. Bodies of events are frozen and keep the old word.
"""

from django.db import migrations

NOBODY = "00000000-0000-0000-0000-000000000000"
TABLES = ("payments_payment", "payments_attempt")

BATCH = """
WITH batch AS (
    SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT 1000
), renamed AS (
    UPDATE {table} SET failure_code = 'merchant_account_blocked'
     WHERE id IN (SELECT id FROM batch) AND failure_code = 'payee_blocked'
)
SELECT max(id::text) FROM batch
"""


def rename(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            last = NOBODY
            while last:
                cursor.execute(BATCH.format(table=table), [last])
                (last,) = cursor.fetchone()


class Migration(migrations.Migration):

    # Each batch commits by itself.
    atomic = False

    dependencies = [
        ('payments', '0010_encrypted_by_name'),
    ]

    operations = [
        migrations.RunPython(rename, migrations.RunPython.noop),
    ]
