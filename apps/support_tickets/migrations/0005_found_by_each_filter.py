"""The desk finds the few of many by each of its filters. Safe to run again; nothing waits for a
lock."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('support_tickets', '0004_first_service_levels'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(fields=['status', 'id'], name='desk_by_status'),
        ),
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(fields=['priority', 'id'], name='desk_by_priority'),
        ),
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(fields=['category', 'id'], name='desk_by_category'),
        ),
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(fields=['requester_kind', 'id'], name='desk_by_requester'),
        ),
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(condition=models.Q(('team__isnull', False)), fields=['team', 'id'], name='desk_by_team'),
        ),
        RemoveIndexConcurrently(
            model_name='ticket',
            name='ticket_of_team',
        ),
    ]
