"""Rules ask who made an act. A process of the release before inserts rows without the column: the
database fills it. Can be run again."""

from django.db import migrations, models

RULE = 'approvals_approvalrule'


class Migration(migrations.Migration):

    # The statement commits by itself.
    atomic = False

    dependencies = [
        ('approvals', '0006_sums_over_time'),
    ]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {RULE} ADD COLUMN IF NOT EXISTS makers jsonb DEFAULT '[]'::jsonb NOT NULL",
            f'ALTER TABLE {RULE} DROP COLUMN IF EXISTS makers',
            state_operations=[
                migrations.AddField(
                    model_name='approvalrule',
                    name='makers',
                    field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list, verbose_name='made by'),
                ),
            ],
        ),
    ]
