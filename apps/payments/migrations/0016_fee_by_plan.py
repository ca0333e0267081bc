"""A payment says the tax on its fee and the line of the plan that both are by; with the tax, the fee
is never more than the amount.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert payments without the columns: the database fills them.
"""

from django.db import migrations, models

WITHIN = 'payment_fee_and_tax_within_amount'
BEFORE = 'payment_fee_within_amount'


class Migration(migrations.Migration):

    # Each statement commits by itself: nothing stays locked while the rows are read.
    atomic = False

    dependencies = [
        ('payments', '0015_amount_disputed'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payments_payment ADD COLUMN IF NOT EXISTS fee_tax bigint DEFAULT 0 NOT NULL CHECK (fee_tax >= 0)',
            'ALTER TABLE payments_payment DROP COLUMN IF EXISTS fee_tax',
            state_operations=[
                migrations.AddField(
                    model_name='payment',
                    name='fee_tax',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='tax on the fee'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE payments_payment ADD COLUMN IF NOT EXISTS fee_line_id uuid NULL',
            'ALTER TABLE payments_payment DROP COLUMN IF EXISTS fee_line_id',
            state_operations=[
                migrations.AddField(
                    model_name='payment',
                    name='fee_line_id',
                    field=models.UUIDField(blank=True, null=True, verbose_name='line of the fee plan'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payments_payment DROP CONSTRAINT IF EXISTS {WITHIN}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE payments_payment ADD CONSTRAINT {WITHIN} CHECK '
            '(fee >= 0 AND fee_tax >= 0 AND fee + fee_tax <= amount) NOT VALID',
            f'ALTER TABLE payments_payment DROP CONSTRAINT IF EXISTS {WITHIN}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='payment',
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
            f'ALTER TABLE payments_payment VALIDATE CONSTRAINT {WITHIN}',
            migrations.RunSQL.noop,
        ),
        # The new one says more.
        migrations.RunSQL(
            f'ALTER TABLE payments_payment DROP CONSTRAINT IF EXISTS {BEFORE}',
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint(model_name='payment', name=BEFORE),
            ],
        ),
    ]
