"""A batch keeps the day on which its file asks to be paid. A null column is written to no row; can be
run again. Processes of the release before insert rows without it, and send as soon as approved."""

from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('payout_batches', '0008_approved_by_another'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payout_batches_payoutbatch ADD COLUMN IF NOT EXISTS execution_day date NULL',
            'ALTER TABLE payout_batches_payoutbatch DROP COLUMN IF EXISTS execution_day',
            state_operations=[
                migrations.AddField(
                    model_name='payoutbatch',
                    name='execution_day',
                    field=models.DateField(blank=True, null=True, verbose_name='day of the file'),
                ),
            ],
        ),
    ]
