"""Claims find what is due, not what waits. Built beside the traffic; safe to run again.

Until it is replaced, a worker of the release before claims more slowly.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


def index_of(fields, name, **condition):
    return [
        # An index whose building was interrupted is there, and is used by nobody.
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(
                name=name, fields=fields, condition=models.Q(status='pending', is_held=False, **condition)
            ),
        ),
    ]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('webhooks', '0007_queue_wait_and_life'),
    ]

    operations = [
        # It waits for long transactions, and makes nobody wait.
        migrations.RunSQL(
            ["SET lock_timeout = 0", "SET statement_timeout = 0"], migrations.RunSQL.noop
        ),
        *index_of(['endpoint', 'is_backlog', 'next_attempt_at'], 'delivery_queue', is_waiting=False),
        *index_of(['next_attempt_at'], 'delivery_wait', is_waiting=True),
        RemoveIndexConcurrently(model_name='delivery', name='delivery_due_by_endpoint'),
        migrations.RunSQL(
            ["RESET lock_timeout", "RESET statement_timeout"], migrations.RunSQL.noop
        ),
    ]
