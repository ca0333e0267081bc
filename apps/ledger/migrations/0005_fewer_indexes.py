"""Indexes that nobody reads, or that another one begins with, go. Beside the traffic; can be run
again. Processes of the release before list movements more slowly until they are replaced.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0004_snapshots_by_transaction'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'fee')), fields=['from_account', 'created_at'], name='transfer_fee_out'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'gross')), fields=['to_account', 'created_at'], name='transfer_gross_in'),
        ),
        RemoveIndexConcurrently(model_name='transfer', name='transfer_out'),
        RemoveIndexConcurrently(model_name='transfer', name='transfer_in'),
        migrations.RunSQL(
            'DROP INDEX CONCURRENTLY IF EXISTS ledger_snapshot_account_id_e9fe02d5',
            'CREATE INDEX CONCURRENTLY IF NOT EXISTS ledger_snapshot_account_id_e9fe02d5 ON ledger_snapshot (account_id)',
            state_operations=[
                migrations.AlterField(
                    model_name='balancesnapshot',
                    name='account',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='ledger.account'),
                ),
            ],
        ),
        # Only inserted into: read without the rows as soon as a twentieth is new.
        migrations.RunSQL(
            'ALTER TABLE ledger_transfer SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)',
            'ALTER TABLE ledger_transfer RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor)',
        ),
    ]
