"""A secret key held every scope there is; from now on it holds those written in its row.

Rows of keys made before a scope existed do not name it. Whoever has such a key has used it for
payments, events, webhooks and keys, so these are written down; refunds and payouts, which came
later, stay with the keys that were made with them. One statement over a small table. Safe to
re-run: no secret key has fewer.
"""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("merchants", "0006_what_applications_made")]

    operations = [
        migrations.RunSQL(
            """
            WITH held AS (
                SELECT ARRAY['api_keys:read', 'api_keys:write', 'balance:read', 'events:read',
                             'payments:read', 'payments:write', 'webhooks:read',
                             'webhooks:write'] AS scopes
            )
            UPDATE merchants_apikey k
               SET scopes = ARRAY(SELECT unnest(k.scopes::text[]) UNION SELECT unnest(held.scopes)
                                   ORDER BY 1)
              FROM held
             WHERE k.kind = 'secret' AND NOT k.scopes::text[] @> held.scopes
            """,
            migrations.RunSQL.noop,
        ),
    ]
