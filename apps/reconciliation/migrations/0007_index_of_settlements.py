"""What else is in a settlement. Built while the table is in use; can be run again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0006_matching_passes'),
    ]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS statement_line_settlement", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name='statementline',
            index=models.Index(condition=models.Q(('settlement_reference', ''), _negated=True), fields=['settlement_reference'], name='statement_line_settlement'),
        ),
    ]
