"""A line says the fee that is held with it, the tax on it and the line of the plan that both are by;
those of before have none. Its sums are read of one index still.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert rows without the columns: the database fills them.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

WITHIN = 'payout_line_fee_within_amount'


class Migration(migrations.Migration):

    # Each statement commits by itself: nothing stays locked while the rows are read.
    atomic = False

    dependencies = [
        ('payout_batches', '0004_initials_are_erased'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payout_batches_payoutbatchline ADD COLUMN IF NOT EXISTS fee bigint DEFAULT 0 NOT NULL CHECK (fee >= 0)',
            'ALTER TABLE payout_batches_payoutbatchline DROP COLUMN IF EXISTS fee',
            state_operations=[
                migrations.AddField(
                    model_name='payoutbatchline',
                    name='fee',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='fee'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE payout_batches_payoutbatchline ADD COLUMN IF NOT EXISTS fee_tax bigint DEFAULT 0 NOT NULL CHECK (fee_tax >= 0)',
            'ALTER TABLE payout_batches_payoutbatchline DROP COLUMN IF EXISTS fee_tax',
            state_operations=[
                migrations.AddField(
                    model_name='payoutbatchline',
                    name='fee_tax',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='tax on the fee'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE payout_batches_payoutbatchline ADD COLUMN IF NOT EXISTS fee_line_id uuid NULL',
            'ALTER TABLE payout_batches_payoutbatchline DROP COLUMN IF EXISTS fee_line_id',
            state_operations=[
                migrations.AddField(
                    model_name='payoutbatchline',
                    name='fee_line_id',
                    field=models.UUIDField(blank=True, null=True, verbose_name='line of the fee plan'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payout_batches_payoutbatchline DROP CONSTRAINT IF EXISTS {WITHIN}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE payout_batches_payoutbatchline ADD CONSTRAINT {WITHIN} CHECK '
            '(fee >= 0 AND fee_tax >= 0 AND fee + fee_tax <= amount OR fee = 0 AND fee_tax = 0) NOT VALID',
            f'ALTER TABLE payout_batches_payoutbatchline DROP CONSTRAINT IF EXISTS {WITHIN}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='payoutbatchline',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ('amount__gte', models.F('fee') + models.F('fee_tax')),
                                ('fee__gte', 0),
                                ('fee_tax__gte', 0),
                            ),
                            models.Q(('fee', 0), ('fee_tax', 0)),
                            _connector='OR',
                        ),
                        name=WITHIN,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payout_batches_payoutbatchline VALIDATE CONSTRAINT {WITHIN}',
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name='payoutbatchline',
            index=models.Index(fields=['batch', 'status', 'number'], include=('amount', 'fee', 'fee_tax'), name='payout_line_of_status'),
        ),
        # The new one has all that this one has.
        RemoveIndexConcurrently(model_name='payoutbatchline', name='payout_line_by_status'),
    ]
