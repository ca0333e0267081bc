"""A line says by which price list its fee is, and for what: null on those of before, which are priced
when their batch is submitted.

A null column is written to no row; safe to run again after it was interrupted. Processes of the
release before insert rows without it, and what they change of a line that has it no longer agrees
with it, so that it is priced anew.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('payout_batches', '0006_all_who_corrected'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payout_batches_payoutbatchline ADD COLUMN IF NOT EXISTS priced_as bytea NULL',
            'ALTER TABLE payout_batches_payoutbatchline DROP COLUMN IF EXISTS priced_as',
            state_operations=[
                migrations.AddField(
                    model_name='payoutbatchline',
                    name='priced_as',
                    field=models.BinaryField(max_length=8, null=True),
                ),
            ],
        ),
    ]
