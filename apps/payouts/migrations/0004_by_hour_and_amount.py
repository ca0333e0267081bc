"""An agent finds it by about when and about how much. Built beside the traffic; can be run again."""

import django.db.models.expressions
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payouts', '0003_approval'),
    ]

    operations = [
        migrations.RunSQL(
            'DROP INDEX CONCURRENTLY IF EXISTS payout_by_hour_and_amount', migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name='payout',
            index=models.Index(
                django.db.models.expressions.Func(
                    'created_at',
                    template="date_bin('1 hour', %(expressions)s, '2000-01-01 00:00:00+00'::timestamptz)",
                ),
                models.F('amount'),
                name='payout_by_hour_and_amount',
            ),
        ),
    ]
