"""What was given back of a payment stands in it, and is never more than was collected.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert payments without the column: the database fills it.
"""

from django.db import migrations, models
from django.db.models.functions import Coalesce

WITHIN = 'payment_refunded_within_received'


class Migration(migrations.Migration):

    # Each statement commits by itself: nothing stays locked while the rows are read.
    atomic = False

    dependencies = [
        ('payments', '0013_attempts_leave'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payments_payment ADD COLUMN IF NOT EXISTS amount_refunded bigint DEFAULT 0 NOT NULL',
            'ALTER TABLE payments_payment DROP COLUMN IF EXISTS amount_refunded',
            state_operations=[
                migrations.AddField(
                    model_name='payment',
                    name='amount_refunded',
                    field=models.BigIntegerField(db_default=0, default=0, verbose_name='refunded'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payments_payment DROP CONSTRAINT IF EXISTS {WITHIN}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE payments_payment ADD CONSTRAINT {WITHIN} CHECK '
            '(amount_refunded >= 0 AND amount_refunded <= COALESCE(amount_received, amount)) NOT VALID',
            f'ALTER TABLE payments_payment DROP CONSTRAINT IF EXISTS {WITHIN}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='payment',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ('amount_refunded__gte', 0),
                            ('amount_refunded__lte', Coalesce('amount_received', 'amount')),
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
    ]
