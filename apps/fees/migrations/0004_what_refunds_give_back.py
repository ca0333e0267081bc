"""A version says what refunds give back of the fees that are charged by it; those of before: nothing.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert rows without the column: the database fills it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('fees', '0003_fees_of_what_leaves'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE fees_feeplanversion ADD COLUMN IF NOT EXISTS fee_return varchar(12) DEFAULT 'none' NOT NULL",
            'ALTER TABLE fees_feeplanversion DROP COLUMN IF EXISTS fee_return',
            state_operations=[
                migrations.AddField(
                    model_name='feeplanversion',
                    name='fee_return',
                    field=models.CharField(
                        choices=[
                            ('none', 'nothing'),
                            ('proportional', 'the same share as of the amount'),
                            ('full', 'all of it, once all of the payment is refunded'),
                        ],
                        db_default='none',
                        default='none',
                        max_length=12,
                        verbose_name='refunds give back of the fee',
                    ),
                ),
            ],
        ),
    ]
