"""Fixtures of the whole suite."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
import redis
from _pytest.nodeid import coerce_node_id
from django.contrib import admin
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone, translation

from apps.core import database_clock, rate_limit
from apps.core.public_ids import new_id_at
from config import garbage
from tests.fakes import FAKE, FakeClock, FakeConnector, FakeProvider, register

# Tests are made of the admin's pages, before anybody asked for one.
admin.autodiscover()

SHUFFLE_SEED = os.environ.get("LOMI_SHUFFLE", "")

# Generators are large to install: `make clients`.
collect_ignore = [] if os.environ.get("LOMI_CLIENTS") else ["clients"]

# Content types and permissions belong to the schema.
TABLES = """
SELECT tablename FROM pg_tables
 WHERE schemaname = current_schema()
   AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
"""
# Audit entries cannot be deleted, by design. Most tables have no page: those need not be read.
EMPTY_TABLES = f"""
DO $$
DECLARE
    name text;
    is_used boolean;
BEGIN
    FOR name IN {TABLES} LOOP
        CONTINUE WHEN pg_relation_size(quote_ident(name)::regclass) = 0;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_used;
        IF is_used AND name = 'audit_auditentry' THEN
            EXECUTE format('TRUNCATE %I', name);
        ELSIF is_used THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
END
$$
"""
TRUNCATE_TABLES = f"""
DO $$
BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM ({TABLES}) t);
END
$$
"""


def empty_used_tables(_test: TransactionTestCase | None = None) -> None:
    """Django's own way truncates every table and makes all permissions anew: 0.6 s a test."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_TABLES)


TransactionTestCase._fixture_teardown = empty_used_tables  # type: ignore[method-assign]


@pytest.fixture
def new_tables(db: None) -> None:
    """For what counts pages, or rows that found room: none holds the dead rows of tests before.

    Ask for it before whatever makes rows: `@pytest.mark.usefixtures("new_tables")`.
    """
    with connection.cursor() as cursor:
        cursor.execute(TRUNCATE_TABLES)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Where nobody's language is asked for it is that of programs, whatever a test before left."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's clock is this process's: nothing is measured, and `clock` moves both."""
    monkeypatch.setattr(database_clock, "now", lambda: timezone.now())


@pytest.fixture
def limiter_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limiter finds nobody at Redis's address; everything else does."""
    nobody = redis.Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(rate_limit, "_client", lambda: nobody)
    script = nobody.register_script(rate_limit.SCRIPT)
    monkeypatch.setattr(rate_limit, "_script", lambda: script)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Everybody's clock, and that of new ids: it stands still until the test moves it."""
    fake = FakeClock()
    monkeypatch.setattr("django.utils.timezone.now", fake)
    monkeypatch.setattr("uuid_utils.compat.uuid7", lambda: new_id_at(fake.now))
    return fake


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    """A provider in memory, known to the registry as "fake"."""
    fake = FakeProvider()
    register(monkeypatch, {FAKE: (fake, FakeConnector)})
    return fake


def pytest_collection_finish():
    """What was collected lives until the end: the garbage collector need not look through it."""
    garbage.tune()


def pytest_report_header():
    return f"order: LOMI_SHUFFLE={SHUFFLE_SEED}" if SHUFFLE_SEED else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if SHUFFLE_SEED:
        _shuffle(items)
    if config.getoption("loadgroup", False):
        _write_groups_into_ids(items)


def _shuffle(items):
    """Modules in an order of chance, and the tests of each: none may mind."""
    chance = random.Random(SHUFFLE_SEED)
    modules = {item.path: chance.random() for item in items}
    places = {item: (modules[item.path], chance.random()) for item in items}
    items.sort(key=places.__getitem__)


def _write_groups_into_ids(items):
    """Write the xdist_group into the test's id, where --dist loadgroup looks for it.

    xdist 3.8 writes it to an attribute that pytest 9.2 no longer reads, and would group nothing.
    """
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        if mark and "@" not in item.nodeid:
            item._id = coerce_node_id(f"{item.nodeid}@{mark.args[0]}")


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """In CI a skipped test is a failure: everything can be installed there."""
    skipped = terminalreporter.stats.get("skipped", [])
    if os.environ.get("LOMI_CI") and skipped:
        terminalreporter.write_line(f"{len(skipped)} skipped in CI: that is a failure", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("LOMI_CI") or reporter is None or hasattr(session.config, "workerinput"):
        return
    if reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = 1
