"""What is disputed of a payment stands in it; with what was given back it is never more than was
collected.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert payments without the column: the database fills it.
"""

from django.db import migrations, models
from django.db.models.functions import Coalesce

WITHIN = 'payment_disputed_within_left'


class Migration(migrations.Migration):

    # Each statement commits by itself: nothing stays locked while the rows are read.
    atomic = False

    dependencies = [
        ('payments', '0014_amount_refunded'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payments_payment ADD COLUMN IF NOT EXISTS amount_disputed bigint DEFAULT 0 NOT NULL',
            'ALTER TABLE payments_payment DROP COLUMN IF EXISTS amount_disputed',
            state_operations=[
                migrations.AddField(
                    model_name='payment',
                    name='amount_disputed',
                    field=models.BigIntegerField(db_default=0, default=0, verbose_name='disputed'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payments_payment DROP CONSTRAINT IF EXISTS {WITHIN}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE payments_payment ADD CONSTRAINT {WITHIN} CHECK '
            '(amount_disputed >= 0 AND amount_disputed <= COALESCE(amount_received, amount) - amount_refunded) NOT VALID',
            f'ALTER TABLE payments_payment DROP CONSTRAINT IF EXISTS {WITHIN}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='payment',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ('amount_disputed__gte', 0),
                            ('amount_disputed__lte', Coalesce('amount_received', 'amount') - models.F('amount_refunded')),
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
