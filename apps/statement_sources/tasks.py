"""The workers' doors: each takes one claimed item."""

from __future__ import annotations

from uuid import UUID

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow
from apps.core.work.outbox import ClaimedMessage
from apps.statement_sources.services import make_our_key as making
from apps.statement_sources.services import poll_source as polling
from apps.statement_sources.services import read_file as reading


def poll(item: LeasedRow) -> None:
    """Topic "statement_source.poll"."""
    polling.poll_source(source_id=item.id, leased_until=item.leased_until)


def read(item: LeasedRow) -> None:
    """Topic "received_file.read"."""
    reading.read_file(file_id=item.id, leased_until=item.leased_until, now=database_clock.now())


def make_our_key(message: ClaimedMessage) -> None:
    """Topic "source_connection.make_key"."""
    making.make_our_key(
        connection_id=UUID(message.payload["connection_id"]),
        reason=message.payload["reason"],
        now=database_clock.now(),
    )
