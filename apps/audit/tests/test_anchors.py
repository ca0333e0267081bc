"""Heads kept outside: a chain rewritten throughout is found, though every hash in it fits."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.services.anchor_head import anchor_head
from apps.audit.services.chain_entries import chain_entries
from apps.audit.services.record import record
from apps.audit.tasks import anchor_head as hourly
from apps.core.log_format import KeyValueFormatter

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def chain():
    add(1, 2, 3)


def add(*numbers: int) -> None:
    for number in numbers:
        record(actor=f"user:{number}", action="test.act", now=NOW + timedelta(seconds=number))
    chain_entries()


def rewrite() -> None:
    """As someone who owns the database: another past, in which every hash fits."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE audit_auditentry SET position = NULL, chain_hash = NULL,"
            " actor = CASE actor WHEN 'user:2' THEN 'user:9' ELSE actor END"
        )
        cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")
    chain_entries()


def verify(*paths: object) -> str:
    said = StringIO()
    call_command("verify_audit", *(f"--anchor-file={path}" for path in paths), stdout=said)
    return said.getvalue()


def test_a_rewritten_chain_is_found_by_the_heads_in_a_file(tmp_path, settings):
    file = tmp_path / "anchors"
    settings.AUDIT_ANCHORS = [f"file://{file}"]
    hourly()
    add(4)
    hourly()
    add(5)

    assert "whole up to 5:" in verify(file)
    rewrite()

    assert "whole" in verify()
    with pytest.raises(CommandError, match=r"position 3 .*the chain was rewritten up to here"):
        verify(file)


def test_a_chain_cut_behind_its_head_is_found(tmp_path):
    file = tmp_path / "anchors"
    anchor_head(places=[f"file://{file}"], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_auditentry WHERE position = 3")
        cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")

    with pytest.raises(CommandError, match="the chain ends before its anchor"):
        verify(file)


def test_two_heads_of_one_place_that_differ_are_no_proof(tmp_path):
    head = anchor_head(places=[], now=NOW)
    file = tmp_path / "anchors"
    file.write_text(f"{head.position}:{'0' * 64}\n{head.position}:{head.chain_hash.hex()}\n")

    with pytest.raises(CommandError, match="position 3"):
        verify(file)


def test_a_file_is_added_to_and_its_owners_alone(tmp_path):
    file = tmp_path / "anchors"
    for minutes in (0, 60):
        anchor_head(places=[f"file://{file}"], now=NOW + timedelta(minutes=minutes))

    lines = file.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"]
    assert {line.split()[1][:2] for line in lines} == {"3:"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_log_and_a_mail_have_it_too_and_serve_as_proof(tmp_path, caplog):
    caplog.set_level("INFO")
    head = anchor_head(places=["mailto:auditor@bank.example"], now=NOW)
    log, mails = tmp_path / "worker.log", tmp_path / "mails"
    record_of = next(each for each in caplog.records if each.msg == "audit anchor")
    log.write_text(KeyValueFormatter().format(record_of))
    mails.write_text(mail.outbox[0].body)
    assert mail.outbox[0].to == ["auditor@bank.example"]

    assert f"whole up to 3:{head.chain_hash.hex()}" in verify(log, mails)
    rewrite()

    for kept in (log, mails):
        with pytest.raises(CommandError, match="rewritten"):
            verify(kept)


class Auditor(BaseHTTPRequestHandler):
    heard: list[str]
    answer = 204

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(body.decode())
        self.send_response(self.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def auditor() -> Iterator[tuple[str, type[Auditor]]]:
    handler = type("ThisAuditor", (Auditor,), {"heard": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/take?key=secret", handler
        server.shutdown()


def test_an_address_is_told_one_line(auditor):
    place, handler = auditor

    head = anchor_head(places=[place], now=NOW)

    assert handler.heard == [f"2026-03-01T12:00:00Z 3:{head.chain_hash.hex()}\n"]


def test_a_place_that_fails_is_an_alarm_and_keeps_none_from_the_others(auditor, tmp_path, caplog):
    place, handler = auditor
    handler.answer = 500
    file = tmp_path / "anchors"

    anchor_head(
        places=[
            place,
            "http://127.0.0.1:1/x?key=secret",
            "ftp://elsewhere",
            f"file://{tmp_path}/no/such/folder",
            f"file://{file}",
        ],
        now=NOW,
    )

    assert [each.msg for each in caplog.records if each.levelname == "ERROR"] == [
        "audit anchor not kept"
    ] * 4
    assert not any("secret" in str(vars(each)) for each in caplog.records)
    assert file.exists()


def test_a_file_without_a_head_proves_nothing_and_is_refused(tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("nothing here\n")

    with pytest.raises(CommandError, match="no anchor"):
        verify(empty)
    with pytest.raises(CommandError, match="No such file"):
        verify(tmp_path / "missing")


def test_nothing_is_kept_of_an_empty_chain(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditentry")

    assert anchor_head(places=[f"file://{tmp_path}/anchors"], now=NOW) is None
    assert not (tmp_path / "anchors").exists()
