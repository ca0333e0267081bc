"""Booked per instruction: the same attempt never twice, another one of the same source may.

Transfers of before are not touched; they have no attempt. Safe to run again after it was
interrupted.
"""

from django.db import migrations, models

NEW = 'transfer_once_each'


def drop_what_is_not_valid(apps, schema_editor):
    """What an interrupted build left would be in the way."""
    schema_editor.drop_invalid_index(NEW)


class Migration(migrations.Migration):

    # Built beside the traffic: nothing waits for a lock.
    atomic = False

    dependencies = [
        ('ledger', '0005_fewer_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='transfer',
            name='attempt_id',
            field=models.UUIDField(blank=True, null=True, verbose_name='attempt'),
        ),
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('provider_clearing', 'provider clearing'), ('merchant_payable', 'merchant payable'), ('merchant_held', 'merchant held'), ('fee_revenue', 'fee revenue')], max_length=24, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('gross', 'gross'), ('fee', 'fee'), ('refund_held', 'refund held'), ('refund_returned', 'refund returned'), ('refund_sent', 'refund sent'), ('payout_held', 'payout held'), ('payout_returned', 'payout returned'), ('payout_sent', 'payout sent')], max_length=16, verbose_name='kind'),
        ),
        migrations.RunPython(drop_what_is_not_valid, migrations.RunPython.noop),
        migrations.RunSQL(
            f'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {NEW} ON ledger_transfer '
            '(source_id, kind, attempt_id) NULLS NOT DISTINCT',
            f'DROP INDEX CONCURRENTLY IF EXISTS {NEW}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='transfer',
                    constraint=models.UniqueConstraint(
                        fields=('source_id', 'kind', 'attempt_id'),
                        name=NEW,
                        nulls_distinct=False,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE ledger_transfer DROP CONSTRAINT IF EXISTS transfer_once',
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint(model_name='transfer', name='transfer_once'),
            ],
        ),
    ]
