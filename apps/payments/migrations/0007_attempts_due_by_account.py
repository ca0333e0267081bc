from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Built beside the traffic: nothing waits for a lock.
    atomic = False

    dependencies = [
        ('payments', '0006_status_change_once'),
        ('providers', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='attempt',
            name='failures',
            field=models.IntegerField(db_default=0, default=0, verbose_name='failures in a row'),
        ),
        AddIndexConcurrently(
            model_name='attempt',
            index=models.Index(condition=models.Q(('status', 'created')), fields=['provider_account', 'next_check_at'], name='attempt_due_to_send'),
        ),
        AddIndexConcurrently(
            model_name='attempt',
            index=models.Index(condition=models.Q(('status__in', ['created', 'succeeded', 'failed', 'not_sent']), _negated=True), fields=['provider_account', 'next_check_at'], name='attempt_due_to_ask'),
        ),
        RemoveIndexConcurrently(
            model_name='attempt',
            name='attempt_due',
        ),
    ]
