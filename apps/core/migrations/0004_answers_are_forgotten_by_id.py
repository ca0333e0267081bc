"""Old answers are found by their ids. Dropped beside the traffic; safe to run again."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('core', '0003_outbox_message_needs_person'),
    ]

    operations = [
        # It waits for long transactions, and makes nobody wait.
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        RemoveIndexConcurrently(
            model_name='idempotencyrecord',
            name='idempotency_by_age',
        ),
        migrations.RunSQL("RESET lock_timeout", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='idempotencyrecord',
            name='id',
            field=models.UUIDField(editable=False, primary_key=True, serialize=False),
        ),
    ]
