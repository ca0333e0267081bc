"""What is looked for and changes goes into narrow tables, kept by triggers.

So an update of a payment, or of an attempt that is not over, writes none of their indexes. The
triggers are there before the rows of before are copied, so whatever version runs meanwhile writes
both. Until it is replaced, a process of the release before finds what is due more slowly. Safe to
run again; 1,000 rows a batch, each with its own commit.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# The rows of both tables are never changed, only replaced: all of them is the key of an index. A plan
# is remembered by its connection: one made while a table was empty must not read all of it later.
KEEP_PAYMENT_STATE = """
CREATE OR REPLACE FUNCTION payments_keep_payment_state() RETURNS trigger LANGUAGE plpgsql
   SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM payments_paymentstate
         WHERE merchant_id = OLD.merchant_id AND livemode = OLD.livemode AND status = OLD.status
           AND operator = OLD.operator AND provider = OLD.provider AND currency = OLD.currency
           AND payment_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO payments_paymentstate
               (merchant_id, livemode, status, operator, provider, currency, payment_id, expires_at)
        VALUES (NEW.merchant_id, NEW.livemode, NEW.status, NEW.operator, NEW.provider, NEW.currency,
                NEW.id,
                CASE WHEN NEW.status IN ('pending', 'requires_action') THEN NEW.expires_at END)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$
"""
KEEP_DUE_ATTEMPT = """
CREATE OR REPLACE FUNCTION payments_keep_due_attempt() RETURNS trigger LANGUAGE plpgsql
   SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status NOT IN ('succeeded', 'failed', 'not_sent') THEN
        DELETE FROM payments_dueattempt
         WHERE is_sent = (OLD.status <> 'created')
           AND provider_account_id = OLD.provider_account_id
           AND next_check_at = OLD.next_check_at AND attempt_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status NOT IN ('succeeded', 'failed', 'not_sent')
       AND NEW.next_check_at IS NOT NULL
    THEN
        INSERT INTO payments_dueattempt (is_sent, provider_account_id, next_check_at, attempt_id)
        VALUES (NEW.status <> 'created', NEW.provider_account_id, NEW.next_check_at, NEW.id)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$
"""
SPEND_ATTEMPT = """
CREATE OR REPLACE FUNCTION payments_spend_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.spent_id := CASE WHEN NEW.status IN ('failed', 'not_sent') THEN NEW.id END;
    RETURN NEW;
END
$$
"""
TRIGGERS = {
    'payment_state_born': """
        AFTER INSERT OR DELETE ON payments_payment
        FOR EACH ROW EXECUTE FUNCTION payments_keep_payment_state()
    """,
    'payment_state_changed': """
        AFTER UPDATE ON payments_payment FOR EACH ROW
        WHEN ((OLD.merchant_id, OLD.livemode, OLD.status, OLD.operator, OLD.provider,
               OLD.currency, OLD.expires_at)
              IS DISTINCT FROM
              (NEW.merchant_id, NEW.livemode, NEW.status, NEW.operator, NEW.provider,
               NEW.currency, NEW.expires_at))
        EXECUTE FUNCTION payments_keep_payment_state()
    """,
    'due_attempt_born': """
        AFTER INSERT OR DELETE ON payments_attempt
        FOR EACH ROW EXECUTE FUNCTION payments_keep_due_attempt()
    """,
    'due_attempt_changed': """
        AFTER UPDATE ON payments_attempt FOR EACH ROW
        WHEN ((OLD.status, OLD.provider_account_id, OLD.next_check_at)
              IS DISTINCT FROM (NEW.status, NEW.provider_account_id, NEW.next_check_at))
        EXECUTE FUNCTION payments_keep_due_attempt()
    """,
    'attempt_spent': """
        BEFORE INSERT OR UPDATE ON payments_attempt FOR EACH ROW
        WHEN ((NEW.status IN ('failed', 'not_sent')) <> (NEW.spent_id IS NOT NULL))
        EXECUTE FUNCTION payments_spend_attempt()
    """,
}

NOBODY = '00000000-0000-0000-0000-000000000000'
# Locked: as they are when nobody changes them, or the change's own trigger has the last word.
PAYMENTS = """
WITH batch AS MATERIALIZED (
    SELECT merchant_id, livemode, status, operator, provider, currency, id,
           CASE WHEN status IN ('pending', 'requires_action') THEN expires_at END
      FROM payments_payment WHERE id > %s ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
), filled AS (
    INSERT INTO payments_paymentstate
           (merchant_id, livemode, status, operator, provider, currency, payment_id, expires_at)
    SELECT * FROM batch
        ON CONFLICT DO NOTHING
)
SELECT id FROM batch ORDER BY id DESC LIMIT 1
"""
ATTEMPTS = """
WITH batch AS MATERIALIZED (
    SELECT id, status, provider_account_id, next_check_at
      FROM payments_attempt WHERE id > %s ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
), filled AS (
    INSERT INTO payments_dueattempt (is_sent, provider_account_id, next_check_at, attempt_id)
    SELECT status <> 'created', provider_account_id, next_check_at, id FROM batch
     WHERE status NOT IN ('succeeded', 'failed', 'not_sent')
        ON CONFLICT DO NOTHING
), spent AS (
    UPDATE payments_attempt a SET spent_id = b.id
      FROM batch b
     WHERE a.id = b.id AND b.status IN ('failed', 'not_sent') AND a.spent_id IS NULL
)
SELECT id FROM batch ORDER BY id DESC LIMIT 1
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for batch in (PAYMENTS, ATTEMPTS):
            last = NOBODY
            while last:
                cursor.execute(batch, [last])
                row = cursor.fetchone()
                last = row and row[0]


def function(sql):
    name = sql.split()[4]
    return migrations.RunSQL(sql, f'DROP FUNCTION IF EXISTS {name}')


def trigger(name):
    sql = TRIGGERS[name]
    table = sql.partition(' ON ')[2].split()[0]
    return migrations.RunSQL(
        f'CREATE OR REPLACE TRIGGER {name} {sql}', f'DROP TRIGGER IF EXISTS {name} ON {table}'
    )


def set_on(table, **settings):
    said = ', '.join(f'{name} = {value}' for name, value in settings.items())
    return migrations.RunSQL(
        f'ALTER TABLE {table} SET ({said})', f'ALTER TABLE {table} RESET ({", ".join(settings)})'
    )


ONE_UNSPENT = 'attempt_one_unspent'
OLD_INDEX = 'payments_attempt_payment_id_a18ea4ce'
STATUSES = [
    ('pending', 'pending'), ('requires_action', 'requires action'), ('authorized', 'authorized'),
    ('verifying', 'verifying'), ('succeeded', 'succeeded'), ('failed', 'failed'),
    ('expired', 'expired'), ('canceled', 'canceled'),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payments', '0011_merchant_account_blocked'),
    ]

    operations = [
        migrations.CreateModel(
            name='PaymentState',
            fields=[
                ('pk', models.CompositePrimaryKey('merchant_id', 'livemode', 'status', 'operator', 'provider', 'currency', 'payment_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('merchant_id', models.UUIDField()),
                ('livemode', models.BooleanField()),
                ('status', models.CharField(choices=STATUSES, max_length=16)),
                ('operator', models.CharField(max_length=16)),
                ('provider', models.CharField(max_length=32)),
                ('currency', models.CharField(max_length=3)),
                ('payment_id', models.UUIDField()),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='payment_state_expiring'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DueAttempt',
            fields=[
                ('pk', models.CompositePrimaryKey('is_sent', 'provider_account_id', 'next_check_at', 'attempt_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('is_sent', models.BooleanField()),
                ('provider_account_id', models.UUIDField()),
                ('next_check_at', models.DateTimeField()),
                ('attempt_id', models.UUIDField()),
            ],
        ),
        migrations.AddField(
            model_name='attempt',
            name='spent_id',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        set_on('payments_paymentstate', autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02),
        # Most of its rows are dead soon. Its file keeps its size: to cut it, vacuum would lock it.
        set_on('payments_dueattempt', autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000, autovacuum_vacuum_cost_delay=0, vacuum_truncate='off'),
        function(KEEP_PAYMENT_STATE),
        function(KEEP_DUE_ATTEMPT),
        function(SPEND_ATTEMPT),
        *map(trigger, TRIGGERS),
        migrations.RunPython(fill, migrations.RunPython.noop),
        # What follows waits for long transactions, and makes nobody wait. What an interrupted build
        # left is not valid and would be in the way.
        migrations.RunSQL(
            f'DROP INDEX CONCURRENTLY IF EXISTS {ONE_UNSPENT}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {ONE_UNSPENT} ON payments_attempt '
            '(payment_id, spent_id) NULLS NOT DISTINCT',
            f'DROP INDEX CONCURRENTLY IF EXISTS {ONE_UNSPENT}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='attempt',
                    constraint=models.UniqueConstraint(
                        fields=('payment', 'spent_id'), name=ONE_UNSPENT, nulls_distinct=False
                    ),
                ),
            ],
        ),
        AddIndexConcurrently(
            model_name='attempt',
            index=models.Index(condition=models.Q(('completed_at__isnull', False)), fields=['provider_account', 'completed_at'], name='attempt_ended'),
        ),
        migrations.RunSQL(
            'DROP INDEX CONCURRENTLY IF EXISTS attempt_one_open',
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint(model_name='attempt', name='attempt_one_open'),
            ],
        ),
        migrations.RunSQL(
            f'DROP INDEX CONCURRENTLY IF EXISTS {OLD_INDEX}',
            f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {OLD_INDEX} ON payments_attempt (payment_id)',
            state_operations=[
                migrations.AlterField(
                    model_name='attempt',
                    name='payment',
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='attempts',
                        to='payments.payment',
                    ),
                ),
            ],
        ),
        RemoveIndexConcurrently(model_name='attempt', name='attempt_paid'),
        RemoveIndexConcurrently(model_name='attempt', name='attempt_due_to_send'),
        RemoveIndexConcurrently(model_name='attempt', name='attempt_due_to_ask'),
        RemoveIndexConcurrently(model_name='payment', name='payment_of_kind'),
        RemoveIndexConcurrently(model_name='payment', name='payment_expiring'),
        # An update that writes no index leaves its row where it is: less room does.
        set_on('payments_attempt', fillfactor=86),
    ]
