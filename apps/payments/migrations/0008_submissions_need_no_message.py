"""Delete what is left of the outbox topic "payment.submit". Safe to re-run; 1,000 rows a batch.

A created attempt is its own queue now, so each of these messages is said twice. Old code may still
write some until the release is complete, which nobody reads: run it again then
(`manage.py migrate payments 0008`, then `migrate`).
"""

from django.db import migrations

BATCH = """
DELETE FROM core_outboxmessage
 WHERE id IN (SELECT id FROM core_outboxmessage WHERE topic = 'payment.submit' LIMIT 1000)
"""


def delete(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(BATCH)
        while cursor.rowcount:
            cursor.execute(BATCH)


class Migration(migrations.Migration):

    # Each batch commits by itself.
    atomic = False

    dependencies = [
        ('core', '0001_initial'),
        ('payments', '0007_attempts_due_by_account'),
    ]

    operations = [
        migrations.RunPython(delete, migrations.RunPython.noop),
    ]
