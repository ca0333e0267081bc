"""A payout says the fee that is held with it, the tax on it and the line of the plan that both are
by; those under way have none.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert rows without the columns: the database fills them.
"""

from django.db import migrations, models

WITHIN = 'payout_fee_and_tax_within_amount'
EXEMPT = 'payout_exempt_without_fee'


class Migration(migrations.Migration):

    # Each statement commits by itself: nothing stays locked while the rows are read.
    atomic = False

    dependencies = [
        ('payouts', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payouts_payout ADD COLUMN IF NOT EXISTS fee bigint DEFAULT 0 NOT NULL CHECK (fee >= 0)',
            'ALTER TABLE payouts_payout DROP COLUMN IF EXISTS fee',
            state_operations=[
                migrations.AddField(
                    model_name='payout',
                    name='fee',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='fee'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE payouts_payout ADD COLUMN IF NOT EXISTS fee_tax bigint DEFAULT 0 NOT NULL CHECK (fee_tax >= 0)',
            'ALTER TABLE payouts_payout DROP COLUMN IF EXISTS fee_tax',
            state_operations=[
                migrations.AddField(
                    model_name='payout',
                    name='fee_tax',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='tax on the fee'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE payouts_payout ADD COLUMN IF NOT EXISTS fee_line_id uuid NULL',
            'ALTER TABLE payouts_payout DROP COLUMN IF EXISTS fee_line_id',
            state_operations=[
                migrations.AddField(
                    model_name='payout',
                    name='fee_line_id',
                    field=models.UUIDField(blank=True, null=True, verbose_name='line of the fee plan'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payouts_payout DROP CONSTRAINT IF EXISTS {WITHIN}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE payouts_payout ADD CONSTRAINT {WITHIN} CHECK '
            '(fee >= 0 AND fee_tax >= 0 AND fee + fee_tax <= amount) NOT VALID',
            f'ALTER TABLE payouts_payout DROP CONSTRAINT IF EXISTS {WITHIN}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='payout',
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
            f'ALTER TABLE payouts_payout VALIDATE CONSTRAINT {WITHIN}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            'ALTER TABLE payouts_payout ADD COLUMN IF NOT EXISTS is_fee_exempt boolean DEFAULT false NOT NULL',
            'ALTER TABLE payouts_payout DROP COLUMN IF EXISTS is_fee_exempt',
            state_operations=[
                migrations.AddField(
                    model_name='payout',
                    name='is_fee_exempt',
                    field=models.BooleanField(db_default=False, default=False, verbose_name='free of fees'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payouts_payout DROP CONSTRAINT IF EXISTS {EXEMPT}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE payouts_payout ADD CONSTRAINT {EXEMPT} CHECK '
            '(NOT is_fee_exempt OR fee = 0 AND fee_tax = 0) NOT VALID',
            f'ALTER TABLE payouts_payout DROP CONSTRAINT IF EXISTS {EXEMPT}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='payout',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ('is_fee_exempt', False),
                            models.Q(('fee', 0), ('fee_tax', 0)),
                            _connector='OR',
                        ),
                        name=EXEMPT,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payouts_payout VALIDATE CONSTRAINT {EXEMPT}',
            migrations.RunSQL.noop,
        ),
    ]
