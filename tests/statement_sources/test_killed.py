"""Whoever fetches or reads dies by SIGKILL at any step, or is two: each report counts once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.core.failpoints import NAMES
from apps.core.work.leased_rows import LeasedRow
from apps.reconciliation.models import Statement
from apps.reconciliation.tests.reports import foreign_line
from apps.statement_sources.due_work import DUE_SOURCES, Lease, LeaseLost
from apps.statement_sources.models import FilePiece, ReceivedFile, StatementSource
from apps.statement_sources.services import fetch_file as fetching
from apps.statement_sources.services.poll_now import poll_now
from apps.statement_sources.services.poll_source import poll_source
from apps.statement_sources.transports.piece_store import read_pieces
from tests.killed import is_killed_at
from tests.statement_sources.conftest import NAME, poll, pull_from, read_all, the_file
from tests.statement_sources.test_api import ASKING
from tests.statement_sources.test_pgp_files import OPENING
from tests.statement_sources.test_uploads import upload

pytestmark = pytest.mark.django_db(transaction=True)

FETCHING = [
    "sources.fetch.between_pieces",
    "sources.fetch.before_commit",
    "sources.fetch.after_commit",
]
UPLOADING = "sources.upload.before_commit"
READING = ["sources.read.after_import", "sources.read.before_commit"]

CONTENT = "\n".join(
    foreign_line(reference=f"r-{n}", provider_reference=f"TX{n}") for n in range(40)
)


@pytest.fixture
def source(morning, account, server, monkeypatch):
    monkeypatch.setattr(fetching, "PIECE_BYTES", 1000)
    (server.root / "archive").mkdir()
    server.write(f"out/{NAME}", CONTENT)
    return pull_from(server, account, after_fetch="archive")


def assert_counted_once():
    assert Statement.objects.get().lines_read == 40
    assert (the_file().status, the_file().pieces) == ("imported", FilePiece.objects.count())
    assert b"".join(read_pieces(the_file().pk)).decode() == CONTENT


@pytest.mark.parametrize("place", FETCHING)
def test_a_fetch_killed_anywhere_goes_on_where_it_was(source, server, place):
    assert is_killed_at(place, lambda: poll(source=source))
    assert not Statement.objects.exists()

    poll(source)
    read_all()

    assert_counted_once()
    assert not list((server.root / "out").iterdir())


@pytest.mark.parametrize("place", READING)
def test_a_reading_killed_anywhere_is_done_again_and_counts_once(source, morning, place):
    poll(source)
    assert is_killed_at(place, read_all)
    assert the_file().status == "fetched"
    # Or two people could withdraw it, and it would be read a second time.
    assert not Statement.objects.exists()

    read_all()
    assert the_file().due_at is None
    morning.advance(hours=1)
    read_all()

    assert_counted_once()


def test_every_place_of_getting_statements_has_its_victim():
    places = {name for name in NAMES if name.startswith("sources.")}
    assert places == {*ASKING, *FETCHING, *READING, OPENING, UPLOADING}


def test_an_upload_killed_before_it_was_kept_comes_again_and_counts_once(morning, account):
    assert is_killed_at(UPLOADING, lambda: upload(account, CONTENT))
    assert not FilePiece.objects.exists()

    upload(account, CONTENT)
    upload(account, CONTENT)
    read_all()

    assert_counted_once()


def test_two_workers_fetch_a_report_once(source, server, morning):
    now = morning.now
    StatementSource.objects.filter(pk=source.pk).update(due_at=now)
    answers, together = [], threading.Barrier(2)

    def work():
        try:
            together.wait(10)
            (row,) = DUE_SOURCES.claim(limit=1, now=now, done=[]) or [None]
            if row is not None:
                answers.append(poll_source(source_id=row.id, leased_until=row.leased_until))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert [one.fetched for one in answers] == [1]
    assert server.logins == 1
    assert ReceivedFile.objects.count() == 1


def test_whoever_lost_the_source_does_nothing_more_of_it(source, morning):
    poll_now(source_id=source.pk, actor="user:1", now=morning.now)
    lease = Lease(source.pk, morning.now)
    lease.prolong()

    poll_now(source_id=source.pk, actor="user:1", now=morning.now + timedelta(seconds=1))

    with pytest.raises(LeaseLost):
        lease.prolong()
    assert poll_source(source_id=source.pk, leased_until=lease.until) is None


def test_what_nobody_foresaw_is_a_persons_after_a_while(source, morning):
    for _ in range(12):
        until = morning.now + timedelta(seconds=60)
        StatementSource.objects.filter(pk=source.pk).update(due_at=until)
        DUE_SOURCES.put_back(LeasedRow(source.pk, until), error="KeyError: 'x'", now=morning.now)

    source.refresh_from_db()
    assert (source.failures, source.due_at) == (12, None)
    assert source.failing_since is not None
