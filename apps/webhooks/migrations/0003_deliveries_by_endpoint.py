"""Deliveries are claimed endpoint by endpoint. Built beside the traffic; can be run again.

Of the two foreign keys the index alone goes: Django would make their constraints anew, which reads
the whole table while nobody may write.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


def without_index(field, other, index):
    return migrations.RunSQL(
        f'DROP INDEX CONCURRENTLY IF EXISTS {index}',
        f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON webhooks_delivery ({field}_id)',
        state_operations=[
            migrations.AlterField(
                model_name='delivery',
                name=field,
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to=other),
            ),
        ],
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('webhooks', '0002_endpoint_rotation_and_pause'),
    ]

    operations = [
        # What takes over is there before what it replaces goes.
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['endpoint', 'next_attempt_at'], name='delivery_due_by_endpoint'),
        ),
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(fields=['endpoint', 'status', '-id'], name='delivery_by_endpoint'),
        ),
        RemoveIndexConcurrently(
            model_name='delivery',
            name='delivery_due',
        ),
        without_index('endpoint', 'webhooks.endpoint', 'webhooks_delivery_endpoint_id_6cbee67d'),
        without_index('event', 'webhooks.event', 'webhooks_delivery_event_id_b6f5af91'),
    ]
