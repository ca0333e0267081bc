"""What is looked for of a delivery and changes goes into a narrow table, kept by a trigger.

So an update of a delivery writes none of its indexes. The trigger is there before the rows of before
are copied, so whatever version runs meanwhile writes both. Until it is replaced, a worker of the
release before claims more slowly. Safe to run again; 1,000 rows a batch, each with its own commit.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

# Its own row is never changed, only replaced: nearly all of it is the key of an index. A plan is
# remembered by its connection: one made while the table was empty must not read all of it later.
FUNCTION = """
CREATE OR REPLACE FUNCTION webhooks_keep_delivery_state() RETURNS trigger LANGUAGE plpgsql
   SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM webhooks_deliverystate
         WHERE endpoint_id = OLD.endpoint_id AND status = OLD.status AND delivery_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO webhooks_deliverystate
               (endpoint_id, status, delivery_id, is_backlog, is_waiting, is_held, next_attempt_at)
        VALUES (NEW.endpoint_id, NEW.status, NEW.id, NEW.is_backlog, NEW.is_waiting, NEW.is_held,
                NEW.next_attempt_at)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$
"""
BORN_AND_GONE = """
CREATE OR REPLACE TRIGGER delivery_state_born AFTER INSERT OR DELETE ON webhooks_delivery
   FOR EACH ROW EXECUTE FUNCTION webhooks_keep_delivery_state()
"""
CHANGED = """
CREATE OR REPLACE TRIGGER delivery_state_changed AFTER UPDATE ON webhooks_delivery FOR EACH ROW
  WHEN ((OLD.endpoint_id, OLD.status, OLD.is_backlog, OLD.is_waiting, OLD.is_held,
         OLD.next_attempt_at)
        IS DISTINCT FROM
        (NEW.endpoint_id, NEW.status, NEW.is_backlog, NEW.is_waiting, NEW.is_held,
         NEW.next_attempt_at))
  EXECUTE FUNCTION webhooks_keep_delivery_state()
"""
DROP_TRIGGER = 'DROP TRIGGER IF EXISTS {} ON webhooks_delivery'

NOBODY = '00000000-0000-0000-0000-000000000000'
# Locked: as it is when nobody changes it, or the change's own trigger has the last word.
BATCH = """
WITH batch AS MATERIALIZED (
    SELECT id, endpoint_id, status, is_backlog, is_waiting, is_held, next_attempt_at
      FROM webhooks_delivery WHERE id > %s ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
), filled AS (
    INSERT INTO webhooks_deliverystate
           (delivery_id, endpoint_id, status, is_backlog, is_waiting, is_held, next_attempt_at)
    SELECT * FROM batch
        ON CONFLICT DO NOTHING
)
SELECT id FROM batch ORDER BY id DESC LIMIT 1
"""


def fill(apps, schema_editor):
    last = NOBODY
    with schema_editor.connection.cursor() as cursor:
        while last:
            cursor.execute(BATCH, [last])
            row = cursor.fetchone()
            last = row and row[0]


def set_on(table, **settings):
    said = ', '.join(f'{name} = {value}' for name, value in settings.items())
    return migrations.RunSQL(
        f'ALTER TABLE {table} SET ({said})', f'ALTER TABLE {table} RESET ({", ".join(settings)})'
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('webhooks', '0010_encrypted_by_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeliveryState',
            fields=[
                ('pk', models.CompositePrimaryKey('endpoint_id', 'status', 'delivery_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('endpoint_id', models.UUIDField()),
                ('status', models.CharField(choices=[('pending', 'pending'), ('delivered', 'delivered'), ('failed', 'failed')], max_length=12)),
                ('is_backlog', models.BooleanField()),
                ('is_waiting', models.BooleanField()),
                ('is_held', models.BooleanField()),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('delivery', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='webhooks.delivery')),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('is_held', False), ('is_waiting', False), ('status', 'pending')), fields=['endpoint_id', 'is_backlog', 'next_attempt_at'], name='delivery_state_queue'),
                    models.Index(condition=models.Q(('is_held', False), ('is_waiting', True), ('status', 'pending')), fields=['next_attempt_at'], name='delivery_state_wait'),
                ],
            },
        ),
        set_on('webhooks_deliverystate', autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=10000),
        migrations.RunSQL(FUNCTION, 'DROP FUNCTION IF EXISTS webhooks_keep_delivery_state'),
        migrations.RunSQL(BORN_AND_GONE, DROP_TRIGGER.format('delivery_state_born')),
        migrations.RunSQL(CHANGED, DROP_TRIGGER.format('delivery_state_changed')),
        migrations.RunPython(fill, migrations.RunPython.noop),
        # It waits for long transactions, and makes nobody wait.
        RemoveIndexConcurrently(model_name='delivery', name='delivery_queue'),
        RemoveIndexConcurrently(model_name='delivery', name='delivery_wait'),
        RemoveIndexConcurrently(model_name='delivery', name='delivery_by_endpoint'),
        # Room in each page for the versions of its rows.
        set_on('webhooks_delivery', fillfactor=90),
    ]
