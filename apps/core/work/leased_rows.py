"""Rows that are their own queue: claiming one moves its due time to when the claim ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Case, DateTimeField, F, Model, Value, When
from django.db.models.functions import Coalesce

from apps.core.work.counted_failures import FAILURE_LENGTH_MAX
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
        failures_max: after so many in a row it is no longer due, and a person's: the model is a
            counted_failures.CountsFailures, and something watches its `failing_since`. 0: it is
            tried for ever.
    """

    model: type[Model]
    due_field: str
    put_off: timedelta
    failures_max: int = 0

    @property
    def _rows(self) -> DueRows:
        return DueRows(self.model, self.due_field, f"r.{self.due_field} IS NOT NULL")

    def is_due(self, topic: str) -> str:
        return self._rows.exists

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[LeasedRow]:
        due = self._rows.locked("r.id", limit="%(limit)s", lock="NO KEY UPDATE")
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
        """Later again, if nobody was there meanwhile; not by itself once it failed too often."""
        rows = self.model._default_manager.filter(pk=item.id, **{self.due_field: item.leased_until})
        later: Any = now + self.put_off
        if not self.failures_max:
            rows.update(**{self.due_field: later})
            return
        is_left = When(failures__gte=self.failures_max - 1, then=Value(None))
        rows.update(
            failures=F("failures") + 1,
            failing_since=Coalesce("failing_since", Value(now)),
            failure=error[:FAILURE_LENGTH_MAX],
            **{self.due_field: Case(is_left, default=Value(later), output_field=DateTimeField())},
        )
