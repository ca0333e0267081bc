"""What was written off or corrected of an account, for the reports that come later. Beside the traffic; can
be run again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0013_corrected_discrepancies'),
    ]

    operations = [
        migrations.RunSQL(
            'DROP INDEX CONCURRENTLY IF EXISTS discrepancy_written_off', migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(
                condition=models.Q(('status__in', ('written_off', 'corrected'))),
                fields=['provider_account'],
                name='discrepancy_written_off',
            ),
        ),
    ]
