"""A unique number for each move. Its index begins with the payment and so replaces the old one.

Rows without a number never collide. Safe to run again after it was interrupted.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

OLD_INDEX = 'payments_statuschange_payment_id_38548efb'


class Migration(migrations.Migration):

    # Built beside the traffic: nothing waits for a lock.
    atomic = False

    dependencies = [
        ('payments', '0005_numbered_history'),
    ]

    operations = [
        # It waits for whoever reads or writes already, for as long as they take.
        migrations.RunSQL('SET lock_timeout = 0', 'SET lock_timeout = 0'),
        # What an interrupted build left is not valid and would be in the way.
        migrations.RunSQL(
            'DROP INDEX CONCURRENTLY IF EXISTS status_change_once',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            'CREATE UNIQUE INDEX CONCURRENTLY status_change_once ON payments_statuschange '
            '(payment_id, (COALESCE(attempt_id, payment_id)), sequence)',
            'DROP INDEX CONCURRENTLY IF EXISTS status_change_once',
            state_operations=[
                migrations.AddConstraint(
                    model_name='statuschange',
                    constraint=models.UniqueConstraint(
                        models.F('payment'),
                        django.db.models.functions.comparison.Coalesce('attempt_id', 'payment_id'),
                        models.F('sequence'),
                        name='status_change_once',
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'DROP INDEX CONCURRENTLY IF EXISTS {OLD_INDEX}',
            f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {OLD_INDEX} ON payments_statuschange (payment_id)',
            state_operations=[
                migrations.AlterField(
                    model_name='statuschange',
                    name='payment',
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='history',
                        to='payments.payment',
                    ),
                ),
            ],
        ),
        migrations.RunSQL('RESET lock_timeout', 'RESET lock_timeout'),
    ]
