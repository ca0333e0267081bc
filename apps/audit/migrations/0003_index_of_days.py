"""Built beside the traffic: nothing waits for a lock. Safe to run again after it was interrupted."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('audit', '0002_audit_append_only'),
    ]

    operations = [
        # An index whose building was interrupted is there, and is used by nobody.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS audit_created", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='auditentry',
            index=models.Index(fields=['created_at'], name='audit_created'),
        ),
    ]
