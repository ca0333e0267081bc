"""Built beside the traffic: nothing waits for a lock. Can be run again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('webhooks', '0003_deliveries_by_endpoint'),
    ]

    operations = [
        migrations.AddField(
            model_name='endpoint',
            name='subscribed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(condition=models.Q(('type', 'payment.created'), _negated=True), fields=['merchant', 'livemode', 'type', '-id'], name='event_by_type'),
        ),
    ]
