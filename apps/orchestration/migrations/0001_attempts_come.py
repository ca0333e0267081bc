"""The engine takes over attempts and the history of moves, which know their owner by type and id.

The tables stay where they are, under their names, with their rows, indexes and triggers: only the
models move, and staff's permissions with them. No row is read or written: a process of the release
before goes on with them.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

import apps.core.public_ids

MODELS = ("attempt", "statuschange", "dueattempt")


def take_permissions(apps, schema_editor):
    """The kinds of content change their app in place, and permissions and groups go along."""
    content_types = apps.get_model("contenttypes", "ContentType").objects
    taken = content_types.filter(app_label="orchestration").values("model")
    content_types.filter(app_label="payments", model__in=MODELS).exclude(
        model__in=taken
    ).update(app_label="orchestration")


def add_column(table, column, definition):
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {definition};",
        f"ALTER TABLE {table} DROP COLUMN IF EXISTS {column}",
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('payments', '0012_what_changes_stands_apart'),
        ('providers', '0004_fingerprint_kept'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                add_column('payments_attempt', 'owner_type', "varchar(12) DEFAULT 'payment' NOT NULL"),
                add_column('payments_attempt', 'amount', 'bigint NULL'),
                add_column('payments_attempt', 'currency', "varchar(3) DEFAULT '' NOT NULL"),
                add_column('payments_statuschange', 'owner_type', "varchar(12) DEFAULT 'payment' NOT NULL"),
                # What an attempt is for may be in another table. The checker of the books looks.
                migrations.RunSQL(
                    'ALTER TABLE payments_attempt DROP CONSTRAINT IF EXISTS'
                    ' payments_attempt_payment_id_a18ea4ce_fk_payments_payment_id',
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    'ALTER TABLE payments_statuschange DROP CONSTRAINT IF EXISTS'
                    ' payments_statuschang_payment_id_38548efb_fk_payments_',
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='DueAttempt',
                    fields=[
                        ('pk', models.CompositePrimaryKey('is_sent', 'provider_account_id', 'next_check_at', 'attempt_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('is_sent', models.BooleanField()),
                        ('provider_account_id', models.UUIDField()),
                        ('next_check_at', models.DateTimeField()),
                        ('attempt_id', models.UUIDField()),
                    ],
                    options={
                        'db_table': 'payments_dueattempt',
                    },
                ),
                migrations.CreateModel(
                    name='Attempt',
                    fields=[
                        ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                        ('owner_type', models.CharField(db_default='payment', default='payment', max_length=12)),
                        ('owner_id', models.UUIDField(db_column='payment_id')),
                        ('operation', models.CharField(choices=[('collect', 'collect'), ('refund', 'refund'), ('disburse', 'disburse')], db_column='kind', default='collect', max_length=12, verbose_name='operation')),
                        ('amount', models.BigIntegerField(null=True, verbose_name='amount')),
                        ('currency', models.CharField(db_default='', default='', max_length=3, verbose_name='currency')),
                        ('reference', models.UUIDField(verbose_name='our reference')),
                        ('statement_reference', models.CharField(max_length=64, verbose_name='statement reference')),
                        ('provider_reference', models.CharField(blank=True, default='', max_length=64, verbose_name="provider's reference")),
                        ('connector_state_encrypted', models.BinaryField(blank=True, db_column='memory_sealed', null=True)),
                        ('credentials_fingerprint', models.BinaryField(blank=True, max_length=8, null=True)),
                        ('status', models.CharField(choices=[('created', 'created'), ('submitted', 'submitted'), ('pending', 'pending'), ('requires_action', 'requires action'), ('authorized', 'authorized'), ('unknown', 'unknown'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('not_sent', 'not sent')], max_length=16, verbose_name='status')),
                        ('spent_id', models.UUIDField(blank=True, editable=False, null=True)),
                        ('sequence', models.IntegerField(db_default=0, default=0)),
                        ('failure_code', models.CharField(blank=True, default='', max_length=40, verbose_name='failure')),
                        ('raw', models.JSONField(blank=True, default=dict, verbose_name='raw answer')),
                        ('contradiction', models.CharField(blank=True, default='', max_length=200, verbose_name='contradiction')),
                        ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='submitted')),
                        ('repeats', models.IntegerField(db_default=0, default=0, verbose_name='repeats')),
                        ('checks', models.PositiveIntegerField(default=0, verbose_name='checks')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next check')),
                        ('failures', models.IntegerField(db_default=0, default=0, verbose_name='failures in a row')),
                        ('needs_person', models.BooleanField(default=False, verbose_name='needs a person')),
                        ('created_at', models.DateTimeField(verbose_name='created')),
                        ('completed_at', models.DateTimeField(blank=True, null=True, verbose_name='completed')),
                        ('provider_account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='providers.provideraccount')),
                    ],
                    options={
                        'verbose_name': 'attempt',
                        'verbose_name_plural': 'attempts',
                        'db_table': 'payments_attempt',
                    },
                ),
                migrations.CreateModel(
                    name='StatusChange',
                    fields=[
                        ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                        ('owner_type', models.CharField(db_default='payment', default='payment', max_length=12)),
                        ('owner_id', models.UUIDField(db_column='payment_id')),
                        ('sequence', models.IntegerField(null=True)),
                        ('from_status', models.CharField(blank=True, default='', max_length=16)),
                        ('to_status', models.CharField(max_length=16)),
                        ('source', models.CharField(choices=[('api', 'API'), ('worker', 'worker'), ('callback', 'callback'), ('poll', 'poll'), ('statement', 'statement'), ('staff', 'staff'), ('clock', 'clock')], max_length=12)),
                        ('detail', models.CharField(blank=True, default='', max_length=200)),
                        ('created_at', models.DateTimeField()),
                        ('attempt', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='orchestration.attempt')),
                    ],
                    options={
                        'verbose_name': 'status change',
                        'verbose_name_plural': 'status changes',
                        'db_table': 'payments_statuschange',
                    },
                ),
                migrations.AddIndex(
                    model_name='attempt',
                    index=models.Index(fields=['provider_account', 'statement_reference'], name='attempt_statement'),
                ),
                migrations.AddIndex(
                    model_name='attempt',
                    index=models.Index(condition=models.Q(('completed_at__isnull', False)), fields=['provider_account', 'completed_at'], name='attempt_ended'),
                ),
                migrations.AddIndex(
                    model_name='attempt',
                    index=models.Index(condition=models.Q(('provider_reference', ''), _negated=True), fields=['provider_account', 'provider_reference'], name='attempt_provider_ref'),
                ),
                migrations.AddConstraint(
                    model_name='attempt',
                    constraint=models.UniqueConstraint(fields=('reference',), name='attempt_unique_reference'),
                ),
                migrations.AddConstraint(
                    model_name='attempt',
                    constraint=models.CheckConstraint(condition=models.Q(('status__in', ['succeeded', 'failed', 'not_sent']), ('next_check_at__isnull', False), _connector='OR'), name='attempt_open_has_next_check'),
                ),
                migrations.AddConstraint(
                    model_name='attempt',
                    constraint=models.UniqueConstraint(fields=('owner_id', 'spent_id'), name='attempt_one_unspent', nulls_distinct=False),
                ),
                migrations.AddConstraint(
                    model_name='statuschange',
                    constraint=models.UniqueConstraint(models.F('owner_id'), django.db.models.functions.comparison.Coalesce('attempt_id', 'owner_id'), models.F('sequence'), name='status_change_once'),
                ),
            ],
        ),
        migrations.RunPython(take_permissions, migrations.RunPython.noop),
    ]
