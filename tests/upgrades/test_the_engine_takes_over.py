"""A database the version before filled goes on with this one: nothing is lost on the way."""

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.apps import apps

from tests.other_database import manage, other_database, run

# UPGRADE_ROWS=1e5 for the size of a year.
ROWS = int(float(os.environ.get("UPGRADE_ROWS", "330")))

# The checker of the books as the version before had it.
CHECKS = json.loads(
    (Path(__file__).parent / "before_orchestration" / "invariants.json").read_text()
)
VERSION_BEFORE = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
MigrationExecutor(connection).migrate([
    ("payments", "0012_what_changes_stands_apart"),
    ("orchestration", None),
    ("providers", "0004_fingerprint_kept"),
])
"""
STAFF = """
UPDATE django_content_type SET app_label = 'payments' WHERE app_label = 'orchestration';
INSERT INTO auth_group (name) VALUES ('support');
INSERT INTO auth_group_permissions (group_id, permission_id)
SELECT g.id, p.id FROM auth_group g, auth_permission p
 WHERE p.codename IN ('view_attempt', 'view_statuschange', 'view_payment')
"""
HELD = """
SELECT c.app_label, p.codename
  FROM auth_group_permissions gp JOIN auth_permission p ON p.id = gp.permission_id
  JOIN django_content_type c ON c.id = p.content_type_id ORDER BY 2
"""
# Columns that both versions have.
BOOKS = """
SELECT md5(string_agg(row, '|' ORDER BY row)) FROM (
    SELECT concat_ws(',', id, payment_id, attempt_id, sequence, from_status, to_status, source,
                     detail, created_at) AS row FROM payments_statuschange
     UNION ALL
    SELECT concat_ws(',', id, from_account_id, to_account_id, amount, kind, source_id, attempt_id)
      FROM ledger_transfer
     UNION ALL
    SELECT concat_ws(',', id, payment_id, kind, reference, status, next_check_at, failure_code,
                     spent_id) FROM payments_attempt
) books
"""
# An attempt as a process of the version before writes it while all this goes on.
OLD_ATTEMPT = """
INSERT INTO payments_attempt
       (id, payment_id, kind, provider_account_id, reference, statement_reference,
        provider_reference, status, sequence, failure_code, raw, contradiction, checks,
        needs_person, next_check_at, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), 'collect', provider_account_id, gen_random_uuid(), 'x',
       '', 'not_sent', 1, '', '{}', '', 0, false, NULL, now()
  FROM payments_attempt LIMIT 1
RETURNING id
"""


# Apps that came since.
NEWER = [
    "day_reports",
    "disputes",
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
def line():
    with other_database("upgraded", is_migrated=True) as url:
        run(url, "-m", "tests.upgrades.fill", str(ROWS))
        # Back to the schema of the version before, rows and all.
        manage(url, "shell", "--no-imports", "--command", VERSION_BEFORE)
        with psycopg.connect(url, autocommit=True) as line:
            line.execute(STAFF)
            yield line, url


def broken(line):
    values = {"now": datetime.now(UTC), "since": None, "first_id": None, "first_id_before": None}
    found = {}
    for check in CHECKS:
        rows = line.execute(check["sql"], values).fetchall()
        if rows:
            found[check["name"]] = rows[:3]
    return found


class OldProcess:
    """Writes as the version before does, beside a transaction that stays open for a while."""

    def __init__(self, url):
        self._over = threading.Event()
        acts = (self._write, self._hold)
        self._threads = [threading.Thread(target=act, args=[url]) for act in acts]
        self.written, self.errors = [], []

    def _write(self, url):
        with psycopg.connect(url, autocommit=True) as line:
            while not self._over.wait(0.05):
                try:
                    self.written += line.execute(OLD_ATTEMPT).fetchall()
                except psycopg.Error as error:
                    self.errors.append(error)

    def _hold(self, url):
        with psycopg.connect(url) as line:
            line.execute("SELECT count(*) FROM payments_attempt")
            self._over.wait(2)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_what_the_version_before_filled_goes_on_with_this_one(line):
    line, url = line
    assert line.execute("SELECT count(*) FROM payments_attempt").fetchone() == (ROWS,)
    assert broken(line) == {}
    assert {app for app, _ in line.execute(HELD).fetchall()} == {"payments"}
    books = line.execute(BOOKS).fetchone()

    with OldProcess(url) as old:
        manage(url, "migrate", "--verbosity", "0")

    assert old.errors == []
    assert old.written
    # What it wrote says nothing of its owner: it is no payment's.
    ids = [pk for (pk,) in old.written]
    kinds = line.execute(
        "SELECT DISTINCT owner_type, amount FROM payments_attempt WHERE id = ANY(%s)", [ids]
    )
    assert kinds.fetchall() == [("payment", None)]
    line.execute("DELETE FROM payments_attempt WHERE id = ANY(%s)", [ids])

    assert line.execute(BOOKS).fetchone() == books
    assert line.execute(HELD).fetchall() == [
        ("orchestration", "view_attempt"),
        ("payments", "view_payment"),
        ("orchestration", "view_statuschange"),
    ]
    unlike = line.execute(
        "SELECT count(*) FROM payments_attempt a JOIN payments_payment p ON p.id = a.payment_id"
        " WHERE (a.amount, a.currency) IS DISTINCT FROM (p.amount, p.currency)"
    )
    assert unlike.fetchone() == (0,)
    assert "0 violations" in manage(url, "check_books")

    # As if each had been broken off right before its end, and newer apps were not there yet.
    line.execute(f"DROP TABLE {', '.join(newer_tables())} CASCADE")
    line.execute(
        "DELETE FROM django_migrations WHERE app = ANY(%s)"
        " OR (app = 'payments' AND name > '0012_what_changes_stands_apart')",
        [["orchestration", *NEWER]],
    )
    manage(url, "migrate", "--verbosity", "0")
    assert "0 violations" in manage(url, "check_books")

    # And a worker ends what was in flight.
    assert run(url, "-m", "tests.upgrades.finish").split()[-1] == "0"
    assert "0 violations" in manage(url, "check_books")
