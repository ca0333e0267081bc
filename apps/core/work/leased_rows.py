"""Rows that are their own queue: claiming one moves its due time to when the claim ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Model

from apps.core.work.due_rows import DueRows


@dataclass(frozen=True, slots=True)
class LeasedRow:
    """One whose time has come, and what its due time is until it is done: another value says that
    somebody was there meanwhile."""

    id: UUID
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class LeasedRows:
    """The due work of a topic (a topics.Source). Whoever does it sets the next time, or none.

    Attributes:
        put_off: for how long what failed unexpectedly holds up no other.
    """

    model: type[Model]
    due_field: str
    put_off: timedelta

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[LeasedRow]:
        rows = DueRows(self.model, self.due_field, f"r.{self.due_field} IS NOT NULL")
        due = rows.locked("r.id", limit="%(limit)s", lock="NO KEY UPDATE")
        claim = f"""
WITH due AS MATERIALIZED ({due})
UPDATE {self.model._meta.db_table} c SET {self.due_field} = %(lease_until)s
  FROM due WHERE c.id = due.id
RETURNING c.id
"""  # noqa: S608 (our own words)
        lease_until = now + settings.WORK_LEASE
        with connection.cursor() as cursor:
            cursor.execute(claim, {"now": now, "limit": limit, "lease_until": lease_until})
            return [LeasedRow(row_id, lease_until) for (row_id,) in cursor.fetchall()]

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: what was done set the next time."""

    def put_back(self, item: LeasedRow, *, error: str, now: datetime) -> None:
        """Later again, if nobody was there meanwhile."""
        rows = self.model._default_manager.filter(pk=item.id, **{self.due_field: item.leased_until})
        rows.update(**{self.due_field: now + self.put_off})
