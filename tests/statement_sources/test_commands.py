"""What the guide shows of the command line."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from io import StringIO

import asyncssh
import pytest
from django.core.management import CommandError, call_command

from apps.reconciliation.tests.reports import foreign_line
from apps.statement_sources.management.commands import serve_statement_drop_in
from tests.statement_sources.conftest import NAME, connect, make_source, pull_from, switch_on

pytestmark = pytest.mark.django_db(transaction=True)


def fetch(account):
    out = StringIO()
    call_command("fetch_statements", account=account.public_id, stdout=out)
    return out.getvalue()


def test_an_accounts_reports_are_fetched_read_and_what_differs_is_printed(account, server):
    server.write(f"out/{NAME}", foreign_line())
    source = pull_from(server, account)

    first, second = fetch(account), fetch(account)

    assert "imported" in first and "lines=1" in first
    assert "line 1: unknown_to_us" in first
    assert second.strip() == f"{source.public_id} nothing new"


def test_what_cannot_be_fetched_is_said(account, server):
    with pytest.raises(CommandError, match="no source that is on"):
        fetch(account)
    pull_from(server, account)
    server.password = "another"
    with pytest.raises(CommandError, match="login"):
        fetch(account)
    with pytest.raises(CommandError, match="no provider account"):
        call_command("fetch_statements", account="pa_none")


def test_the_server_of_the_guide_starts_and_ends(account, tmp_path, settings):
    settings.STATEMENT_DROP_IN_DIR = str(tmp_path)
    key, partner = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key.write_private_key(tmp_path / "key")
    source = make_source(account, way="drop_in")
    connect(source, partner_keys=partner.export_public_key().decode())
    source = switch_on(source)
    seen = []

    def drop_in(port):
        async def put():
            async with (
                asyncssh.connect(
                    "127.0.0.1",
                    port,
                    username=source.login,
                    client_keys=[partner],
                    known_hosts=([key.convert_to_public()], [], []),
                ) as line,
                line.start_sftp_client() as sftp,
                sftp.open("/inbox/report.json", "wb") as file,
            ):
                await file.write(b"all of it")

        try:
            asyncio.run(put())
        except Exception as error:
            seen.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    class Out(StringIO):
        def write(self, text):
            if text.startswith("Listening"):
                port = int(text.split(":")[1].split()[0])
                threading.Thread(target=drop_in, args=(port,)).start()
            return super().write(text)

    call_command(serve_statement_drop_in.Command(stdout=Out()), port=0, host_key=tmp_path / "key")

    assert seen == []
    assert (tmp_path / source.login / "inbox" / "report.json").read_bytes() == b"all of it"
    with pytest.raises(CommandError, match="no private key"):
        call_command("serve_statement_drop_in", host_key=tmp_path / "none")
