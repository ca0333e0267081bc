"""Staff find the few payments of a status, or of a reason, however many there are. Safe to run
again; nothing waits for a lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payments', '0018_by_hour_and_amount'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('failure_code', ''), _negated=True), fields=['failure_code', 'id'], name='payment_of_failure'),
        ),
        AddIndexConcurrently(
            model_name='paymentstate',
            index=models.Index(condition=models.Q(('status__in', ['pending', 'requires_action', 'succeeded']), _negated=True), fields=['status', 'payment_id'], name='payment_state_by_status'),
        ),
    ]
