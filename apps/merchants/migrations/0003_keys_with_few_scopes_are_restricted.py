"""Keys made with few scopes become restricted keys: a secret key holds every scope, later ones too.

One statement over a small table. Safe to re-run.
"""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("merchants", "0002_members_and_key_rotation")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE merchants_apikey SET kind = 'restricted'
             WHERE NOT scopes::text[]
                   @> ARRAY['payments:read', 'payments:write', 'balance:read']
            """,
            migrations.RunSQL.noop,
        ),
        # Ends long past are no news.
        migrations.RunSQL(
            "UPDATE merchants_apikey SET end_told_at = expires_at WHERE expires_at <= now()",
            migrations.RunSQL.noop,
        ),
    ]
