"""Snapshots cut by what is committed take the place of those cut by a clock, which are dropped.

The ledger is summed once, into the new table; bookings go on meanwhile. Old code that still runs
finds the old name without rows, sums everything and is right; what it would write there fails.
"""

import django.db.models.deletion
from django.db import migrations, models

import apps.core.public_ids
import apps.ledger.models

# For old code only; the next release drops it. At every moment the name is one or the other.
OLD_NAME = """
DO $$ BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('ledger_balancesnapshot')) = 'r' THEN
        DROP TABLE ledger_balancesnapshot;
    END IF;
    CREATE OR REPLACE VIEW ledger_balancesnapshot AS
    SELECT NULL::uuid AS id, NULL::uuid AS account_id, NULL::bigint AS balance,
           NULL::timestamptz AS taken_at
     WHERE false;
END $$
"""

OLD_TABLE = """
DROP VIEW ledger_balancesnapshot;
CREATE TABLE ledger_balancesnapshot (
    id uuid PRIMARY KEY,
    balance bigint NOT NULL,
    taken_at timestamptz NOT NULL,
    account_id uuid NOT NULL REFERENCES ledger_account DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT snapshot_unique UNIQUE (account_id, taken_at)
)
"""

FIRST = """
INSERT INTO ledger_snapshot (id, account_id, balance, horizon, taken_at)
SELECT gen_random_uuid(), entry.account_id, sum(entry.amount), cut.horizon, statement_timestamp()
  FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon) cut
 CROSS JOIN LATERAL (
       SELECT to_account_id AS account_id, amount FROM ledger_transfer
        WHERE database_transaction < cut.horizon
        UNION ALL
       SELECT from_account_id, -amount FROM ledger_transfer
        WHERE database_transaction < cut.horizon) entry
 GROUP BY entry.account_id, cut.horizon
"""

BALANCE = """
CREATE OR REPLACE VIEW ledger_balance AS
SELECT a.id AS account_id,
       (COALESCE(s.balance, 0)
        + COALESCE((SELECT sum(t.amount) FROM ledger_transfer t
                     WHERE t.to_account_id = a.id
                       AND t.database_transaction >= COALESCE(s.horizon, '0')), 0)
        - COALESCE((SELECT sum(t.amount) FROM ledger_transfer t
                     WHERE t.from_account_id = a.id
                       AND t.database_transaction >= COALESCE(s.horizon, '0')), 0)
       )::bigint AS amount
  FROM ledger_account a
  -- A horizon yet to come is of the server this database was restored from.
  LEFT JOIN LATERAL (SELECT balance, horizon FROM ledger_snapshot
                      WHERE account_id = a.id
                        AND horizon <= pg_snapshot_xmin(pg_current_snapshot())
                      ORDER BY horizon DESC LIMIT 1) s ON true
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0003_transfers_by_transaction'),
    ]

    operations = [
        migrations.RunSQL(
            OLD_NAME,
            OLD_TABLE,
            state_operations=[migrations.DeleteModel(name='BalanceSnapshot')],
        ),
        migrations.CreateModel(
            name='BalanceSnapshot',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('balance', models.BigIntegerField(verbose_name='balance')),
                ('horizon', apps.ledger.models.TransactionIdField()),
                ('taken_at', models.DateTimeField(verbose_name='taken')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='ledger.account')),
            ],
            options={
                'verbose_name': 'balance snapshot',
                'verbose_name_plural': 'balance snapshots',
                'db_table': 'ledger_snapshot',
                'constraints': [models.UniqueConstraint(fields=('account', 'horizon'), name='snapshot_once')],
            },
        ),
        migrations.RunSQL(BALANCE, "DROP VIEW ledger_balance"),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='current', serialize=False, to='ledger.account')),
                ('amount', models.BigIntegerField(verbose_name='balance')),
            ],
            options={
                'verbose_name': 'balance',
                'db_table': 'ledger_balance',
                'managed': False,
            },
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]
