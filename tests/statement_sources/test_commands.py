"""What the guide shows of the command line."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO

import asyncssh
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.reconciliation.tests.reports import foreign_line
from local.stack import ROOT
from tests import servers
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


def test_the_server_of_the_guide_starts_and_ends(account, tmp_path):
    key, partner = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key.write_private_key(tmp_path / "key")
    source = make_source(account, way="drop_in")
    connect(source, partner_keys=partner.export_public_key().decode())
    source = switch_on(source)

    async def put(port):
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

    with serving(tmp_path, "--host-key", str(tmp_path / "key")) as process:
        port = int(re.search(r":(\d+) SHA256:", process.stdout.readline())[1])
        # A browser's tests leave a loop running in this thread.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, put(port)).result(20)
        process.terminate()
        assert process.wait(20) == 0

    assert (tmp_path / source.login / "inbox" / "report.json").read_bytes() == b"all of it"


def test_without_a_key_the_server_does_not_start(tmp_path):
    with pytest.raises(CommandError, match="no private key"):
        call_command("serve_statement_drop_in", host_key=tmp_path / "none")


@contextmanager
def serving(folder, *arguments):
    """`manage.py serve_statement_drop_in` over this test's database, in a process of its own."""
    owner = servers.owner_url()
    name = psycopg.conninfo.conninfo_to_dict(owner)["dbname"]
    before, _, after = owner.rpartition(f"/{name}")
    command = (sys.executable, "manage.py", "serve_statement_drop_in", "--port", "0", *arguments)
    process = subprocess.Popen(
        [*command, "--settings", "config.settings.test"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": f"{before}/{connection.settings_dict['NAME']}{after}",
            "DATABASE_OWNER_URL": "",
            "STATEMENT_DROP_IN_DIR": str(folder),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
