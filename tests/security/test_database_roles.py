"""The role that works owns nothing: who breaks into a process rewrites neither audit nor books."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.errors import InsufficientPrivilege, IntegrityError

from apps.core.postgresql.privileges import check_role, grant_privileges, privileges
from local.postgres import OWNER, RUNTIME
from manage import FOR_THE_OWNER, main
from tests import servers

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not os.environ.get("DATABASE_OWNER_URL"), reason="this server has one role for all"
    ),
]

TABLES = sorted(privileges())
WRITTEN_ONCE = [
    "audit_auditentry", "django_admin_log", "ledger_account", "ledger_transfer",
    "payments_statuschange", "payments_metadataentry", "webhooks_event", "realtime_feedentry",
    "reconciliation_statementday", "reconciliation_discrepancyevent",
    "vault_keycanary", "django_migrations",
]  # fmt: skip
NEVER_DELETED = [
    *WRITTEN_ONCE, "payments_payment", "payments_attempt", "merchants_merchant", "merchants_apikey",
    "reconciliation_statement", "reconciliation_statementline", "reconciliation_discrepancy",
    "webhooks_endpoint", "providers_provideraccount", "auth_user",
]  # fmt: skip


@pytest.fixture
def runtime(django_db_setup):
    """A connection as the platform's processes have theirs."""
    url = servers.of_database(connection.settings_dict["NAME"])["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as line:
        yield line


def refused(line, sql):
    with pytest.raises(InsufficientPrivilege):
        line.execute(sql)


def test_every_table_has_its_privileges():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        there = {name for (name,) in cursor.fetchall()}

    # A view for the release before this one is nobody's.
    assert there - {"ledger_balancesnapshot"} == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_the_platform_owns_no_table(runtime, table):
    for act in (
        f"TRUNCATE {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"ALTER TABLE {table} ADD COLUMN mine int",
        f"ALTER TABLE {table} OWNER TO {RUNTIME}",
        f"DROP TABLE {table} CASCADE",
        f"CREATE INDEX mine ON {table} ((1))",
        f"CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
        f"CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    ):
        with pytest.raises((InsufficientPrivilege, psycopg.errors.WrongObjectType)):
            runtime.execute(act)
    # PostgreSQL warns, and grants nothing.
    before = allowed(runtime, table)
    runtime.execute(f"GRANT ALL ON {table} TO {RUNTIME}")
    assert allowed(runtime, table) == before


def allowed(line, table):
    acts = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
    found = line.execute(
        "SELECT act FROM unnest(%s::text[]) AS act WHERE has_table_privilege(%s, act)",
        [list(acts), table],
    )
    return {act for (act,) in found}


@pytest.mark.parametrize("table", TABLES)
def test_what_is_granted_is_what_is_said(runtime, table):
    said = {act for act in privileges()[table].split(", ") if act.isalpha()}

    assert allowed(runtime, table) == said


@pytest.mark.parametrize("table", WRITTEN_ONCE)
def test_what_was_written_stays_so(runtime, table):
    (column,) = runtime.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 2", [table]
    ).fetchone()

    refused(runtime, f"UPDATE {table} SET {column} = {column}")
    refused(
        runtime,
        f"MERGE INTO {table} t USING (SELECT 1) s ON true"
        f" WHEN MATCHED THEN UPDATE SET {column} = t.{column}",
    )


@pytest.mark.parametrize("table", NEVER_DELETED)
def test_what_is_kept_for_ever_is_not_deleted(runtime, table):
    refused(runtime, f"DELETE FROM {table}")
    refused(runtime, f"WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT FROM gone")


@pytest.mark.parametrize(
    "act",
    [
        "CREATE TABLE mine (id int)",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
        "DROP TRIGGER audit_append_only ON audit_auditentry",
        "DROP FUNCTION audit_append_only CASCADE",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SET ROLE lomi",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SET session_replication_role = replica",
        "SELECT set_config('session_replication_role', 'replica', false)",
        "ALTER ROLE lomi_runtime SUPERUSER",
        "ALTER ROLE lomi_runtime SET session_replication_role = replica",
        "ALTER ROLE lomi PASSWORD 'mine'",
        "GRANT lomi TO lomi_runtime",
        "ALTER SYSTEM SET fsync = off",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "COPY audit_auditentry FROM PROGRAM 'echo'",
        "COPY (SELECT 1) TO '/tmp/mine'",
        "COPY audit_auditentry (actor) FROM '/etc/passwd'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_reload_conf()",
        "DO $$ BEGIN LOCK TABLE audit_auditentry IN ACCESS EXCLUSIVE MODE; END $$",
    ],
)
def test_nothing_else_is_open_to_the_platform(runtime, act):
    refused(runtime, act)


def test_a_seal_is_set_once_and_nothing_else_of_an_entry_is_changed(runtime):
    with runtime.transaction(force_rollback=True):
        (entry,) = runtime.execute(
            "INSERT INTO audit_auditentry (actor, action, target, detail, created_at)"
            " VALUES ('system', 'test', '', '{}', now()) RETURNING id"
        ).fetchone()
        runtime.execute(
            "UPDATE audit_auditentry SET position = 1000000, chain_hash = '1' WHERE id = %s",
            [entry],
        )
        with pytest.raises(IntegrityError), runtime.transaction():
            runtime.execute("UPDATE audit_auditentry SET chain_hash = '2' WHERE id = %s", [entry])
    for column in ("id", "actor", "action", "target", "detail", "created_at"):
        refused(runtime, f"UPDATE audit_auditentry SET {column} = {column}")


def test_what_was_granted_by_hand_is_taken_back(runtime):
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON ledger_transfer TO {RUNTIME}")
        cursor.execute(f"GRANT UPDATE (amount) ON ledger_transfer TO {RUNTIME}")
        cursor.execute("GRANT DELETE ON audit_auditentry TO PUBLIC")

        grant_privileges(role=RUNTIME)

        for table in ("ledger_transfer", "audit_auditentry"):
            cursor.execute(
                "SELECT has_table_privilege(%s, %s, 'UPDATE, DELETE, TRUNCATE')", [RUNTIME, table]
            )
            assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT has_column_privilege(%s, 'ledger_transfer', 'amount', 'UPDATE')", [RUNTIME]
        )
        assert cursor.fetchone() == (False,)


def test_a_table_made_anew_under_traffic_can_be_read_and_written_until_the_grants_come():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE made_anew (id int)")
        acts = "SELECT has_table_privilege(%s, 'made_anew', act) FROM unnest(%s::text[]) AS act"
        cursor.execute(acts, [RUNTIME, ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"]])

        assert cursor.fetchall() == [(True,), (True,), (False,), (False,), (False,)]


@pytest.mark.parametrize("role", ["postgres", "nobody_knows", OWNER])
def test_a_role_that_grants_do_not_bind_is_refused(role, settings):
    settings.DATABASE_RUNTIME_ROLE = role

    with pytest.raises(CommandError, match=role):
        call_command("grant_privileges")


def test_the_check_names_a_platform_that_owns_its_tables():
    # As this suite does.
    assert [each.id for each in check_role()] == ["lomi.E024"]

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() != (RUNTIME,)


def test_the_commands_of_the_owner_are_few():
    assert {
        *("migrate", "flush", "grant_privileges", "retake_snapshots", "forget_key"),
        "after_restore",
    } == FOR_THE_OWNER


@pytest.mark.parametrize(("command", "door"), [("migrate", "owner"), ("seed_demo", "web")])
def test_a_command_of_the_owner_is_one_whatever_door_its_parent_came_by(command, door, monkeypatch):
    """What a web process starts has that process's door in its environment."""
    monkeypatch.setenv("DATABASE_DOOR", "web")
    monkeypatch.setattr("sys.argv", ["manage.py", command])
    monkeypatch.setattr("os.umask", lambda mask: 0)
    monkeypatch.setattr("django.core.management.execute_from_command_line", lambda argv: None)

    main()

    assert os.environ["DATABASE_DOOR"] == door
