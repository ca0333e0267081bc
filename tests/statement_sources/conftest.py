from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from apps.core import database_clock
from apps.reconciliation.tests.reports import DAY, JsonReader
from apps.statement_sources.models import ReceivedFile, StatementSource
from apps.statement_sources.rules.connection_digest import connection_digest
from apps.statement_sources.rules.source_order import SourceOrder, order_of
from apps.statement_sources.services import read_file as reading
from apps.statement_sources.services.activate_connection import activate_connection
from apps.statement_sources.services.draft_connection import ConnectionOrder, draft_connection
from apps.statement_sources.services.poll_source import poll_source
from apps.statement_sources.services.read_file import read_file
from apps.statement_sources.services.save_source import save_source
from tests.factories import ProviderAccountFactory
from tests.statement_sources.sftp_server import SftpServer

# The morning after DAY, in Douala (UTC+1).
MORNING = datetime(2026, 3, 11, 5, 0, tzinfo=UTC)
MAKER, CHECKER = "user:1", "user:2"
NAME = f"report_{DAY:%Y%m%d}.json"

ORDER = {
    "name": "MTN reports",
    "poll_times": [time(4, 0), time(6, 0)],
    "weekdays": list(range(7)),
    "latest_time": time(8, 0),
    "name_pattern": "report_{year}{month}{day}*.json",
    "first_day": date(2026, 3, 1),
    "completeness": "named",
}


@pytest.fixture
def morning(monkeypatch):
    """The database's clock stands at MORNING; `morning.advance(minutes=1)` moves it."""

    class Clock:
        now = MORNING

        def advance(self, **by):
            self.now += timedelta(**by)

    clock = Clock()
    monkeypatch.setattr(database_clock, "now", lambda: clock.now)
    return clock


@pytest.fixture(autouse=True)
def json_reader(monkeypatch):
    """Reports here are one JSON object a line."""
    monkeypatch.setattr(reading, "reader_for", lambda account: JsonReader())


@pytest.fixture
def account(db):
    return ProviderAccountFactory()


@pytest.fixture
def server(tmp_path):
    root = tmp_path / "server"
    (root / "out").mkdir(parents=True)
    started = SftpServer(root, password="their-password")
    yield started
    started.close()


def make_source(account, *, way="sftp_pull", now=MORNING, **changes) -> StatementSource:
    return save_source(
        source=None,
        account=account,
        way=way,
        order=SourceOrder(**{**ORDER, **changes}),
        actor=MAKER,
        now=now,
    )


def connect(source, *, now=MORNING, **order):
    draft = draft_connection(
        source=source, order=ConnectionOrder(**order), created_by=MAKER, now=now
    )
    return activate_connection(
        {"connection_id": str(draft.pk), "digest": connection_digest(draft)},
        requested_by=MAKER,
        approved_by=CHECKER,
        reason="agreed",
        now=now,
    )


def switch_on(source, *, now=MORNING, **changes):
    return save_source(
        source=source,
        order=replace(order_of(source), is_enabled=True, **changes),
        actor=MAKER,
        now=now,
    )


def pull_from(server, account, **changes) -> StatementSource:
    """A source that is on and due."""
    source = make_source(account, **changes)
    connect(
        source,
        host="127.0.0.1",
        port=server.port,
        username="lomi",
        host_keys=server.host_key_line,
        folder="out",
        archive_folder="archive",
        password=server.password,
    )
    return switch_on(source)


def poll(source, *, now=None):
    """As a worker does it."""
    now = now or database_clock.now()
    StatementSource.objects.filter(pk=source.pk).update(due_at=now)
    return poll_source(source_id=source.pk, leased_until=now)


def read_all(now=None):
    """Read what is due, as a worker does it."""
    for file in ReceivedFile.objects.filter(due_at__isnull=False).order_by("seen_at"):
        read_file(file_id=file.pk, leased_until=file.due_at, now=now or database_clock.now())


def the_file(**where) -> ReceivedFile:
    return ReceivedFile.objects.get(**where)
