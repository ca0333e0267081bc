"""Make the payments of before searchable by their metadata. Safe to re-run; 1,000 rows a batch.

Old code writes payments without entries until the release is complete: run it again then
(`manage.py migrate payments 0002`, then `migrate`).
"""

from django.db import migrations

NOBODY = "00000000-0000-0000-0000-000000000000"

# The token of metadata_search.token_of: the first 64 bits of a SHA-256.
BATCH = """
WITH batch AS (
    SELECT id, merchant_id, livemode, metadata FROM payments_payment
     WHERE id > %s AND metadata <> '{}' ORDER BY id LIMIT 1000
), filled AS (
    INSERT INTO payments_metadataentry (token, payment_id)
    SELECT ('x' || substr(encode(sha256(convert_to(
               merchant_id::text || ':' || CASE WHEN livemode THEN 'live' ELSE 'test' END
               || ':' || entry.key || '=' || entry.value, 'UTF8')), 'hex'), 1, 16)
           )::bit(64)::bigint, id
      FROM batch CROSS JOIN jsonb_each_text(metadata) entry
    ON CONFLICT DO NOTHING
)
SELECT id FROM batch ORDER BY id DESC LIMIT 1
"""


def fill(apps, schema_editor):
    last = NOBODY
    with schema_editor.connection.cursor() as cursor:
        while last:
            cursor.execute(BATCH, [last])
            row = cursor.fetchone()
            last = row and row[0]


class Migration(migrations.Migration):

    # Each batch commits by itself.
    atomic = False

    dependencies = [
        ('payments', '0002_metadata_entries'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
