"""A refund says the fee that is held with it, the tax on it and the line of the plan that both are
by; those under way have none.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert rows without the columns: the database fills them.
"""

from django.db import migrations, models

WITHIN = 'refund_fee_and_tax_within_amount'


class Migration(migrations.Migration):

    # Each statement commits by itself: nothing stays locked while the rows are read.
    atomic = False

    dependencies = [
        ('refunds', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE refunds_refund ADD COLUMN IF NOT EXISTS fee bigint DEFAULT 0 NOT NULL CHECK (fee >= 0)',
            'ALTER TABLE refunds_refund DROP COLUMN IF EXISTS fee',
            state_operations=[
                migrations.AddField(
                    model_name='refund',
                    name='fee',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='fee'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE refunds_refund ADD COLUMN IF NOT EXISTS fee_tax bigint DEFAULT 0 NOT NULL CHECK (fee_tax >= 0)',
            'ALTER TABLE refunds_refund DROP COLUMN IF EXISTS fee_tax',
            state_operations=[
                migrations.AddField(
                    model_name='refund',
                    name='fee_tax',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='tax on the fee'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE refunds_refund ADD COLUMN IF NOT EXISTS fee_line_id uuid NULL',
            'ALTER TABLE refunds_refund DROP COLUMN IF EXISTS fee_line_id',
            state_operations=[
                migrations.AddField(
                    model_name='refund',
                    name='fee_line_id',
                    field=models.UUIDField(blank=True, null=True, verbose_name='line of the fee plan'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE refunds_refund DROP CONSTRAINT IF EXISTS {WITHIN}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE refunds_refund ADD CONSTRAINT {WITHIN} CHECK '
            '(fee >= 0 AND fee_tax >= 0 AND fee + fee_tax <= amount) NOT VALID',
            f'ALTER TABLE refunds_refund DROP CONSTRAINT IF EXISTS {WITHIN}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='refund',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ('amount__gte', models.F('fee') + models.F('fee_tax')),
                            ('fee__gte', 0),
                            ('fee_tax__gte', 0),
                        ),
                        name=WITHIN,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE refunds_refund VALIDATE CONSTRAINT {WITHIN}',
            migrations.RunSQL.noop,
        ),
    ]
