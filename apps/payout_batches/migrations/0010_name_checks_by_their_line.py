"""A check's batch is its line's, which is held fast already: the second foreign key goes. No row is
read or written; can be run again. Both releases write the same rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('payout_batches', '0009_files_name_their_day'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payout_batches_namecheck'
            ' DROP CONSTRAINT IF EXISTS payout_batches_namec_batch_id_1060cdfc_fk_payout_ba',
            migrations.RunSQL.noop,
            state_operations=[
                migrations.AlterField(
                    model_name='namecheck',
                    name='batch',
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='name_checks',
                        to='payout_batches.payoutbatch',
                    ),
                ),
            ],
        ),
    ]
