"""The counts and sums of a batch's lines stand beside it, kept by a trigger: a list reads no line.

The trigger is there before the batches of before are counted: each is locked, as whoever writes its
lines does, and then counted, so that nothing is missed or counted twice, whatever release writes
meanwhile. Until then its sums are of what was written since. Can be run again; a batch a commit.
"""

import django.db.models.deletion
from django.db import migrations, models, transaction

# Of each statement the difference that it makes, one row for each batch, status and rail; in one order, so
# that two statements that write lines of the same batches wait for each other in turn.
KEEP = """
        INSERT INTO payout_batches_payoutbatchsum AS s
               (batch_id, status, country, operator, count, amount, fee, fee_tax)
        SELECT batch_id, status, country, operator, sum(lines), sum(amount), sum(fee), sum(fee_tax)
          FROM ({}) d
         GROUP BY batch_id, status, country, operator
        HAVING sum(lines) <> 0 OR sum(amount) <> 0 OR sum(fee) <> 0 OR sum(fee_tax) <> 0
         ORDER BY batch_id, status, country, operator
            ON CONFLICT (batch_id, status, country, operator) DO UPDATE
           SET count = s.count + EXCLUDED.count, amount = s.amount + EXCLUDED.amount,
               fee = s.fee + EXCLUDED.fee, fee_tax = s.fee_tax + EXCLUDED.fee_tax;
"""
ADDED = """
                SELECT batch_id, status, country, operator, 1 AS lines,
                       COALESCE(amount, 0) AS amount, fee, fee_tax
                  FROM added
"""
REMOVED = """
                SELECT batch_id, status, country, operator, -1 AS lines,
                       -COALESCE(amount, 0) AS amount, -fee AS fee, -fee_tax AS fee_tax
                  FROM removed
"""
# Only of what is there: a line that goes has been counted.
FORGET_LINES = """
        UPDATE payout_batches_payoutbatchsum s
           SET count = s.count - d.lines, amount = s.amount - d.amount, fee = s.fee - d.fee,
               fee_tax = s.fee_tax - d.fee_tax
          FROM (SELECT batch_id, status, country, operator, count(*) AS lines,
                       COALESCE(sum(amount), 0) AS amount, sum(fee) AS fee, sum(fee_tax) AS fee_tax
                  FROM removed GROUP BY batch_id, status, country, operator) d
         WHERE (s.batch_id, s.status, s.country, s.operator)
             = (d.batch_id, d.status, d.country, d.operator);
"""
FUNCTION = f"""
CREATE OR REPLACE FUNCTION payout_batches_sum_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {KEEP.format(ADDED)}
    ELSIF TG_OP = 'DELETE' THEN {FORGET_LINES}
    ELSE {KEEP.format(ADDED + 'UNION ALL' + REMOVED)}
    END IF;
    RETURN NULL;
END
$$
"""
# PostgreSQL takes one event a trigger where it is given the rows.
TRIGGERS = {
    'payout_batches_line_added': 'INSERT ON payout_batches_payoutbatchline REFERENCING NEW TABLE AS added',
    'payout_batches_line_changed': 'UPDATE ON payout_batches_payoutbatchline'
    ' REFERENCING OLD TABLE AS removed NEW TABLE AS added',
    'payout_batches_line_removed': 'DELETE ON payout_batches_payoutbatchline REFERENCING OLD TABLE AS removed',
}

NOBODY = '00000000-0000-0000-0000-000000000000'
NEXT = 'SELECT id FROM payout_batches_payoutbatch WHERE id > %s ORDER BY id LIMIT 1 FOR NO KEY UPDATE'
FORGET = 'DELETE FROM payout_batches_payoutbatchsum WHERE batch_id = %s'
COUNT = """
INSERT INTO payout_batches_payoutbatchsum
       (batch_id, status, country, operator, count, amount, fee, fee_tax)
SELECT batch_id, status, country, operator, count(*), COALESCE(sum(amount), 0), sum(fee),
       sum(fee_tax)
  FROM payout_batches_payoutbatchline WHERE batch_id = %s
 GROUP BY batch_id, status, country, operator
"""


def count(apps, schema_editor):
    last = NOBODY
    connection = schema_editor.connection
    while last:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(NEXT, [last])
            row = cursor.fetchone()
            last = row and row[0]
            if last:
                cursor.execute(FORGET, [last])
                cursor.execute(COUNT, [last])


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('payout_batches', '0010_name_checks_by_their_line'),
    ]

    operations = [
        migrations.CreateModel(
            name='PayoutBatchSum',
            fields=[
                ('pk', models.CompositePrimaryKey('batch_id', 'status', 'country', 'operator', blank=True, editable=False, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('invalid', 'invalid'), ('ready', 'ready'), ('dropped', 'dropped'), ('sent', 'sent'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('canceled', 'canceled')], max_length=10)),
                ('country', models.CharField(max_length=2)),
                ('operator', models.CharField(max_length=16)),
                ('count', models.BigIntegerField()),
                ('amount', models.BigIntegerField()),
                ('fee', models.BigIntegerField()),
                ('fee_tax', models.BigIntegerField()),
                ('batch', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='payout_batches.payoutbatch')),
            ],
        ),
        # A batch that is being sent changes its rows each moment: within their pages, and vacuumed soon.
        migrations.RunSQL(
            'ALTER TABLE payout_batches_payoutbatchsum SET (fillfactor = 50, autovacuum_vacuum_threshold = 1000)',
            'ALTER TABLE payout_batches_payoutbatchsum RESET (fillfactor, autovacuum_vacuum_threshold)',
        ),
        migrations.RunSQL(FUNCTION, 'DROP FUNCTION IF EXISTS payout_batches_sum_lines'),
        *(
            migrations.RunSQL(
                f'CREATE OR REPLACE TRIGGER {name} AFTER {event} FOR EACH STATEMENT'
                ' EXECUTE FUNCTION payout_batches_sum_lines()',
                f'DROP TRIGGER IF EXISTS {name} ON payout_batches_payoutbatchline',
            )
            for name, event in TRIGGERS.items()
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
