"""Migrations beside traffic and an open transaction: `make test` goes the newest step of each app
whose tables are busy, `make soak` the whole way from the first release to this one.
"""

import contextlib
import os
import random
import threading
import time

import psycopg
import pytest
from django.apps import apps
from psycopg import sql

from tests.other_database import manage, other_database, run

# MIGRATION_ROWS=1e6 for the size of a year.
ROWS = int(float(os.environ.get("MIGRATION_ROWS", "5e3")))
# Longer than any lock is waited for anywhere else.
OPEN_S = 6.0
SHORT_S = 0.1
PAUSE_S = 0.5
# Behind a turn of a tenth of a second, on a machine that has other things to do.
WAITED_S_MAX = 0.4

FIRST_RELEASE = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.migrate([node for node in executor.loader.graph.nodes if node[1] == "0001_initial"])
"""

# What a NOT NULL column without a default is given, by its type.
VALUES = {
    "uuid": "md5('{row}' || n)::uuid",
    "boolean": "false",
    "timestamp with time zone": "now()",
    "jsonb": "'{{}}'",
    "bytea": "'\\x00'",
    "ARRAY": "'{{}}'",
}
MERCHANT, ENDPOINT, PROVIDER = (
    f"md5('{table}1')::uuid"
    for table in ("merchants_merchant", "webhooks_endpoint", "providers_provideraccount")
)
# Table -> how many rows, and what is not simply of its type.
FILLED = {
    "merchants_merchant": (1, {}),
    "providers_provideraccount": (1, {}),
    "payments_payment": (ROWS, {"merchant_id": MERCHANT, "status": "'succeeded'", "fee": "0"}),
    "payments_attempt": (
        ROWS,
        {
            "payment_id": "md5('payments_payment' || n)::uuid",
            "provider_account_id": PROVIDER,
            "status": "'succeeded'",
        },
    ),
    "payments_statuschange": (ROWS, {"payment_id": "md5('payments_payment' || n)::uuid"}),
    "webhooks_endpoint": (1, {"merchant_id": MERCHANT}),
    "webhooks_event": (ROWS, {"merchant_id": MERCHANT}),
    "webhooks_delivery": (
        ROWS,
        {
            "event_id": "md5('webhooks_event' || n)::uuid",
            "endpoint_id": ENDPOINT,
            "status": "'delivered'",
        },
    ),
    "ledger_account": (2, {"kind": "n::text"}),
    "ledger_transfer": (
        ROWS,
        {
            "from_account_id": "md5('ledger_account1')::uuid",
            "to_account_id": "md5('ledger_account2')::uuid",
            "currency": "'XAF'",
        },
    ),
    "core_idempotencyrecord": (ROWS, {"key": "n::text"}),
    "core_outboxmessage": (ROWS, {"topic": "'none'"}),
}
BUSY = [table for table, (rows, _) in FILLED.items() if rows == ROWS]

# Behind who changes a table, not behind who changes a row.
WAITING = """
SELECT extract(epoch FROM clock_timestamp() - l.waitstart)::float8, a.query
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE l.waitstart IS NOT NULL AND l.locktype = 'relation' AND a.application_name = 'traffic'
   AND a.datname = current_database()
"""


# Apps that came since.
NEWER = [
    "day_reports",
    "disputes",
    "fees",
    "floats",
    "monitoring",
    "payout_batches",
    "payouts",
    "refunds",
    "reporting",
    "settlement",
    "statement_formats",
    "statement_sources",
    "support_tickets",
]


def newer_tables():
    models = apps.get_models(include_auto_created=True)
    return sorted({each._meta.db_table for each in models if each._meta.app_label in NEWER})


@pytest.fixture
def database():
    with other_database("migrated") as url:
        yield url


def fill(line, table, rows, chosen):
    columns = line.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL",
        [table],
    ).fetchall()
    values = [
        chosen.get(name) or VALUES.get(kind, "1").format(row=table if name == "id" else name)
        for name, kind in columns
    ]
    line.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) AS n").format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
            sql.SQL(", ".join(values)),
            sql.Literal(rows),
        )
    )


class Traffic:
    """Reads and writes of every busy table, and the longest that one of them waited for a lock."""

    def __init__(self, database):
        self._database = database
        self._over = threading.Event()
        self.served = 0
        self.errors = []
        self.waited_s, self.waited_for = 0.0, ""
        self._threads = [
            threading.Thread(target=self._serve),
            threading.Thread(target=self._serve),
            threading.Thread(target=self._watch),
            threading.Thread(target=self._stay_open),
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _connect(self, name):
        return psycopg.connect(
            self._database, autocommit=True, application_name=name, prepare_threshold=None
        )

    def _serve(self):
        with self._connect("traffic") as line:
            while not self._over.is_set():
                table = random.choice(BUSY)
                # The first is held by whoever stays open.
                n = random.randint(2, ROWS)
                try:
                    line.execute(
                        f"UPDATE {table} SET id = id WHERE id = md5(%s)::uuid", [f"{table}{n}"]
                    )
                    line.execute(f"SELECT * FROM {table} WHERE id = md5(%s)::uuid", [f"{table}{n}"])
                    self.served += 1
                except psycopg.Error as error:
                    self.errors.append(error)
                # Hundreds a second, and still some of the machine for the migrations.
                self._over.wait(0.003)

    def _watch(self):
        with self._connect("watch") as line:
            while not self._over.is_set():
                for waited_s, query in line.execute(WAITING).fetchall():
                    if waited_s > self.waited_s:
                        self.waited_s, self.waited_for = waited_s, query
                self._over.wait(0.02)

    def _stay_open(self):
        """Like an export: it has read and written, and does not end for a while; then others."""
        open_s = OPEN_S
        while not self._over.is_set():
            with self._connect("open") as line, line.transaction():
                for table in BUSY:
                    line.execute(f"UPDATE {table} SET id = id WHERE id = md5('{table}1')::uuid")
                self._over.wait(open_s)
            open_s = SHORT_S
            self._over.wait(PAUSE_S)


def assert_never_stood_still(traffic):
    assert traffic.errors == []
    assert traffic.served
    assert traffic.waited_s < WAITED_S_MAX, traffic.waited_for


def test_the_newest_step_of_every_busy_app_lets_the_traffic_go_on():
    labels = {model._meta.app_label for model in apps.get_models() if model._meta.db_table in BUSY}
    with other_database("stepped", is_migrated=True) as url:
        run(url, "-m", "tests.upgrades.fill", "11")
        run(url, "-m", "tests.upgrades.newest_step", "back", *labels)

        with Traffic(url) as traffic:
            run(url, "-m", "tests.upgrades.newest_step", "forth", *labels)

        assert labels == {"core", "ledger", "orchestration", "payments", "webhooks"}
        assert_never_stood_still(traffic)
        # Nobody's step is left behind, and the models are what the database has.
        assert "[ ]" not in manage(url, "showmigrations", *labels)
        assert " 0 violations" in manage(url, "check_books")


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_from_the_first_release_to_this_one_the_traffic_never_stands_still(database):
    manage(database, "shell", "--no-imports", "--command", FIRST_RELEASE)
    with psycopg.connect(database, autocommit=True) as line:
        for table, (rows, chosen) in FILLED.items():
            fill(line, table, rows, chosen)
        # What a build that was broken off leaves: a name that is taken by what nobody can use.
        with contextlib.suppress(psycopg.errors.UniqueViolation):
            line.execute(
                "CREATE UNIQUE INDEX CONCURRENTLY delivery_by_endpoint"
                " ON webhooks_delivery (endpoint_id)"
            )

    with Traffic(database) as traffic:
        begun = time.monotonic()
        manage(database, "migrate", "--verbosity", "0")
        took_s = time.monotonic() - begun

    assert traffic.served > took_s
    assert_never_stood_still(traffic)
    with psycopg.connect(database, autocommit=True) as line:
        invalid = line.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        ).fetchall()
        assert invalid == []
        # As if each had been broken off right before its end, and newer apps were not there yet.
        line.execute(f"DROP TABLE {', '.join(newer_tables())} CASCADE")
        line.execute(
            "DELETE FROM django_migrations WHERE app = ANY(%s)"
            " AND (name <> '0001_initial' OR app = ANY(%s))",
            [[app.label for app in apps.get_app_configs() if app.name.startswith("apps.")], NEWER],
        )
    manage(database, "migrate", "--verbosity", "0")
