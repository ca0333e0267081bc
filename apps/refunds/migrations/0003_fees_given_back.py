"""A refund says what it gave back of the fee of its payment, and of the tax on it; those of before gave
nothing.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert rows without the columns: the database fills them.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('refunds', '0002_fee_by_plan'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE refunds_refund ADD COLUMN IF NOT EXISTS fee_returned bigint DEFAULT 0 NOT NULL CHECK (fee_returned >= 0)',
            'ALTER TABLE refunds_refund DROP COLUMN IF EXISTS fee_returned',
            state_operations=[
                migrations.AddField(
                    model_name='refund',
                    name='fee_returned',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='fee given back'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE refunds_refund ADD COLUMN IF NOT EXISTS fee_tax_returned bigint DEFAULT 0 NOT NULL CHECK (fee_tax_returned >= 0)',
            'ALTER TABLE refunds_refund DROP COLUMN IF EXISTS fee_tax_returned',
            state_operations=[
                migrations.AddField(
                    model_name='refund',
                    name='fee_tax_returned',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='tax on the fee given back'),
                ),
            ],
        ),
    ]
