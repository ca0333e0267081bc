"""What a contract is for: of those of before, collecting."""

import django.contrib.postgres.fields
from django.db import migrations, models

import apps.providers.models

OPERATIONS = [('collect', 'collect'), ('refund', 'refund'), ('disburse', 'disburse')]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('providers', '0005_callbacks_by_account'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE providers_provideraccount ADD COLUMN IF NOT EXISTS operations"
            " varchar(12)[] DEFAULT '{collect}' NOT NULL;",
            'ALTER TABLE providers_provideraccount DROP COLUMN IF EXISTS operations',
            state_operations=[
                migrations.AddField(
                    model_name='provideraccount',
                    name='operations',
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=OPERATIONS, max_length=12),
                        db_default=['collect'],
                        default=apps.providers.models.collects_only,
                        size=None,
                        verbose_name='operations',
                    ),
                ),
            ],
        ),
    ]
