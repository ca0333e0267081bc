"""Indexes for reports that replace each other. Built beside the traffic; can be run again.

An index left invalid by a build that was broken off is dropped first. A worker of the release
before cannot match statements once `discrepancy_once` is gone: its messages are tried again, and
done by the new workers.
"""

from django.db import migrations, models
from django.db.models import Q


def unique_index(table, name, rest):
    return [
        # Builds wait for open transactions, for longer than the traffic may wait for a lock.
        "SET lock_timeout = 0",
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} {rest}",
        "RESET lock_timeout",
    ]


def built(table, constraint, rest):
    model = table.removeprefix("reconciliation_")
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                unique_index(table, constraint.name, rest),
                f"DROP INDEX CONCURRENTLY IF EXISTS {constraint.name}",
            )
        ],
        state_operations=[migrations.AddConstraint(model_name=model, constraint=constraint)],
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("reconciliation", "0002_reports_that_replace_each_other"),
    ]

    operations = [
        built(
            "reconciliation_discrepancy",
            models.UniqueConstraint(
                name="discrepancy_open_once",
                fields=["kind", "provider_account", "day", "statement", "line", "attempt_id"],
                condition=Q(status="open"),
                nulls_distinct=False,
            ),
            "(kind, provider_account_id, day, statement_id, line_id, attempt_id)"
            " NULLS NOT DISTINCT WHERE status = 'open'",
        ),
        built(
            "reconciliation_statement",
            models.UniqueConstraint(
                name="statement_unique_report",
                fields=["provider_account", "day", "days", "file_digest"],
                condition=~Q(status="withdrawn"),
            ),
            "(provider_account_id, day, days, file_digest) WHERE NOT (status = 'withdrawn')",
        ),
        migrations.RunSQL(
            "ALTER TABLE reconciliation_discrepancy DROP CONSTRAINT IF EXISTS discrepancy_once",
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint(model_name="discrepancy", name="discrepancy_once")
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE reconciliation_statement DROP CONSTRAINT IF EXISTS statement_unique_file",
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint(model_name="statement", name="statement_unique_file")
            ],
        ),
    ]
