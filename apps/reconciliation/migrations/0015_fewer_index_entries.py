"""A line that has the provider's reference is found by it: only the others need ours in an index.

Built while the table is in use; can be run again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0014_index_of_written_off'),
    ]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS statement_line_our_ref", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name='statementline',
            index=models.Index(condition=models.Q(('provider_reference', ''), models.Q(('reference', ''), _negated=True)), fields=['reference'], name='statement_line_our_ref'),
        ),
        RemoveIndexConcurrently(
            model_name='statementline',
            name='statement_line_ref',
        ),
    ]
