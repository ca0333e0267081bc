from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # The index is built beside the traffic: nothing waits for a lock.
    atomic = False

    dependencies = [
        ('core', '0002_wider_idempotency_endpoint'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='outboxmessage',
            options={'verbose_name': 'outbox message', 'verbose_name_plural': 'outbox messages'},
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='needs_person_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='needs a person since'),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='available_at',
            field=models.DateTimeField(verbose_name='next try'),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='created_at',
            field=models.DateTimeField(verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='payload',
            field=models.JSONField(verbose_name='payload'),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='topic',
            field=models.CharField(max_length=64, verbose_name='topic'),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='tries',
            field=models.PositiveIntegerField(default=0, verbose_name='tries'),
        ),
        AddIndexConcurrently(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('needs_person_since__isnull', False)), fields=['needs_person_since'], name='outbox_needs_person'),
        ),
    ]
