"""What providers take is counted with an hour; hours of before are counted again in the background.

A column without a default is written to no row. Safe to run again after it was interrupted.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('fees', '0005_contracts_of_providers'),
        ('reporting', '0005_what_roles_show'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE reporting_hourcell ADD COLUMN IF NOT EXISTS costs bigint NULL',
            'ALTER TABLE reporting_hourcell DROP COLUMN IF EXISTS costs',
            state_operations=[
                migrations.AddField(
                    model_name='hourcell',
                    name='costs',
                    field=models.BigIntegerField(null=True),
                ),
            ],
        ),
        AddIndexConcurrently(
            model_name='hourcell',
            index=models.Index(
                condition=models.Q(('costs__isnull', True)),
                fields=['hour'],
                name='report_cell_without_costs',
            ),
        ),
    ]
