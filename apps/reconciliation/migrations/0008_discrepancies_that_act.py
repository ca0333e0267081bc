"""Discrepancies have a value, a history and decisions that can be undone.

Columns with a constant default, tables of their own, and indexes beside the traffic. The value of
what is there is computed 1,000 rows at a time. A process of the release before closes discrepancies
as it did: a trigger writes their history.
"""

import apps.core.public_ids
import django.db.models.deletion
import django.db.models.functions.math
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from apps.reconciliation.rules.value_at_risk import VALUE_AT_RISK

NOBODY = "00000000-0000-0000-0000-000000000000"

# Whoever decides numbers her own act; all else is the comparison's.
KEEP_HISTORY = """
CREATE OR REPLACE FUNCTION reconciliation_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := jsonb_build_object('status', OLD.status, 'our_amount', OLD.our_amount,
        'their_amount', OLD.their_amount, 'detail', OLD.detail, 'closed_at', OLD.closed_at);
    after jsonb := jsonb_build_object('status', NEW.status, 'our_amount', NEW.our_amount,
        'their_amount', NEW.their_amount, 'detail', NEW.detail, 'closed_at', NEW.closed_at);
BEGIN
    IF before IS DISTINCT FROM after AND NEW.sequence = OLD.sequence THEN
        NEW.sequence := OLD.sequence + 1;
        INSERT INTO reconciliation_discrepancyevent
               (id, discrepancy_id, sequence, act, decision_id, actor, reason, before, after,
                created_at)
        SELECT {new_id}, NEW.id, NEW.sequence, 'compared', gen_random_uuid(), 'system', '',
               jsonb_object_agg(key, value),
               jsonb_object_agg(key, after -> key), COALESCE(NEW.closed_at, now())
          FROM jsonb_each(before) WHERE value IS DISTINCT FROM after -> key;
    END IF;
    IF (NEW.our_amount, NEW.their_amount) IS DISTINCT FROM (OLD.our_amount, OLD.their_amount) THEN
        NEW.value_at_risk := reconciliation_value_at_risk(NEW);
    END IF;
    RETURN NEW;
END
$$
""".replace("{new_id}", """
encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid""")

SET_VALUE = """
CREATE OR REPLACE FUNCTION reconciliation_set_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.value_at_risk := reconciliation_value_at_risk(NEW);
    RETURN NEW;
END
$$
"""

HOLD_HISTORY = """
CREATE OR REPLACE FUNCTION reconciliation_hold_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a discrepancy is never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""

TRIGGERS = (
    ("reconciliation_keep_history", "BEFORE UPDATE", "reconciliation_discrepancy"),
    ("reconciliation_set_value", "BEFORE INSERT", "reconciliation_discrepancy"),
    (
        "reconciliation_hold_history",
        "BEFORE UPDATE",
        "reconciliation_discrepancyevent",
    ),
)

BATCH = """
WITH batch AS (
    SELECT id FROM reconciliation_discrepancy WHERE id > %s ORDER BY id LIMIT 1000
), valued AS (
    UPDATE reconciliation_discrepancy d SET value_at_risk = reconciliation_value_at_risk(d)
     WHERE d.id IN (SELECT id FROM batch)
       AND d.value_at_risk <> reconciliation_value_at_risk(d)
)
SELECT max(id::text) FROM batch
"""


def value(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        last = NOBODY
        while last:
            cursor.execute(BATCH, [last])
            (last,) = cursor.fetchone()


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('providers', '0009_delay_bounded'),
        ('reconciliation', '0007_index_of_settlements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE reconciliation_discrepancy'
            ' ADD COLUMN IF NOT EXISTS expected_until date NULL',
            'ALTER TABLE reconciliation_discrepancy DROP COLUMN IF EXISTS expected_until',
            state_operations=[
                migrations.AddField(
                    model_name='discrepancy',
                    name='expected_until',
                    field=models.DateField(blank=True, null=True, verbose_name='expected until'),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE reconciliation_discrepancy'
            ' ADD COLUMN IF NOT EXISTS sequence integer DEFAULT 0 NOT NULL CHECK (sequence >= 0)',
            'ALTER TABLE reconciliation_discrepancy DROP COLUMN IF EXISTS sequence',
            state_operations=[
                migrations.AddField(
                    model_name='discrepancy',
                    name='sequence',
                    field=models.PositiveIntegerField(db_default=0, default=0),
                ),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE reconciliation_discrepancy'
            ' ADD COLUMN IF NOT EXISTS value_at_risk bigint DEFAULT 0 NOT NULL',
            'ALTER TABLE reconciliation_discrepancy DROP COLUMN IF EXISTS value_at_risk',
            state_operations=[
                migrations.AddField(
                    model_name='discrepancy',
                    name='value_at_risk',
                    field=models.BigIntegerField(db_default=0, default=0, verbose_name='value at risk'),
                ),
            ],
        ),
        migrations.AlterField(
            model_name='discrepancy',
            name='status',
            field=models.CharField(choices=[('open', 'open'), ('repaired', 'repaired'), ('resolved', 'resolved'), ('superseded', 'superseded'), ('withdrawn', 'withdrawn'), ('matched', 'matched by hand'), ('written_off', 'written off')], default='open', max_length=12, verbose_name='status'),
        ),
        migrations.CreateModel(
            name='DiscrepancyEvent',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sequence', models.PositiveIntegerField()),
                ('act', models.CharField(choices=[('compared', 'compared again'), ('comment', 'comment'), ('take', 'taken over'), ('resolve', 'resolved'), ('expect', 'expected later'), ('ask', 'the provider is asked'), ('match', 'matched by hand'), ('write_off', 'written off'), ('decide', 'its attempt was decided'), ('undo', 'undone')], max_length=12, verbose_name='act')),
                ('decision_id', models.UUIDField(default=apps.core.public_ids.new_id)),
                ('actor', models.CharField(max_length=80, verbose_name='by')),
                ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='reason')),
                ('before', models.JSONField(blank=True, default=dict)),
                ('after', models.JSONField(blank=True, default=dict)),
                ('undoes', models.PositiveIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(verbose_name='time')),
                ('discrepancy', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='reconciliation.discrepancy')),
            ],
            options={
                'verbose_name': 'history of a discrepancy',
                'verbose_name_plural': 'history of discrepancies',
                'indexes': [models.Index(fields=['decision_id'], name='discrepancy_event_decision'), models.Index(fields=['actor', 'id'], name='discrepancy_event_actor')],
                'constraints': [models.UniqueConstraint(fields=('discrepancy', 'sequence'), name='discrepancy_event_once'), models.UniqueConstraint(fields=('discrepancy', 'undoes'), name='discrepancy_undone_once')],
            },
        ),
        migrations.CreateModel(
            name='HandMatch',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('attempt_id', models.UUIDField(verbose_name='attempt')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('difference', models.BigIntegerField(default=0, verbose_name='difference')),
                ('explained_as', models.CharField(blank=True, choices=[('', 'equal'), ('fee', 'the provider kept its fee'), ('rounding', 'rounding')], default='', max_length=12, verbose_name='explained as')),
                ('decision_id', models.UUIDField()),
                ('made_at', models.DateTimeField(verbose_name='made')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone')),
                ('approved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='hand_matches', to='reconciliation.statementline')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'match by hand',
                'verbose_name_plural': 'matches by hand',
                'indexes': [models.Index(condition=models.Q(('undone_at__isnull', True)), fields=['line'], name='hand_match_of_line'), models.Index(fields=['decision_id'], name='hand_match_decision')],
                'constraints': [models.CheckConstraint(condition=models.Q(('requested_by', models.F('approved_by')), _negated=True), name='hand_match_by_two'), models.CheckConstraint(condition=models.Q(('difference', 0), models.Q(('explained_as', ''), _negated=True), _connector='OR'), name='hand_match_explained'), models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('attempt_id',), name='hand_match_attempt_once')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('query', models.CharField(max_length=300)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'saved view',
                'verbose_name_plural': 'saved views',
                'constraints': [models.UniqueConstraint(fields=('person', 'name'), name='saved_view_once')],
            },
        ),
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['id'], name='discrepancy_by_age'),
        ),
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(models.OrderBy(django.db.models.functions.math.Abs('value_at_risk'), descending=True), models.F('id'), condition=models.Q(('status', 'open')), name='discrepancy_by_value'),
        ),
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['kind', 'id'], name='discrepancy_of_kind'),
        ),
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['provider_account', 'id'], name='discrepancy_of_rail'),
        ),
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['owner', 'id'], name='discrepancy_of_owner'),
        ),
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['provider_account', 'our_amount'], name='discrepancy_of_amount'),
        ),
        migrations.RunSQL(
            VALUE_AT_RISK, 'DROP FUNCTION IF EXISTS reconciliation_value_at_risk'
        ),
        migrations.RunSQL(SET_VALUE, 'DROP FUNCTION IF EXISTS reconciliation_set_value'),
        migrations.RunSQL(KEEP_HISTORY, 'DROP FUNCTION IF EXISTS reconciliation_keep_history'),
        migrations.RunSQL(HOLD_HISTORY, 'DROP FUNCTION IF EXISTS reconciliation_hold_history'),
        *(
            migrations.RunSQL(
                f'CREATE OR REPLACE TRIGGER {name} {when} ON {table}'
                f' FOR EACH ROW EXECUTE FUNCTION {name}()',
                f'DROP TRIGGER IF EXISTS {name} ON {table}',
            )
            for name, when, table in TRIGGERS
        ),
        migrations.RunPython(value, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='statementline',
            name='matched_by',
            field=models.CharField(blank=True, choices=[('provider_reference', "the provider's reference"), ('our_reference', 'our reference'), ('merchant_reference', "the merchant's reference, amount and day"), ('number', 'the number, amount and minute'), ('settlement', 'one total of a settlement'), ('settlement_parts', 'several totals of a settlement'), ('by_hand', 'by hand')], db_column='pass', db_default='', default='', max_length=20, verbose_name='pass'),
        ),
    ]
