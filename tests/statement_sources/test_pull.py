"""Reports are fetched over SFTP, each once, whatever breaks on the way."""

from __future__ import annotations

import hashlib
import os
import random
from datetime import date, timedelta

import asyncssh
import pytest

from apps.reconciliation.models import Statement
from apps.reconciliation.tests.reports import DAY, foreign_line
from apps.statement_sources.models import FilePiece, ReceivedFile
from apps.statement_sources.services import fetch_file as fetching
from apps.statement_sources.services.discard_file import discard_file
from apps.statement_sources.services.read_again import read_again
from apps.statement_sources.transports import piece_store
from apps.statement_sources.transports.piece_store import read_pieces
from apps.statement_sources.transports.sftp_folder import Reach, SftpFolder
from tests.statement_sources.conftest import (
    NAME,
    connect,
    make_source,
    poll,
    pull_from,
    read_all,
    switch_on,
    the_file,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_pieces(monkeypatch):
    """Files of a few pieces without a megabyte each."""
    monkeypatch.setattr(fetching, "PIECE_BYTES", 1000)
    monkeypatch.setattr(piece_store, "PIECE_BYTES", 1000)


def lines(count, start=0):
    return "\n".join(
        foreign_line(reference=f"r-{n}", provider_reference=f"TX{n}")
        for n in range(start, start + count)
    )


def test_a_report_is_fetched_read_once_and_kept_as_it_came(morning, account, server):
    server.write(f"out/{NAME}", lines(3))
    source = pull_from(server, account)

    poll(source)
    read_all()
    for _again in range(2):
        poll(source)
        read_all()

    file = the_file()
    assert (file.status, file.day, file.statement.lines_read) == ("imported", DAY, 3)
    assert bytes(file.sha256) == hashlib.sha256(lines(3).encode()).digest()
    assert b"".join(read_pieces(file.pk)) == lines(3).encode()
    assert Statement.objects.count() == 1
    assert Statement.objects.get().status == Statement.Status.MATCHED


def test_what_lies_in_the_database_says_nothing_of_the_report(morning, account, server):
    server.write(f"out/{NAME}", lines(3))

    poll(pull_from(server, account))

    piece = bytes(FilePiece.objects.get().content_encrypted)
    assert b"TX1" not in piece and b"reference" not in piece


def test_a_broken_line_is_taken_up_where_it_broke(morning, account, server, small_pieces):
    content = lines(200)
    server.write(f"out/{NAME}", content)
    server.breaks = [5_000, 12_000]
    source = pull_from(server, account)

    poll(source)

    file = the_file()
    assert b"".join(read_pieces(file.pk)).decode() == content
    assert server.logins == 3
    assert server.offsets.count(0) == 1


def test_a_wrong_password_is_not_tried_again_by_itself(morning, account, server):
    source = pull_from(server, account)
    server.password = "another"

    poll(source)

    source.refresh_from_db()
    assert (source.failure, source.failures, source.due_at) == ("login", 1, None)
    server.password = "their-password"
    poll(source)
    source.refresh_from_db()
    assert (source.failure, source.failures, source.failing_since) == ("", 0, None)
    assert source.due_at is not None


def test_another_host_key_is_not_spoken_to(morning, account, server):
    server.write(f"out/{NAME}", lines(1))
    source = pull_from(server, account)
    other = asyncssh.generate_private_key("ssh-ed25519")
    connect(
        source,
        now=morning.now + timedelta(seconds=1),
        host="127.0.0.1",
        port=server.port,
        username="lomi",
        host_keys=other.export_public_key().decode(),
        folder="out",
        password="their-password",
    )

    poll(source)

    source.refresh_from_db()
    assert (source.failure, source.due_at) == ("host_key", None)
    assert server.logins == 0
    assert not ReceivedFile.objects.exists()


def test_two_pinned_keys_serve_while_a_server_changes_its_own(morning, account, server):
    server.write(f"out/{NAME}", lines(1))
    next_key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    source = make_source(account)
    connect(
        source,
        host="127.0.0.1",
        port=server.port,
        username="lomi",
        host_keys=f"{next_key}\n[127.0.0.1]:{server.port} {server.host_key_line}",
        folder="out",
        password="their-password",
    )

    poll(switch_on(source))

    assert the_file().status == "fetched"


def test_without_a_pinned_key_no_server_is_reached():
    reach = Reach(host="127.0.0.1", port=1, username="x", host_keys=[], folder="")
    with pytest.raises(Exception, match="host_key"):
        SftpFolder(reach)


def test_a_server_that_does_not_answer_is_looked_at_less_and_less_often(morning, account, server):
    source = pull_from(server, account)
    server.close()
    waits = []

    for _ in range(8):
        poll(source)
        source.refresh_from_db()
        waits.append((source.due_at - morning.now) // timedelta(minutes=1))
        morning.now = source.due_at

    assert waits[:3] == [1, 2, 5]
    assert waits[-1] > 60
    assert source.failures == 8 and source.failure == "connection"
    server.close = lambda: None


def test_what_is_still_written_is_not_fetched(morning, account, server):
    source = pull_from(server, account, completeness="unchanged")
    path = server.write(f"out/{NAME}", lines(1), mtime=1_000_000)
    for name in (f".{NAME}", f"{NAME}.part", f"{NAME}.filepart", f"{NAME}.tmp"):
        server.write(f"out/{name}", lines(1))

    poll(source)
    assert the_file().status == "arriving"
    source.refresh_from_db()
    assert source.due_at - morning.now == timedelta(minutes=1)

    path.write_text(lines(2))
    poll(source)
    assert the_file().status == "arriving"

    poll(source)
    assert (the_file().status, the_file().size) == ("fetched", len(lines(2)))


def test_a_marker_says_that_a_file_is_complete(morning, account, server):
    source = pull_from(server, account, completeness="marker", marker_suffix=".ok")
    server.write(f"out/{NAME}", lines(1))
    for _ in range(3):
        poll(source)
    assert the_file().status == "arriving"

    server.write(f"out/{NAME}.ok", "")
    poll(source)

    assert the_file().status == "fetched"


def test_a_marker_that_never_comes_is_a_persons_after_a_day(morning, account, server):
    source = pull_from(server, account, completeness="marker", marker_suffix=".ok")
    server.write(f"out/{NAME}", lines(1))
    poll(source)
    morning.advance(hours=25)

    poll(source)

    assert (the_file().status, the_file().problem) == ("quarantined", "never_finished")


def test_a_file_that_grows_while_it_is_fetched_begins_anew(morning, account, server, small_pieces):
    path = server.write(f"out/{NAME}", lines(50), mtime=1_000_000)
    source = pull_from(server, account)

    def grow(name):
        server.before_read = lambda name: None
        path.write_text(lines(60))

    server.before_read = grow
    poll(source)
    assert (the_file().status, the_file().pieces) == ("arriving", 0)

    poll(source)
    assert b"".join(read_pieces(the_file().pk)).decode() == lines(60)


def test_a_file_that_is_too_large_is_refused_unread(morning, account, server):
    path = server.write(f"out/{NAME}", "")
    os.truncate(path, 2 * 1024**3)
    source = pull_from(server, account)

    poll(source)
    poll(source)

    file = the_file()
    assert (file.status, file.problem, file.pieces) == ("quarantined", "too_large", 0)
    assert server.bytes_read == 0


def test_one_bad_file_keeps_none_of_the_others(morning, account, server):
    other = DAY - timedelta(days=1)
    server.write(f"out/report_{other:%Y%m%d}.json", "neither JSON\nnor anything\n")
    server.write(f"out/{NAME}", lines(2))
    source = pull_from(server, account)

    poll(source)
    read_all()

    bad, good = ReceivedFile.objects.order_by("name")
    assert (bad.status, bad.problem) == ("quarantined", "unreadable_statement")
    assert "not JSON" in bad.problem_detail
    assert (good.status, good.day) == ("imported", DAY)


def test_a_file_that_may_not_be_read_keeps_none_of_the_others_and_is_a_persons(
    morning, account, server
):
    server.write("out/report_20260309.json", lines(1))
    server.write(f"out/{NAME}", lines(1, start=9))

    def refuse(name):
        if name == "report_20260309.json":
            raise asyncssh.SFTPPermissionDenied("no")

    server.before_read = refuse
    source = pull_from(server, account, first_day=DAY - timedelta(days=1))

    for _again in range(fetching.CHANGES_MAX):
        poll(source)
    read_all()

    assert the_file(name=NAME).status == "imported"
    bad = the_file(name="report_20260309.json")
    assert (bad.status, bad.problem) == ("quarantined", "not_readable")
    source.refresh_from_db()
    assert source.failing_since is None

    # A person had it mended there.
    server.before_read = lambda name: None
    read_again(file_id=bad.pk, reason="They mended it.", actor="user:1", now=bad.waiting_since)
    poll(source)
    assert the_file(name="report_20260309.json").sha256 is not None


def test_another_content_under_the_same_name_is_a_newer_statement_and_shown(
    morning, account, server
):
    server.write(f"out/{NAME}", lines(2))
    source = pull_from(server, account)
    poll(source)
    read_all()
    morning.advance(minutes=5)
    server.write(f"out/{NAME}", lines(3))

    poll(source)
    read_all()

    first, second = ReceivedFile.objects.order_by("fetched_at")
    assert (first.is_correction, second.is_correction) == (False, True)
    assert second.statement.created_at > first.statement.created_at
    assert second.statement.lines_read == 3


def test_a_source_without_corrections_leaves_another_content_to_a_person(morning, account, server):
    server.write(f"out/{NAME}", lines(2))
    source = pull_from(server, account, takes_corrections=False)
    poll(source)
    read_all()
    server.write(f"out/{NAME}", lines(3))

    poll(source)
    read_all()

    second = the_file(is_correction=True)
    assert (second.status, second.problem) == ("quarantined", "name_reused")
    assert Statement.objects.count() == 1
    read_again(file_id=second.pk, reason="They called", actor="user:1", now=morning.now)
    read_all()
    assert the_file(pk=second.pk).status == "imported"


def test_the_same_content_put_there_again_is_the_same_file(morning, account, server):
    server.write(f"out/{NAME}", lines(2), mtime=1_000_000)
    source = pull_from(server, account)
    poll(source)
    read_all()
    server.write(f"out/{NAME}", lines(2), mtime=2_000_000)

    poll(source)
    poll(source)

    assert ReceivedFile.objects.count() == Statement.objects.count() == 1
    assert FilePiece.objects.count() == 1


def test_a_fetched_file_is_archived_beside_one_of_the_same_name(morning, account, server):
    (server.root / "archive").mkdir()
    server.write(f"archive/{NAME}", "an older one")
    server.write(f"out/{NAME}", lines(2))
    source = pull_from(server, account, after_fetch="archive")

    poll(source)

    assert not (server.root / "out" / NAME).exists()
    archived = sorted(path.name for path in (server.root / "archive").iterdir())
    assert len(archived) == 2 and archived[1].startswith(f"{NAME}.")
    assert (server.root / "archive" / NAME).read_text() == "an older one"


def test_the_day_is_in_the_name_or_in_the_lines_or_a_persons_to_say(morning, account, server):
    server.write("out/daily_one.json", lines(2))
    server.write(
        "out/daily_two.json",
        foreign_line(occurred_at="2026-03-09T10:00:00+00:00") + "\n" + foreign_line(reference="x"),
    )
    source = pull_from(server, account, name_pattern="daily_*.json")

    poll(source)
    read_all()

    one, two = ReceivedFile.objects.order_by("name")
    assert (one.status, one.day) == ("imported", DAY)
    assert (two.status, two.problem) == ("quarantined", "day_unknown")
    read_again(file_id=two.pk, reason="Of both", actor="user:1", day=DAY, days=2, now=morning.now)
    read_all()
    two.refresh_from_db()
    assert (two.status, two.statement.first_day) == ("imported", date(2026, 3, 9))


def test_yesterdays_file_under_todays_name_is_noticed(morning, account, server):
    server.write(f"out/{NAME}", foreign_line(occurred_at="2026-03-08T10:00:00+00:00"))
    source = pull_from(server, account)

    poll(source)
    read_all()

    assert (the_file().status, the_file().problem) == ("quarantined", "statement_of_other_days")
    assert not Statement.objects.exists()


def test_a_discarded_file_is_kept_and_asked_about_no_more(morning, account, server):
    server.write(f"out/{NAME}", "rubbish")
    source = pull_from(server, account)
    poll(source)
    read_all()

    discard_file(file_id=the_file().pk, reason="A test of theirs", actor="user:1", now=morning.now)
    poll(source)
    read_all()

    assert (the_file().status, the_file().note) == ("discarded", "A test of theirs")
    assert b"".join(read_pieces(the_file().pk)) == b"rubbish"


def test_files_of_other_names_and_of_days_before_the_first_are_passed_over(
    morning, account, server
):
    server.write("out/readme.txt", "hello")
    server.write("out/report_20250101.json", lines(1))
    source = pull_from(server, account)

    poll(source)

    source.refresh_from_db()
    assert not ReceivedFile.objects.exists()
    assert (source.unmatched, source.unmatched_name) == (1, "readme.txt")


def test_a_link_on_the_other_side_is_no_report(morning, account, server):
    server.write("secret.txt", lines(1))
    (server.root / "out" / NAME).symlink_to(server.root / "secret.txt")

    poll(pull_from(server, account))

    assert not ReceivedFile.objects.exists()


def test_thousands_of_files_that_are_here_already_cost_one_listing(
    morning, account, server, django_assert_max_num_queries
):
    source = pull_from(server, account)
    chance = random.Random(7)
    rows = []
    for n in range(2_000):
        name = f"report_20260310_{n}.json"
        server.write(f"out/{name}", "x", mtime=1_000_000)
        rows.append(
            ReceivedFile(
                source=source,
                name=name,
                size=1,
                stamp="1:1000000:0",
                sha256=chance.randbytes(32),
                status="discarded",
                seen_at=morning.now,
            )
        )
    ReceivedFile.objects.bulk_create(rows)

    with django_assert_max_num_queries(30):
        poll(source)

    assert server.bytes_read == 0
