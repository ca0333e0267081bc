"""Fill the covered days of statements imported before. Safe to run again.

Statements are few, one a day and account: one statement each. Their lines keep what they were
matched with; reports that come from now on are compared with them.
"""

from django.db import migrations

DAYS = """
INSERT INTO reconciliation_statementday (id, provider_account_id, day, statement_id, is_whole)
SELECT gen_random_uuid(), s.provider_account_id, s.day, s.id,
       s.created_at >= ((s.day + 1)::timestamp AT TIME ZONE a.timezone)
  FROM reconciliation_statement s
  JOIN providers_provideraccount a ON a.id = s.provider_account_id
    ON CONFLICT (provider_account_id, day, statement_id) DO NOTHING
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("reconciliation", "0003_one_open_discrepancy"),
    ]

    operations = [
        migrations.RunSQL(DAYS, migrations.RunSQL.noop),
    ]
