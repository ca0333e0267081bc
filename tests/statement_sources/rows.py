"""The plainest rows of getting statements, for tests of other things."""

from __future__ import annotations

from datetime import datetime, time

import asyncssh

from apps.core.public_ids import new_id
from apps.providers.models import ProviderAccount
from apps.statement_sources.models import (
    ReceivedFile,
    SourceConnection,
    StatementSource,
    login_of,
)
from apps.statement_sources.services.draft_connection import ConnectionOrder, draft_connection
from apps.statement_sources.transports.piece_store import keep_piece

KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


def new_source(account: ProviderAccount, *, now: datetime) -> StatementSource:
    """One that is on; its server is nowhere."""
    source_id = new_id()
    source = StatementSource.objects.create(
        id=source_id,
        provider_account=account,
        name="MTN CM",
        way="sftp_pull",
        login=login_of(source_id),
        is_enabled=True,
        poll_times=[time(4)],
        name_pattern="report_{year}{month}{day}.csv",
        first_day=now.date(),
        created_at=now,
    )
    order = ConnectionOrder(host="127.0.0.1", port=1, username="lomi", host_keys=KEY)
    draft = draft_connection(source=source, order=order, created_by="user:1", now=now)
    SourceConnection.objects.filter(pk=draft.pk).update(
        number=1, approved_by="user:2", valid_from=now
    )
    return source


def new_file(source: StatementSource, *, now: datetime, **changes: object) -> ReceivedFile:
    """In quarantine, with a piece of content."""
    usual = {
        "name": "report_20260310.csv",
        "size": 7,
        "stamp": "7:1",
        "sha256": b"x" * 32,
        "status": "quarantined",
        "problem": "unreadable_statement",
        "waiting_since": now,
        "day": now.date(),
        "seen_at": now,
    }
    file = ReceivedFile.objects.create(source=source, **usual | changes)
    keep_piece(file.pk, 0, b"content")
    return file
