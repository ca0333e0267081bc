"""Built beside the traffic: nothing waits for a lock. Safe to run again after it was interrupted."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def index_of(side, name):
    return [
        # An index whose building was interrupted is there, and is used by nobody.
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(fields=[side, 'database_transaction'], include=('amount',), name=name),
        ),
    ]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0002_transfer_database_transaction'),
    ]

    operations = [
        # It waits for long transactions, and makes nobody wait.
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        *index_of('from_account', 'transfer_out_by_transaction'),
        *index_of('to_account', 'transfer_in_by_transaction'),
        migrations.RunSQL("RESET lock_timeout", migrations.RunSQL.noop),
    ]
