"""Deliveries and endpoints get what tells a queue from a wait, one claim and one life from another.

Constant defaults: no row is written anew. No lock is waited for long, so traffic goes on. Safe to
run again. The column api_version stays, unused, for processes of the release before.
"""

import time

from django.db import OperationalError, migrations, models

ADD_COLUMNS = (
    """
    ALTER TABLE webhooks_delivery
          ADD COLUMN IF NOT EXISTS claim_number integer DEFAULT 0 NOT NULL,
          ADD COLUMN IF NOT EXISTS resent_after_claim integer DEFAULT 0 NOT NULL,
          ADD COLUMN IF NOT EXISTS is_backlog boolean DEFAULT false NOT NULL,
          ADD COLUMN IF NOT EXISTS is_waiting boolean DEFAULT false NOT NULL,
          ADD COLUMN IF NOT EXISTS is_held boolean DEFAULT false NOT NULL,
          ADD COLUMN IF NOT EXISTS promised_at timestamptz
    """,
    """
    ALTER TABLE webhooks_endpoint
          ADD COLUMN IF NOT EXISTS life integer DEFAULT 1 NOT NULL,
          ADD COLUMN IF NOT EXISTS held_until timestamptz,
          ADD COLUMN IF NOT EXISTS given_up integer DEFAULT 0 NOT NULL,
          ADD COLUMN IF NOT EXISTS given_up_unmailed integer DEFAULT 0 NOT NULL,
          ADD COLUMN IF NOT EXISTS given_up_from timestamptz,
          ADD COLUMN IF NOT EXISTS given_up_mailed_at timestamptz,
          ALTER COLUMN api_version SET DEFAULT '2026-11-22'
    """,
)
# What was claimed or delivered leaves the indexes of the queue soon, however large the table is.
VACUUM_SOON = """
ALTER TABLE webhooks_delivery
      SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000)
"""


def alter(statement):
    def altered(apps, schema_editor):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
            for tries_left in reversed(range(600)):
                try:
                    cursor.execute(statement)
                    break
                except OperationalError:
                    if not tries_left:
                        raise
                    time.sleep(0.5)
            cursor.execute("RESET lock_timeout")

    return migrations.RunPython(altered, migrations.RunPython.noop)


def number(default):
    return models.IntegerField(db_default=default, default=default)


def flag():
    return models.BooleanField(db_default=False, default=False)


def instant():
    return models.DateTimeField(blank=True, null=True)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('webhooks', '0006_api_keys_count_on'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[*map(alter, ADD_COLUMNS), alter(VACUUM_SOON)],
            state_operations=[
                migrations.AddField('delivery', 'claim_number', number(0)),
                migrations.AddField('delivery', 'resent_after_claim', number(0)),
                migrations.AddField('delivery', 'is_backlog', flag()),
                migrations.AddField('delivery', 'is_waiting', flag()),
                migrations.AddField('delivery', 'is_held', flag()),
                migrations.AddField('delivery', 'promised_at', instant()),
                migrations.AddField('endpoint', 'life', number(1)),
                migrations.AddField('endpoint', 'held_until', instant()),
                migrations.AddField('endpoint', 'given_up', number(0)),
                migrations.AddField('endpoint', 'given_up_unmailed', number(0)),
                migrations.AddField('endpoint', 'given_up_from', instant()),
                migrations.AddField('endpoint', 'given_up_mailed_at', instant()),
                migrations.RemoveField('endpoint', 'api_version'),
            ],
        ),
    ]
