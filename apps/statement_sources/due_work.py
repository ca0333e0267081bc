"""The queues of getting statements: sources to be looked at, and files to be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRows
from apps.statement_sources.models import ReceivedFile, StatementSource

POLL = "statement_source.poll"
READ = "received_file.read"
# What fails in a way nobody foresaw is tried for an hour, and is then a person's
# (selectors.find_failing_sources, selectors.find_waiting_files).
FAILURES_MAX = 12
DUE_SOURCES = LeasedRows(
    StatementSource, "due_at", put_off=timedelta(minutes=5), failures_max=FAILURES_MAX
)
DUE_FILES = LeasedRows(
    ReceivedFile, "due_at", put_off=timedelta(minutes=5), failures_max=FAILURES_MAX
)


class LeaseLost(Exception):
    """Somebody else has the source by now, or a person changed it: nothing more is done."""


@dataclass(slots=True)
class Lease:
    """Who may work on a source, and until when. Each step prolongs it, so that a large file takes
    as long as it takes, and nobody else begins with it meanwhile."""

    source_id: UUID
    until: datetime

    def prolong(self) -> datetime:
        """The database's time. No connection is held afterwards: the network is waited for next.

        Raises LeaseLost.
        """
        now = database_clock.now()
        until = now + settings.WORK_LEASE
        self.write(due_at=until)
        self.until = until
        if not connection.in_atomic_block:
            connection.close()
        return now

    def write(self, **fields: object) -> None:
        """Change the source's row, if it is still ours. Raises LeaseLost."""
        rows = StatementSource.objects.filter(pk=self.source_id, due_at=self.until)
        if not rows.update(**fields):
            raise LeaseLost(str(self.source_id))
